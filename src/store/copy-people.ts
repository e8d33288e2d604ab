/** Everybody of a selection, read as a stream. */
import { sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Database, Session } from './database.ts'
import { phoneOfKey } from './phone-key.ts'
import { foundOften, foundOnce, joinContacts, type Selection } from './selection.ts'

/** Who is reached alike, and reads alike: one object for all of them. `mask` has a `1` for each source. */
export interface PersonKind {
  readonly mask: string
  readonly language: string | undefined
}

export interface PeopleSink {
  /**
   * A person: the id's 16 octets from `idAt`, and the phone's number. The octets are the sink's during the call
   * alone.
   */
  take(kind: PersonKind, octets: Buffer, idAt: number, phone: number): void
  /** Asked again and again; while what it answers is pending, nobody more is read. */
  drain(): Promise<void> | undefined
}

/** Ten million people take half a minute; nothing waits for it but the rest of their own alert. */
const COPY_SECONDS = 900

/**
 * Everyone of a selection, once, but for some, or for all who are planned (`stagePlanned`). Read by COPY, in binary: no
 * row becomes an object, none is kept, and the first come as soon as the database has them. Who is found once
 * is read from the index of the locations alone: with a look at the contact planning and sending took the database
 * 5.9 µs a recipient, without 4.1, and a hash of all contacts stood before the first of them.
 *
 * @param session whose transaction `tx` is
 */
export async function copyPeople(
  session: Session,
  tx: Database,
  selection: Selection,
  except: { readonly ids: readonly string[] } | 'planned',
  sink: PeopleSink,
): Promise<void> {
  const left =
    except === 'planned'
      ? selection
      : { ...selection, barred: [...selection.barred, ...except.ids] }
  const contactsOf = await joinContacts(tx, left, 'shared')
  const often = sql`
    select p.contact_id, phone_key(c.phone) as phone_key, p.mask, coalesce(c.language, '') as language
    from (${foundOften(left)}) p ${contactsOf}`
  const once = foundOnce(left)
  const everyone =
    once === undefined
      ? often
      : sql`select contact_id, phone_key, mask, language from (${once}) a union all ${often}`
  const unplanned =
    except === 'planned'
      ? sql`where not exists (select from planned_contacts x where x.contact_id = p.contact_id)`
      : sql``
  await tx.execute(sql`select set_config('statement_timeout', ${`${COPY_SECONDS}s`}, true)`)
  const text = inlined(sql`
    copy (select p.contact_id, p.phone_key, p.mask, p.language from (${everyone}) p ${unplanned})
    to stdout (format binary)
  `)
  const query = session.sql.unsafe(text)
  const stream = await query.readable()
  const read = createCopyReader(sink)
  await new Promise<void>((resolve, reject) => {
    let failure: unknown
    // A stream that is destroyed would leave the connection waiting for ever: so it is read to its end.
    const fail = (error: unknown) => {
      failure ??= error
      query.cancel()
      stream.resume()
    }
    stream.on('data', (octets: Buffer) => {
      if (failure !== undefined) return
      try {
        read(octets)
        const busy = sink.drain()
        if (busy === undefined) return
        stream.pause()
        busy.then(() => stream.resume(), fail)
      } catch (error) {
        fail(error)
      }
    })
    stream.on('error', (error: unknown) => reject(failure ?? error))
    stream.on('end', () => {
      // postgres.js 3.4.9 pauses the socket when the stream is full and goes on when it is read. One that has ended
      // is not read any more: what comes behind the last row, and every later answer, would never be heard.
      stream._read(0)
      if (failure === undefined) resolve()
      else reject(failure)
    })
  })
}

/** COPY takes no parameters. Beside numbers and ids there are the words of groups by rule: quoted as literals. */
function inlined(query: SQL): string {
  return new PgDialect().sqlToQuery(query.inlineParams()).sql
}

/** Signature, flags and the length of the header's extension (PostgreSQL, COPY, Binary Format). */
const COPY_HEADER = 19
/** Where a row's id and phone begin, behind the count of fields and the length of each, and where the others do. */
const ID = 2 + 4
const KEY = ID + 16 + 4
const KIND = KEY + 8

function createCopyReader(sink: PeopleSink): (octets: Buffer) => void {
  interface Known {
    readonly octets: Buffer
    readonly kind: PersonKind
  }
  const kinds = new Map<string, Known>()
  // The person before is mostly of the same kind.
  let last: Known | undefined
  const kindOf = (octets: Buffer, from: number, to: number): PersonKind => {
    if (last !== undefined && isAt(octets, from, to, last.octets)) return last.kind
    const key = octets.toString('latin1', from, to)
    last = kinds.get(key)
    if (last === undefined) {
      const mask = fieldOf(octets, from)
      const language = fieldOf(octets, from + 4 + mask.length)
      const kind = { mask, language: language === '' ? undefined : language }
      last = { octets: Buffer.from(key, 'latin1'), kind }
      kinds.set(key, last)
    }
    return last.kind
  }
  let isFirst = true
  let rest: Buffer | undefined
  return octets => {
    const all = rest === undefined ? octets : Buffer.concat([rest, octets])
    let at = isFirst ? COPY_HEADER : 0
    isFirst = false
    // Fields are of 4 octets of length and that many; a count of −1 ends the rows.
    while (at + 2 <= all.length && all.readInt16BE(at) > 0) {
      const end = rowEnd(all, at)
      if (end > all.length) break
      sink.take(kindOf(all, at + KIND, end), all, at + ID, phoneOfKey(all, at + KEY))
      at = end
    }
    const isOver = at + 2 <= all.length && all.readInt16BE(at) < 0
    rest = at < all.length && !isOver ? all.subarray(at) : undefined
  }
}

/** Past the octets at hand where the row is not whole yet. */
function rowEnd(octets: Buffer, from: number): number {
  let at = from + KIND
  for (let field = 0; field < 2; field++) {
    if (at + 4 > octets.length) return Infinity
    at += 4 + octets.readInt32BE(at)
  }
  return at
}

function isAt(octets: Buffer, from: number, to: number, wanted: Buffer): boolean {
  if (to - from !== wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (octets[from + i] !== wanted[i]) return false
  return true
}

function fieldOf(octets: Buffer, at: number): string {
  return octets.toString('utf8', at + 4, at + 4 + octets.readInt32BE(at))
}
