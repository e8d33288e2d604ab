/**
 * Importing contacts from a CSV file of any size.
 *
 *   reading    rows are checked one by one as they arrive and staged; bad ones are kept with their reasons.
 *              Nothing of the list changes: a file that breaks off or is no CSV is as if never sent
 *   merging    upsert: by spans of lines, a transaction each. replace: all in one transaction, and what the
 *              file doesn't name is removed in it
 *
 * The caller is answered between the two. Of a process that dies, the staging goes with its connection, and the
 * import is failed when somebody next looks.
 */
import { v7 as uuid } from 'uuid'
import { AppError, isAppError, type ErrorCode } from '../errors.ts'
import { faultOfWords, type FaultWords } from '../faults.ts'
import { describeError, log } from '../log.ts'
import { recordAudit } from '../store/audit.ts'
import { transact, type Database, type OpenDatabase, type Session } from '../store/database.ts'
import { listedGroupsByName } from '../store/groups.ts'
import {
  closeStaging,
  completeImport,
  dropStagedDuplicates,
  failDeadImports,
  failImport,
  findImport,
  finishCopy,
  insertImport,
  insertRejects,
  lastStagedLine,
  markImport,
  matchStaged,
  mergeStaged,
  openCopy,
  openStaging,
  removeUnstaged,
  stagedLine,
  takeImportLock,
  vacuumContacts,
  type ImportCounts,
  type ImportMode,
  type ImportRecord,
  type Reject,
} from '../store/imports.ts'
import { readCsv } from './csv.ts'
import { readHeader, readRow, type ImportHeader } from './import-rows.ts'

export interface ImportOptions {
  readonly operatorId: string
  readonly mode: ImportMode
  /** ISO 3166-1 alpha-2: whose national numbers the file holds. */
  readonly country: string | undefined
  /** In mode `replace`: how many removals the caller expects and allows. */
  readonly confirmRemove: number | undefined
}

export interface StartedImport {
  readonly id: string
  /** Settles when all is done; never rejects: the import's record says how it ended. */
  readonly finished: Promise<void>
}

/** Without a word from its process for so long, a running import has died. */
const SILENT_SECONDS = 60
const SIGN_OF_LIFE_MS = 2_000
/** Rows a transaction in mode upsert: 50,000 take a second or two. */
const SPAN_LINES = 50_000
/** Removing more than this share of the list has to be confirmed. */
const REMOVAL_SHARE = 0.1
const MAX_REJECT_VALUE = 200

/**
 * Reads a file whole, then merges it; resolves when it is read, and what a reader must know is decided.
 *
 * @throws AppError `malformed_csv` for what is no CSV in UTF-8 or has the wrong header, `unsupported_media_type`
 *   for archives, `removes_too_many`, `in_progress` while another import runs; `timeout` and `invalid_request`
 *   if the body stops or breaks off. Nothing is changed then
 */
export function startImport(
  database: OpenDatabase,
  body: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<StartedImport> {
  return new Promise((resolve, reject) => {
    const id = uuid()
    const finished = database
      .session(session =>
        runImport(database, session, id, body, options, () => resolve({ id, finished })),
      )
      .catch((error: unknown) => {
        reject(error)
        log.warn({ importId: id, code: describeError(error) }, 'an import failed')
      })
  })
}

async function runImport(
  { db }: OpenDatabase,
  session: Session,
  id: string,
  body: AsyncIterable<Uint8Array>,
  options: ImportOptions,
  whenRead: () => void,
): Promise<void> {
  await failDeadImports(db, SILENT_SECONDS)
  if (!(await takeImportLock(session))) {
    throw new AppError('in_progress', 'another import is running; try again when it has ended')
  }
  await insertImport(db, { id, operatorId: options.operatorId, mode: options.mode })
  const counts = { read: 0, accepted: 0, rejected: 0 }
  const signs = setInterval(() => {
    markImport(db, id, counts).catch(() => undefined)
  }, SIGN_OF_LIFE_MS)
  try {
    await openStaging(session)
    const header = await stage(db, session, id, body, options, counts)
    await dropStagedDuplicates(session)
    const { known, contacts } = await matchStaged(session.db)
    if (options.mode === 'replace') assertMayRemove(contacts, contacts - known, options)
    await markImport(db, id, counts)
    whenRead()
    if (options.mode === 'replace') await replaceAll(session, id, header, counts, options)
    else await upsertAll(session, id, header, counts, options)
    await vacuumContacts(session)
  } catch (error) {
    const { code, message } = isAppError(error)
      ? error
      : { code: 'internal' satisfies ErrorCode, message: 'the import broke; the log says more' }
    await failImport(db, id, { code, detail: message }, counts)
    throw error
  } finally {
    clearInterval(signs)
    // A connection that broke has taken the staging and the lock with it.
    await closeStaging(session).catch(() => undefined)
  }
}

/** Reads the body into the staging table. */
async function stage(
  db: Database,
  session: Session,
  importId: string,
  body: AsyncIterable<Uint8Array>,
  { country }: ImportOptions,
  counts: { read: number; accepted: number; rejected: number },
): Promise<ImportHeader> {
  const groups = await listedGroupsByName(db)
  let header: ImportHeader | undefined
  let staged = ''
  let rejects: Reject[] = []
  const turnDown = (line: number, column: string, words: FaultWords, value: string) => {
    const { detail: reason, code = null, values = null } = words
    rejects.push({ line, column, reason, code, values, value: storable(value) })
  }

  const nextId = idSequence()
  const reader = readCsv({
    record(line, fields) {
      if (header === undefined) {
        header = readHeader(fields)
        return
      }
      counts.read++
      const row = readRow({ header, country, groups }, fields)
      if ('phone' in row) {
        counts.accepted++
        staged += stagedLine(line, nextId(), row)
        return
      }
      counts.rejected++
      for (const { column, words, value } of row) turnDown(line, column, words, value)
    },
    broken(line, reason, text) {
      if (header === undefined) throw new AppError('malformed_csv', `the header row ${reason}`)
      counts.read++
      counts.rejected++
      turnDown(line, '', faultOfWords(reason) ?? { detail: reason }, text)
    },
  })

  const copy = await openCopy(session)
  // An error of the connection comes out of the writes and of `finishCopy`.
  copy.on('error', () => undefined)
  const flush = async () => {
    if (staged !== '') {
      const bytes = Buffer.from(staged)
      staged = ''
      await new Promise<void>((resolve, reject) =>
        copy.write(bytes, error => (error == null ? resolve() : reject(error))),
      )
    }
    if (rejects.length >= 1000) {
      await insertRejects(db, importId, rejects)
      rejects = []
    }
  }
  try {
    for await (const text of decode(body)) {
      // A large chunk is taken in pieces: what one adds waits in memory until it is written.
      for (let at = 0; at < text.length; at += 65_536) {
        reader.push(text.slice(at, at + 65_536))
        await flush()
      }
    }
    reader.end()
    await flush()
    if (header === undefined) throw new AppError('malformed_csv', 'the file has no header row')
    if (rejects.length > 0) await insertRejects(db, importId, rejects)
  } catch (error) {
    copy.destroy(error as Error)
    throw error
  }
  await finishCopy(session, copy, counts.accepted)
  return header
}

/**
 * UUIDv7 in rising order, with a counter in place of new randomness for each (RFC 9562 §6.2, method 1): a tenth
 * of a microsecond, where asking for randomness takes one and a half.
 */
function idSequence(): () => string {
  let counter = 0x1000
  let [start, end] = ['', '']
  return () => {
    if (counter === 0x1000) {
      const fresh = uuid()
      counter = 0
      ;[start, end] = [fresh.slice(0, 15), fresh.slice(18)]
    }
    return start + (counter++).toString(16).padStart(3, '0') + end
  }
}

/** What is turned down is shown to whoever mends the file: cut, and without NUL, which no column can hold. */
function storable(value: string): string {
  return value.slice(0, MAX_REJECT_VALUE).replaceAll('\0', '�')
}

/** @throws AppError `unsupported_media_type`, `malformed_csv` */
async function* decode(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isFirst = true
  for await (const chunk of body) {
    if (isFirst && chunk.length > 0) {
      refuseOtherFormats(chunk)
      isFirst = false
    }
    yield decodePart(() => decoder.decode(chunk, { stream: true }))
  }
  yield decodePart(() => decoder.decode())
}

function decodePart(part: () => string): string {
  try {
    return part()
  } catch {
    throw new AppError(
      'malformed_csv',
      'the file is not in UTF-8; save it as CSV UTF-8 and import it again',
    )
  }
}

function refuseOtherFormats(start: Uint8Array): void {
  const [a, b] = start
  if (a === 0x50 && b === 0x4b) {
    throw new AppError('unsupported_media_type', 'this is a zip archive or a spreadsheet, no CSV')
  }
  if (a === 0x1f && b === 0x8b) {
    throw new AppError('unsupported_media_type', 'this is compressed: send the CSV itself')
  }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) {
    throw new AppError('malformed_csv', 'the file is in UTF-16; save it as CSV UTF-8')
  }
}

function assertMayRemove(
  contacts: number,
  removals: number,
  { confirmRemove }: ImportOptions,
): void {
  if (removals <= contacts * REMOVAL_SHARE || confirmRemove === removals) return
  throw new AppError(
    'removes_too_many',
    `this would remove ${removals} of ${contacts} contacts: if that is meant, send confirmRemove=${removals}`,
  )
}

type Read = Pick<ImportCounts, 'read' | 'accepted' | 'rejected'>

async function upsertAll(
  session: Session,
  id: string,
  header: ImportHeader,
  read: Read,
  { operatorId }: ImportOptions,
): Promise<void> {
  const last = await lastStagedLine(session.db)
  let [created, updated] = [0, 0]
  for (let after = 0; after < last; after += SPAN_LINES) {
    const span = { after, upTo: after + SPAN_LINES, blanks: 'keep' } as const
    const merged = await transact(session.db, tx => mergeStaged(tx, span, columnsOf(header)))
    created += merged.created
    updated += merged.updated
  }
  await transact(session.db, async tx => {
    await complete(tx, id, operatorId, { ...read, created, updated, removed: 0 })
  })
}

async function replaceAll(
  session: Session,
  id: string,
  header: ImportHeader,
  read: Read,
  options: ImportOptions,
): Promise<void> {
  await transact(session.db, async tx => {
    // Anew, for somebody may have edited the list since it was counted.
    const { known, contacts } = await matchStaged(tx)
    assertMayRemove(contacts, contacts - known, options)
    const removed = await removeUnstaged(tx)
    const span = { after: 0, upTo: Number.MAX_SAFE_INTEGER, blanks: 'overwrite' } as const
    const merged = await mergeStaged(tx, span, columnsOf(header))
    await complete(tx, id, options.operatorId, { ...read, ...merged, removed })
  })
}

function columnsOf({ placeOf }: ImportHeader) {
  return {
    locations: placeOf.longitude !== undefined,
    hours: placeOf.hours !== undefined,
    groups: placeOf.groups !== undefined,
  }
}

async function complete(
  tx: Database,
  id: string,
  operatorId: string,
  counts: ImportCounts,
): Promise<void> {
  await completeImport(tx, id, counts)
  await recordAudit(tx, {
    operatorId,
    action: 'contacts.imported',
    subject: id,
    detail: { ...counts },
  })
}

/** @throws AppError `not_found` */
export async function getImport(db: Database, id: string): Promise<ImportRecord> {
  await failDeadImports(db, SILENT_SECONDS)
  const found = await findImport(db, id)
  if (found === undefined) throw new AppError('not_found', 'there is no such import')
  return found
}
