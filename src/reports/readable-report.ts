/** A report for people: everything that a sheet needs, read at one moment. */
import type { Database } from '../store/database.ts'
import { readOperatorNames } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { standingSignatures } from '../store/signatures.ts'
import { mapAreas } from './map-drawing.ts'
import type { Paper } from './pdf.ts'
import { type AlertReport, reportOf } from './report.ts'
import type { Sheet } from './sheet.ts'
import { sheetOf } from './sheet-of.ts'
import { reportLanguageOf } from './words.ts'

/**
 * @returns the paper is that of the organisation's country
 * @param languages BCP 47 tags that the reader takes, the best first; the organisation's where there is none
 * @throws AppError `not_found`
 */
export async function readableReport(
  db: Database,
  alertId: string,
  languages: readonly string[],
  now: Date,
): Promise<{ readonly sheet: Sheet; readonly paper: Paper; readonly report: AlertReport }> {
  const reported = await reportOf(db, alertId, now)
  const organisation = await readOrganisation(db)
  const signatures = await standingSignatures(db, alertId)
  const names = await readOperatorNames(
    db,
    signatures.map(({ operatorId }) => operatorId),
  )
  const language = reportLanguageOf([...languages, ...organisation.languages])
  const areas = reported.content === undefined ? [] : await mapAreas(db, reported.content)
  const signers = signatures.map(({ role, operatorId, kid, at }) => ({
    role,
    name: names.get(operatorId),
    kid,
    at,
  }))
  return {
    sheet: sheetOf(reported, organisation, language, areas, signers),
    report: reported.report,
    paper: LETTER_COUNTRIES.has(organisation.country) ? 'LETTER' : 'A4',
  }
}

/** ISO 3166-1 alpha-2: where offices print on Letter (Unicode CLDR, supplemental paper sizes). */
const LETTER_COUNTRIES: ReadonlySet<string> = new Set(
  'BZ CA CL CO CR GT MX NI PA PH PR SV US VE'.split(' '),
)
