/** Everybody of a selection, read as a stream. */
import { sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Database, Session } from './database.ts'
import { joinContacts, recipients, type Selection } from './selection.ts'

/** Who is reached alike, and reads alike: one object for all of them. `mask` has a `1` for each source. */
export interface PersonKind {
  readonly mask: string
  readonly language: string | undefined
}

export interface PeopleSink {
  /**
   * A person: the id's 16 octets from `idAt`, the phone's text from `phoneAt` to `phoneEnd`. The octets are the
   * sink's during the call alone.
   */
  take(kind: PersonKind, octets: Buffer, idAt: number, phoneAt: number, phoneEnd: number): void
  /** Asked again and again; while what it answers is pending, nobody more is read. */
  drain(): Promise<void> | undefined
}

/** Ten million people take half a minute; nothing waits for it but the rest of their own alert. */
const COPY_SECONDS = 900

/**
 * Everyone of a selection, once, but for `exceptIds` and, `afterDeath` of a planner, whom it had planned. Read by
 * COPY, in binary: no row becomes an object, none is kept, and the first come as soon as the database has them.
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
  const contactsOf = await joinContacts(tx, selection)
  const everyone =
    except === 'planned'
      ? sql`(select * from (${recipients(selection)}) r where not exists (
          select from planned_contacts x where x.contact_id = r.contact_id))`
      : sql`(${recipients({ ...selection, barred: [...selection.barred, ...except.ids] })})`
  await tx.execute(sql`select set_config('statement_timeout', ${`${COPY_SECONDS}s`}, true)`)
  const text = inlined(sql`
    copy (select p.contact_id, c.phone, p.mask, c.language from ${everyone} p ${contactsOf})
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
      const language = fieldOf(octets, from + 4 + (mask?.length ?? 0))
      last = { octets: Buffer.from(key, 'latin1'), kind: { mask: mask ?? '', language } }
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
      const phoneAt = at + 2 + 20 + 4
      const phoneEnd = phoneAt + all.readInt32BE(phoneAt - 4)
      sink.take(kindOf(all, phoneEnd, end), all, at + 6, phoneAt, phoneEnd)
      at = end
    }
    const isOver = at + 2 <= all.length && all.readInt16BE(at) < 0
    rest = at < all.length && !isOver ? all.subarray(at) : undefined
  }
}

/** Past the octets at hand where the row is not whole yet. */
function rowEnd(octets: Buffer, from: number): number {
  let at = from + 2
  for (let field = 0; field < 4; field++) {
    if (at + 4 > octets.length) return Infinity
    at += 4 + Math.max(0, octets.readInt32BE(at))
  }
  return at
}

function isAt(octets: Buffer, from: number, to: number, wanted: Buffer): boolean {
  if (to - from !== wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (octets[from + i] !== wanted[i]) return false
  return true
}

function fieldOf(octets: Buffer, at: number): string | undefined {
  const length = octets.readInt32BE(at)
  return length < 0 ? undefined : octets.toString('utf8', at + 4, at + 4 + length)
}
