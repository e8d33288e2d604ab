/**
 * Planning for those whom earlier alerts may have reached: all that a correction or an imported Cancel reaches, of a
 * reminder those who have not answered, and of an Update those who are not in its audience.
 *
 * Who may have had an earlier alert is on record for good once that has come to rest: it is stopped, and what was in
 * a carrier's hands is answered or given up. So this is done in turns (`plan.ts`): the first at once, with those on
 * record by then; the last begun at rest. Each turn plans whoever is on record and not yet planned, by what the
 * database holds; so a planner that dies in the midst of one leaves nothing but another turn to be made. A reminder takes
 * one turn: who gets its alert afterwards is not reminded of it a moment later.
 */
import { optOutsOf } from '../alerts/audience.ts'
import { keepsLabels, sentBefore } from '../alerts/reached.ts'
import { readReached } from '../audience/reached.ts'
import type { AlertContent } from '../cap/content.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import { optedOutPhones } from '../store/opt-out-rule.ts'
import { CONTACT_ID, labelsAt, phoneNumberAt } from '../store/blocks.ts'
import type { Database } from '../store/database.ts'
import { plannedPhones } from '../store/plan.ts'
import type { Alike, Layout } from './layout.ts'

/** @param firstSlices recipients to be laid out at once, before the rest is read */
export async function planReached(
  db: Database,
  content: AlertContent,
  layout: Layout,
  firstSlices: readonly number[],
): Promise<void> {
  const optedOut = await optedOutPhones(db, optOutsOf(content))
  let planned = await PhoneSet.read(plannedPhones(db, content.id))
  let flushAt = layout.count
  const slices = firstSlices.map(size => (flushAt += size))
  for (const { id, languages } of await sentBefore(db, content.reached ?? [])) {
    const here: number[] = []
    const alike = createAlike(keepsLabels(content))
    for await (const { read, offsets } of readReached(db, id, content.only)) {
      for (const offset of offsets) {
        const phone = phoneNumberAt(read.phones, offset)
        if (planned.has(phone) || optedOut.has(phone)) continue
        here.push(phone)
        const { areaNo, groupNos } = labelsAt(read, offset)
        // Who is silent may not have got it that way.
        const notCarrier = content.only === 'noReply' ? read.block.carrier(offset) : undefined
        const like = alike({ language: languages[read.textNo], areaNo, groupNos, notCarrier })
        layout.take(like, read.contactIds, offset * CONTACT_ID, phone)
        if (layout.count === slices[0]) {
          slices.shift()
          await layout.flush()
        }
      }
      await layout.drain()
    }
    await layout.flush()
    // Who had several of them is one recipient.
    planned = planned.with(here)
  }
}

/** One object for all that are reached alike: the layout tells kinds apart by identity. */
function createAlike(isLabelled: boolean) {
  const known = new Map<string, Alike>()
  return ({
    areaNo,
    groupNos,
    ...like
  }: Pick<Alike, 'language' | 'groupNos' | 'notCarrier'> & { readonly areaNo: number }): Alike => {
    const { language, notCarrier } = like
    const labels = isLabelled ? `${areaNo} ${groupNos.join()}` : ''
    const key = `${language} ${notCarrier} ${labels}`
    let alike = known.get(key)
    if (alike === undefined) {
      alike = isLabelled
        ? { ...like, areaNos: areaNo < 0 ? [] : [areaNo], groupNos }
        : { ...like, areaNos: [], groupNos: [] }
      known.set(key, alike)
    }
    return alike
  }
}
