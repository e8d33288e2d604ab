/**
 * Sends reports whose time has come. Any number of nodes look: each report is entered once, made under a lease by
 * whoever claims it, and its letters are written in the transaction that says so; a mail account then takes them.
 */
import { isAppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { type Database, isDatabaseAway, transact } from '../store/database.ts'
import {
  type ClaimedReport,
  claimReport,
  enterDueReports,
  finishReport,
  giveUpReport,
} from '../store/due-reports.ts'
import { insertOperatorLetters } from '../store/operator-letters.ts'
import { type Organisation, readOrganisation } from '../store/organisation.ts'
import { readAddressees } from '../store/report-schedules.ts'
import { pdfOf } from './pdf-writer.ts'
import { readableReport } from './readable-report.ts'
import { acknowledgementLetter, type ReportLetter, statisticsLetter } from './report-letters.ts'
import { statisticsOf } from './statistics.ts'

/** A report that can not be made is tried so often, a lease apart. */
const ATTEMPTS = 5
/** A mail server that is away for longer brings yesterday's news. */
const KEPT_DAYS = 7
const DAY_MS = 86_400_000
/** As of the statistics that anybody asks for. */
const MOST_ALERTS = 5_000

interface MadeReport extends ReportLetter {
  readonly attachment: { readonly name: string; readonly octets: Uint8Array } | undefined
}

/** @param publicUrl where the console is; @returns how many reports were put into the mail */
export async function sendDueReports(db: Database, publicUrl: string, now: Date): Promise<number> {
  const organisation = await readOrganisation(db)
  await transact(db, tx => enterDueReports(tx, organisation.timeZone, now))
  let count = 0
  for (;;) {
    const claimed = await claimReport(db, now)
    if (claimed === undefined) return count
    try {
      const made = await makeReport(db, claimed, organisation, publicUrl, now)
      if (await putIntoMail(db, claimed, made, now)) count++
    } catch (error) {
      if (isDatabaseAway(error)) throw error
      log.error({ code: describeError(error), attempt: claimed.attempts }, 'a report was not made')
      const isForGood = isAppError(error) && error.code === 'not_found'
      if (isForGood || claimed.attempts >= ATTEMPTS) {
        await giveUpReport(db, claimed, describeError(error))
      }
    }
  }
}

async function makeReport(
  db: Database,
  { kind, every, language, statuses, alertId, since, until }: ClaimedReport,
  { name: organisation }: Organisation,
  publicUrl: string,
  now: Date,
): Promise<MadeReport> {
  const page = (way: string) => `${publicUrl}/console/live/reports/${way}`
  if (kind === 'statistics' || alertId === null) {
    const period = { every: every === 'month' ? 'month' : 'week', statuses } as const
    const span = { since: since ?? now, until: until ?? now }
    const statistics = await statisticsOf(db, { ...span, statuses, limit: MOST_ALERTS })
    const told = { organisation, url: page('statistics') }
    const letter = statisticsLetter(statistics, { ...period, ...span }, language, told)
    return { ...letter, attachment: undefined }
  }
  const { sheet, paper, report } = await readableReport(db, alertId, [language], now)
  const told = { organisation, url: page(alertId) }
  const letter = acknowledgementLetter(sheet, report.tally, language, told)
  const octets = await pdfOf({ sheet, paper, madeAt: now })
  return { ...letter, attachment: { name: `alert-${alertId}.pdf`, octets } }
}

/** Who was disabled since gets none. @returns false where somebody else has made it meanwhile */
function putIntoMail(
  db: Database,
  claimed: ClaimedReport,
  { subject, body, attachment }: MadeReport,
  now: Date,
): Promise<boolean> {
  const { id: reportId, language, operatorIds } = claimed
  const expires = new Date(now.getTime() + KEPT_DAYS * DAY_MS)
  return transact(db, async tx => {
    if (!(await finishReport(tx, claimed, now))) return false
    const addressees = await readAddressees(tx, operatorIds)
    await insertOperatorLetters(
      tx,
      addressees.map(({ id: operatorId, email: address }) => ({
        reportId,
        operatorId,
        address,
        mode: 'live' as const,
        subject,
        body,
        language,
        attachment,
        expires,
      })),
    )
    return true
  })
}
