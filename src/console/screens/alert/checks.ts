/** What is looked at anew before somebody approves. Nothing here is taken from the author's screen. */
import { count, languageName, words } from '../../lib/i18n.ts'
import type { ReadBytes } from '../../lib/signed.ts'
import type { Alert, AlertSummary, Estimate, LintedTexts } from '../../lib/types.ts'
import type { Check } from '../../lib/check.ts'

export interface Facts {
  readonly alert: Alert
  readonly read: ReadBytes
  readonly estimate: Estimate | undefined
  readonly linted: LintedTexts | undefined
  /** What went out in the last 12 months. */
  readonly before: readonly AlertSummary[] | undefined
  /** Of its ground, where that is known. */
  readonly areaKm2: number | undefined
  /** Why the server would refuse this person; null: it would not; undefined: it has not said yet. */
  readonly refusal: string | null | undefined
}

export function checksOf(facts: Facts): Check[] {
  return [
    ...bytesChecks(facts),
    ...authorityCheck(facts),
    ...textChecks(facts),
    ...reachChecks(facts),
  ]
}

export const hasFault = (checks: readonly Check[]): boolean =>
  checks.some(({ kind }) => kind === 'error')

function bytesChecks({ alert, read, areaKm2 }: Facts): Check[] {
  const { approve } = words()
  const { content, digest, areasDigest } = read
  const isSame = digest === alert.contentDigest && content.id === alert.id
  const size = areaKm2 === undefined ? '' : `, ${count(Math.round(areaKm2))} km²`
  return [
    isSame
      ? { kind: 'ok', text: approve.digestSame }
      : { kind: 'error', text: approve.digestDiffers },
    areasDigest !== content.areasDigest
      ? { kind: 'error', text: approve.areaDiffers }
      : content.areas.length === 0
        ? { kind: 'ok', text: approve.areaNone }
        : { kind: 'ok', text: approve.areaSame(approve.areasOf(content.areas.length), size) },
  ]
}

function authorityCheck({ refusal }: Facts): Check[] {
  if (refusal === undefined) return []
  return [
    refusal === null
      ? { kind: 'ok', text: words().approve.mayApprove }
      : { kind: 'error', text: refusal },
  ]
}

/** Of what a linter finds, what matters to who approves; the alphabet was its author's concern. */
const TOLD = [
  'no_place',
  'no_time',
  'no_sender',
  'link',
  'carrier_keyword',
  'hard_to_read',
] as const
const MUST_SAY: readonly string[] = ['no_place', 'no_time', 'no_sender']

function textChecks({ read, linted }: Facts): Check[] {
  const { approve } = words()
  if (linted === undefined) return []
  const found = linted.texts.flatMap(({ language, findings }) =>
    TOLD.filter(code => findings.some(finding => finding.code === code)).map(code => ({
      code,
      text: approve.lacks[code](languageName(language)),
    })),
  )
  const says = !found.some(({ code }) => MUST_SAY.includes(code))
  return [
    ...(says ? [{ kind: 'ok', text: approve.says } as const] : []),
    ...found.map(({ text }) => ({ kind: 'warn', text }) as const),
    ...(read.content.mode === 'exercise' ? [{ kind: 'ok', text: approve.drillWord } as const] : []),
  ]
}

function reachChecks({ read: { content }, estimate, before }: Facts): Check[] {
  const { approve } = words()
  const { corrections, maxRecipients, mode } = content
  const prepared = corrections.cancel.length > 0 && corrections.allClear.length > 0
  const correction: Check = prepared
    ? { kind: 'ok', text: approve.correctionsReady }
    : { kind: 'warn', text: approve.noCorrections }
  if (estimate === undefined) return [correction]
  const { recipients, unserved, inAnotherLanguage, missedPlaces } = estimate
  const most = before && Math.max(0, ...before.map(one => one.recipients ?? 0))
  const checks: (Check | false)[] = [
    recipients > maxRecipients && {
      kind: 'error',
      text: approve.aboveCeiling(count(recipients), count(maxRecipients)),
    },
    mode === 'live' &&
      most !== undefined && {
        kind: recipients > most ? 'warn' : 'ok',
        text: recipients > most ? approve.largest(count(recipients)) : approve.usual,
      },
    unserved > 0 && { kind: 'warn', text: approve.unserved(count(unserved)) },
    ...inAnotherLanguage.map(({ language, text, recipients: n }): Check => ({
      kind: 'warn',
      text: approve.otherLanguage(count(n), languageName(language), languageName(text)),
    })),
    missedPlaces.length > 0 && {
      kind: 'warn',
      text: approve.missed(missedPlaces.map(({ name }) => name).join(', ')),
    },
    correction,
  ]
  return checks.filter(check => check !== false)
}
