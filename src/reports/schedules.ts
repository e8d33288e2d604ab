/** Reports that an administrator has sent by mail: which, when, in which language, to which operators. */
import { v7 as uuid } from 'uuid'
import { AppError, type Fault } from '../errors.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { type LatestReport, readLatest } from '../store/due-reports.ts'
import { readOrganisation } from '../store/organisation.ts'
import {
  deleteSchedule,
  findSchedule,
  insertSchedule,
  listSchedules,
  lockSchedule,
  nextDue,
  readAddressees,
  type ReportKind,
  type ReportPeriod,
  type ReportSchedule,
  updateSchedule,
} from '../store/report-schedules.ts'
import { reportLanguageOf, type ReportLanguage } from './words.ts'

export interface ScheduleDraft {
  readonly kind: ReportKind
  /** Of statistics. */
  readonly every?: ReportPeriod | undefined
  /** Of an acknowledgement report. */
  readonly hoursAfterEnd?: number | undefined
  /** CAP `status`. */
  readonly statuses: readonly string[]
  readonly operatorIds: readonly string[]
  /** The organisation's where it is left out. */
  readonly language?: ReportLanguage | undefined
  readonly enabled: boolean
}

/** What is left out stays. */
export type ScheduleEdit = {
  readonly [Field in keyof Omit<ScheduleDraft, 'kind'>]?: ScheduleDraft[Field] | undefined
}

interface By {
  readonly operatorId: string
  readonly now: Date
}

/** A schedule with what became of its latest report. */
export interface ShownSchedule extends ReportSchedule {
  readonly latest: LatestReport | undefined
}

/** @throws AppError `invalid_schedule` naming every fault */
export async function createSchedule(
  db: Database,
  by: By,
  draft: ScheduleDraft,
): Promise<ShownSchedule> {
  return transact(db, async tx => {
    await refuseFaulty(tx, draft)
    const { timeZone, languages } = await readOrganisation(tx)
    const { kind, every, hoursAfterEnd, enabled, language = reportLanguageOf(languages) } = draft
    const row = await insertSchedule(tx, {
      id: uuid(),
      kind,
      every: every ?? null,
      hoursAfterEnd: hoursAfterEnd ?? null,
      statuses: [...draft.statuses],
      operatorIds: [...new Set(draft.operatorIds)],
      language,
      enabled,
      activeSince: by.now,
      dueAt: every === undefined ? null : await nextDue(tx, every, timeZone, by.now),
      createdBy: by.operatorId,
      createdAt: by.now,
    })
    await tell(tx, by, 'reportSchedule.created', row.id, { kind })
    return { ...row, latest: undefined }
  })
}

/**
 * What had ended while it was switched off is not reported afterwards.
 *
 * @param target `revision`: what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, `invalid_schedule`
 */
export async function changeSchedule(
  db: Database,
  by: By,
  { id, revision }: { readonly id: string; readonly revision: number | undefined },
  edit: ScheduleEdit,
): Promise<ShownSchedule> {
  return transact(db, async tx => {
    const current = await lockSchedule(tx, id)
    if (current === undefined) throw notFound()
    if (revision !== undefined && revision !== current.revision) {
      throw new AppError(
        'stale_revision',
        'the schedule was changed since you read it: read it again',
      )
    }
    const {
      every = current.every ?? undefined,
      hoursAfterEnd = current.hoursAfterEnd ?? undefined,
      statuses = current.statuses,
      operatorIds = current.operatorIds,
      language = current.language,
      enabled = current.enabled,
    } = edit
    const { kind } = current
    await refuseFaulty(tx, { kind, every, hoursAfterEnd, statuses, operatorIds, enabled })
    const { timeZone } = await readOrganisation(tx)
    const row = await updateSchedule(tx, id, {
      every: every ?? null,
      hoursAfterEnd: hoursAfterEnd ?? null,
      statuses: [...statuses],
      operatorIds: [...new Set(operatorIds)],
      language,
      enabled,
      ...(enabled && !current.enabled && { activeSince: by.now }),
      ...(every !== undefined && { dueAt: await nextDue(tx, every, timeZone, by.now) }),
    })
    const fields = Object.entries(edit).flatMap(([field, value]) =>
      value === undefined ? [] : [field],
    )
    await tell(tx, by, 'reportSchedule.changed', id, { fields: fields.sort() })
    return { ...row, latest: (await readLatest(tx, [id])).get(id) }
  })
}

/** What of it waits in the mail is taken back. @throws AppError `not_found` */
export async function removeSchedule(db: Database, by: By, id: string): Promise<void> {
  await transact(db, async tx => {
    if (!(await deleteSchedule(tx, id))) throw notFound()
    await tell(tx, by, 'reportSchedule.deleted', id)
  })
}

/** @throws AppError `not_found` */
export async function getSchedule(db: Database, id: string): Promise<ShownSchedule> {
  const row = await findSchedule(db, id)
  if (row === undefined) throw notFound()
  return { ...row, latest: (await readLatest(db, [id])).get(id) }
}

/** In the order in which they were entered, after the one given. */
export async function getSchedules(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<ShownSchedule[]> {
  const rows = await listSchedules(db, page)
  const latest = await readLatest(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map(row => ({ ...row, latest: latest.get(row.id) }))
}

async function refuseFaulty(
  tx: Database,
  { kind, every, hoursAfterEnd, operatorIds }: Omit<ScheduleDraft, 'language'>,
): Promise<void> {
  const faults: Fault[] = []
  const refuse = (pointer: string, detail: string) => void faults.push({ pointer, detail })
  if (kind === 'statistics') {
    if (every === undefined) refuse('/every', 'is required of statistics')
    if (hoursAfterEnd !== undefined) refuse('/hoursAfterEnd', 'is for acknowledgement reports')
  } else {
    if (hoursAfterEnd === undefined) {
      refuse('/hoursAfterEnd', 'is required of acknowledgement reports')
    }
    if (every !== undefined) refuse('/every', 'is for statistics')
  }
  const known = new Set((await readAddressees(tx, operatorIds)).map(({ id }) => id))
  for (const [no, id] of operatorIds.entries()) {
    if (!known.has(id)) refuse(`/operatorIds/${no}`, 'is no operator, or a disabled one')
  }
  if (faults.length > 0) {
    throw new AppError('invalid_schedule', 'this report can not be sent so', { faults })
  }
}

async function tell(
  tx: Database,
  { operatorId }: By,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await recordAudit(tx, { operatorId, action, subject, detail })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such schedule')
}
