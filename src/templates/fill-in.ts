import { AppError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import type { BlankValues } from './blanks.ts'
import { missingTexts } from './faults.ts'
import { type Filled, fillTemplate } from './fill.ts'
import { deskOf, readTemplate, readVersion, type VersionedTemplate } from './templates.ts'

export interface FilledTemplate extends Filled {
  readonly of: VersionedTemplate
}

/**
 * A template with its blanks filled in, as the organisation writes times and its own name.
 *
 * @param version undefined: the current one
 * @throws AppError `not_found`, also of a template that was deleted; `invalid_template` naming all that it lacks, or
 *   every fault of what was filled in, below `/blanks`
 */
export async function fillIn(
  db: Database,
  { id, version }: { id: string; version: number | undefined },
  given: { blanks: BlankValues; expires: string | undefined; now: Date },
): Promise<FilledTemplate> {
  const current = await readTemplate(db, id)
  return fillVersion(
    db,
    version === undefined ? current : await readVersion(db, id, version),
    given,
  )
}

/** The same of a version that was read. */
export async function fillVersion(
  db: Database,
  of: VersionedTemplate,
  { blanks, expires, now }: { blanks: BlankValues; expires: string | undefined; now: Date },
): Promise<FilledTemplate> {
  const missing = missingTexts(of.template).map(({ pointer, detail }) => ({
    pointer: '',
    detail: `${pointer} of the template ${detail}`,
  }))
  if (missing.length > 0) {
    throw new AppError('invalid_template', 'the template is not complete', { faults: missing })
  }
  const desk = deskOf(await readOrganisation(db))
  const filled = fillTemplate(of.template, blanks, { ...desk, now, expires })
  if ('faults' in filled) {
    const message = `the template can't be filled in like this: ${filled.faults.length} fault(s)`
    throw new AppError('invalid_template', message, { faults: filled.faults })
  }
  return { ...filled, of }
}
