/**
 * Options of which only so many are taken. Who chooses one gets a place while there is one, in the order in which the
 * texts came; who changes their mind gives theirs back to whoever asks next; who comes too late counts as `full`.
 *
 * The places of an option are locked before anybody is given one, and moved in the transaction of the replies that they
 * count: so they are exact, however many phones speak to however many processes at once.
 */
import { v7 as uuid } from 'uuid'
import { lookUpLanguage } from '../cap/texts.ts'
import { readLanguages } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import { queueAnswers, type Answer } from '../store/inbound.ts'
import { lockQuotas, moveQuotas, type QuotaOption } from '../store/quotas.ts'
import { FULL, type ReplyState } from '../store/replies.ts'
import type { Addressee } from './addressees.ts'

export interface Places {
  /** What somebody counts as who had this reply, and chooses that option. */
  choose(alertId: string, was: ReplyState, code: string): string
  /** Somebody's reply is another now. */
  moved(alertId: string, was: string | undefined, is: string | undefined): void
  /** Writes what has moved. */
  write(tx: Database): Promise<void>
}

/** @param asked what those who write were asked, by alert */
export async function lockPlaces(
  tx: Database,
  asked: ReadonlyMap<string, Addressee>,
): Promise<Places | undefined> {
  const limited: QuotaOption[] = []
  for (const [alertId, { options }] of asked) {
    for (const { code, quota } of options) {
      if (quota !== undefined) limited.push({ alertId, option: code, quota })
    }
  }
  if (limited.length === 0) return undefined
  const quotas = new Map(limited.map(one => [keyOf(one.alertId, one.option), one.quota]))
  const before = await lockQuotas(tx, limited)
  const taken = new Map(before.map(one => [keyOf(one.alertId, one.option), one.taken]))
  const changed = new Map<string, { alertId: string; option: string; by: number }>()
  const move = (alertId: string, option: string | undefined, by: number) => {
    if (option === undefined) return
    const key = keyOf(alertId, option)
    const now = taken.get(key)
    if (now === undefined) return
    taken.set(key, now + by)
    const sum = changed.get(key)?.by ?? 0
    changed.set(key, { alertId, option, by: sum + by })
  }
  return {
    choose(alertId, was, code) {
      const key = keyOf(alertId, code)
      const quota = quotas.get(key)
      if (quota === undefined || was.option === code) return code
      return (taken.get(key) ?? 0) < quota ? code : FULL
    },
    moved(alertId, was, is) {
      if (was === is) return
      move(alertId, was, -1)
      move(alertId, is, 1)
    },
    write: async db => moveQuotas(db, [...changed.values()]),
  }
}

const keyOf = (alertId: string, option: string) => `${alertId} ${option}`

/** Somebody who chose an option with a quota, and what came of it. */
export interface Chosen {
  readonly phone: string
  readonly addressee: Addressee
  readonly kind: 'taken' | 'full'
}

/** Tells people in their language whether there was a place, each once in ten minutes. */
export async function answerChosen(
  tx: Database,
  carrierId: string,
  chosen: readonly Chosen[],
  now: Date,
): Promise<void> {
  if (chosen.length === 0) return
  const spoken = await readLanguages(tx, [...new Set(chosen.map(({ phone }) => phone))])
  const answers = chosen.flatMap(({ phone, addressee, kind }): Answer[] => {
    const texts = addressee.quotaTexts?.[kind] ?? []
    const tags = texts.map(({ language }) => language)
    const tag = lookUpLanguage(spoken.get(phone) ?? undefined, tags)
    const text = texts.find(({ language }) => language === tag) ?? texts[0]
    return text === undefined ? [] : [{ id: uuid(), phone, kind, text: text.sms }]
  })
  if (answers.length > 0) await queueAnswers(tx, carrierId, answers, now)
}
