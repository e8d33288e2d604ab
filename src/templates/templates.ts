/**
 * Templates as they are kept: each change is a version of its own, which nothing changes any more; what was deleted is
 * still there for the alerts that were made of it.
 */
import { v7 as uuid } from 'uuid'
import { areaFaults, cleanArea, geocodesOf } from '../audience/areas.ts'
import { lookUpGeocodes } from '../audience/geocodes.ts'
import { patched } from '../cap/patched.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Operator } from '../operators/operator.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, refuseTaken, transact } from '../store/database.ts'
import { type Organisation, readOrganisation } from '../store/organisation.ts'
import {
  findTemplate,
  findVersion,
  insertReview,
  insertTemplate,
  insertVersion,
  listReviews,
  listTemplates,
  listVersions,
  lockTemplate,
  type TemplateReviewRow,
  type TemplateRow,
  type TemplateVersionRow,
  updateTemplate,
} from '../store/templates.ts'
import type { Desk } from './blanks.ts'
import { templateFaults } from './faults.ts'
import { type Review, reviewed, type Writings, writingsOf } from './review.ts'
import type { Template, TemplatePatch } from './template.ts'

/** A template as one of its versions has it. */
export interface VersionedTemplate {
  readonly row: TemplateRow
  readonly version: number
  readonly template: Template
  readonly writings: Writings
  /** Null: it came with the program. */
  readonly writtenBy: string | null
  readonly at: Date
  /** Of all versions. */
  readonly reviews: readonly Review[]
}

/** As it was stored, and what was left out of the drawing of its limits before. */
export interface WrittenTemplate extends VersionedTemplate {
  readonly cleaned: readonly Fault[]
}

export interface By {
  readonly operator: Operator
  readonly now: Date
}

/** @throws AppError `invalid_template` naming every fault, `already_exists` */
export async function createTemplate(
  db: Database,
  by: By,
  given: Template,
): Promise<WrittenTemplate> {
  const { template, cleaned } = withCleanLimits(given)
  await refuseFaulty(db, template, by.now)
  const written = await refuseTakenName(() =>
    transact(db, async tx => {
      const first = await insertFirst(tx, template, { ...by, starter: null })
      await tell(tx, by, 'template.created', first, { version: 1 })
      return first
    }),
  )
  return { ...written, cleaned }
}

/**
 * Writes a template that was checked, its first version.
 *
 * @param how `operator` is undefined, and `starter` its key, of what comes with the program
 * @throws DatabaseError 23505 on `templates_name`
 */
export async function insertFirst(
  tx: Database,
  template: Template,
  how: { operator: Operator | undefined; now: Date; starter: string | null },
): Promise<VersionedTemplate> {
  const { operator, now, starter } = how
  const { name } = template
  const row = await insertTemplate(tx, { id: uuid(), name, starter, version: 1, createdAt: now })
  const writings = writingsOf(template, 1, operator?.id)
  return writeVersion(tx, row, { template, writings, writtenBy: operator?.id ?? null, at: now }, [])
}

/**
 * A new version, unless the patch is empty.
 *
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, `invalid_template`, `already_exists`
 */
export async function changeTemplate(
  db: Database,
  by: By,
  target: { id: string; revision: number | undefined },
  patch: TemplatePatch,
): Promise<WrittenTemplate> {
  return refuseTakenName(() =>
    transact(db, async tx => {
      const row = await lockCurrent(tx, target)
      const before = await versionOf(tx, row, row.version)
      const { template, cleaned } = withCleanLimits(patched(before.template, patch))
      await refuseFaulty(tx, template, by.now)
      if (Object.values(patch).every(value => value === undefined)) return { ...before, cleaned }
      const version = row.version + 1
      const changed = await updateTemplate(tx, row.id, { name: template.name, version }, by.now)
      const writings = writingsOf(template, version, by.operator.id, before)
      const said = { template, writings, writtenBy: by.operator.id, at: by.now }
      const written = await writeVersion(tx, changed, said, before.reviews)
      const fields = Object.keys(patch).toSorted()
      await tell(tx, by, 'template.changed', written, { version, fields })
      return { ...written, cleaned }
    }),
  )
}

/** @throws AppError `not_found`, `stale_revision` */
export async function removeTemplate(
  db: Database,
  by: By,
  target: { id: string; revision: number | undefined },
): Promise<void> {
  await transact(db, async tx => {
    const { id, version } = await lockCurrent(tx, target)
    const row = await updateTemplate(tx, id, { deletedAt: by.now }, by.now)
    await tell(tx, by, 'template.deleted', { row }, { version })
  })
}

/**
 * Somebody stands for a language's text, and for that it says what the source says. Whoever reviews what was reviewed
 * before changes nothing.
 *
 * @param version the one that they read
 * @throws AppError `not_found`, `had_a_hand` where policy asks for another than its writers; `invalid_template` of a
 *   language that has no text
 */
export async function reviewText(
  db: Database,
  { operator, now }: By,
  { id, version, language }: { id: string; version: number; language: string },
): Promise<VersionedTemplate> {
  return transact(db, async tx => {
    const row = await lockCurrent(tx, { id, revision: undefined })
    const read = await versionOf(tx, row, version)
    const of = reviewed(read.template, read.writings, language)
    if (of === undefined) {
      const faults = [faultAt('/language', 'no_text_in_version')]
      throw new AppError('invalid_template', 'there is nothing to review', { faults })
    }
    const { policy } = await readOrganisation(tx)
    const { writers = [] } = read.writings.texts.find(one => one.language === language) ?? {}
    if (policy.templateReview === 'another' && writers.includes(operator.id)) {
      throw new AppError('had_a_hand', 'you wrote this text: somebody else must review it')
    }
    const review = { templateId: id, ...of, reviewerId: operator.id, at: now }
    if (!(await insertReview(tx, review))) return read
    const changed = await updateTemplate(tx, id, {}, now)
    await tell(tx, { operator }, 'template.reviewed', { row }, { version, language })
    return { ...read, row: changed, reviews: [...read.reviews, review] }
  })
}

/** @throws AppError `not_found`, also where it was deleted */
export async function readTemplate(db: Database, id: string): Promise<VersionedTemplate> {
  const row = await findTemplate(db, id)
  if (row === undefined || row.deletedAt !== null) throw notFound()
  return versionOf(db, row, row.version)
}

/** Also of a template that was deleted: alerts were made of it. @throws AppError `not_found` */
export async function readVersion(
  db: Database,
  id: string,
  version: number,
): Promise<VersionedTemplate> {
  const row = await findTemplate(db, id)
  if (row === undefined) throw notFound()
  return versionOf(db, row, version)
}

/** By name, after the one given. */
export async function readTemplates(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<VersionedTemplate[]> {
  const found = await listTemplates(db, page)
  const reviews = await listReviews(
    db,
    found.map(({ row }) => row.id),
  )
  return found.map(({ row, current }) => versioned(row, current, reviews))
}

/** The newest first, before the one given. @throws AppError `not_found` */
export async function readVersions(
  db: Database,
  id: string,
  page: { before: number | undefined; limit: number },
): Promise<VersionedTemplate[]> {
  const row = await findTemplate(db, id)
  if (row === undefined) throw notFound()
  const reviews = await listReviews(db, [id])
  return (await listVersions(db, id, page)).map(version => versioned(row, version, reviews))
}

export function deskOf({ name, timeZone, country, policy }: Organisation): Desk {
  return { sender: name, timeZone, country, linkUrl: policy.linkUrl }
}

async function versionOf(
  db: Database,
  row: TemplateRow,
  version: number,
): Promise<VersionedTemplate> {
  const found = await findVersion(db, row.id, version)
  if (found === undefined) throw new AppError('not_found', 'the template has no such version')
  return versioned(row, found, await listReviews(db, [row.id]))
}

// What was stored was checked when it was written.
function versioned(
  row: TemplateRow,
  { version, template, writings, writtenBy, at }: TemplateVersionRow,
  reviews: readonly TemplateReviewRow[],
): VersionedTemplate {
  return {
    row,
    version,
    template: template as Template,
    writings: writings as Writings,
    writtenBy,
    at,
    reviews: reviews.filter(review => review.templateId === row.id),
  }
}

async function writeVersion(
  tx: Database,
  row: TemplateRow,
  said: Pick<VersionedTemplate, 'template' | 'writings' | 'writtenBy' | 'at'>,
  reviews: readonly Review[],
): Promise<VersionedTemplate> {
  await insertVersion(tx, { templateId: row.id, version: row.version, ...said })
  return { row, version: row.version, ...said, reviews }
}

async function lockCurrent(
  tx: Database,
  { id, revision }: { id: string; revision: number | undefined },
): Promise<TemplateRow> {
  const row = await lockTemplate(tx, id)
  if (row === undefined) throw notFound()
  if (revision !== undefined && revision !== row.revision) {
    const message = 'the template was changed since you read it: read it again'
    throw new AppError('stale_revision', message)
  }
  return row
}

function withCleanLimits(template: Template): { template: Template; cleaned: Fault[] } {
  if (template.within === undefined) return { template, cleaned: [] }
  const { area, warnings } = cleanArea(template.within, '/within')
  return { template: { ...template, within: area }, cleaned: warnings }
}

async function refuseFaulty(db: Database, template: Template, now: Date): Promise<void> {
  const organisation = await readOrganisation(db)
  const { maxSegments } = organisation.policy
  const within = template.within === undefined ? [] : [template.within]
  const geocodes = await lookUpGeocodes(db, geocodesOf(within))
  const faults = [
    ...templateFaults(template, { ...deskOf(organisation), maxSegments, now }),
    ...within.flatMap(area => areaFaults(area, '/within', geocodes)),
  ]
  if (faults.length === 0) return
  const message = `the template can't be taken: ${faults.length} fault(s)`
  throw new AppError('invalid_template', message, { faults })
}

/** As the last step: see `recordAudit`. */
async function tell(
  tx: Database,
  { operator }: Pick<By, 'operator'>,
  action: string,
  { row }: Pick<VersionedTemplate, 'row'>,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordAudit(tx, { operatorId: operator.id, action, subject: row.id, detail })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such template')
}

function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  const fault = faultAt('/name', 'template_name_taken')
  return refuseTaken('templates_name', fault, 'a template with this name exists', work)
}
