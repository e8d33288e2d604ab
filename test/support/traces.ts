import { sql } from 'drizzle-orm'
import type { Database } from '../../src/store/database.ts'

/** Somebody, by all that an alert's rows may name them by. */
export interface Traced {
  readonly phone?: string
  readonly contactId?: string
  readonly address?: string
  readonly messageId?: string
}

/** In each form in which a column may hold it; a row as text writes octets in hex, and JSON and arrays as they read. */
function formsOf({ phone, contactId, address, messageId }: Traced): string[] {
  const digits = phone?.slice(1)
  const words = [digits, contactId, address, messageId].filter(word => word !== undefined)
  const inHex = words.map(word => Buffer.from(word).toString('hex'))
  const inBase64 = words.map(word => Buffer.from(word).toString('base64').replace(/=+$/, ''))
  // E.164 as 8 octets, and a uuid's 16: as blocks hold them.
  const packed = [
    digits && BigInt(digits).toString(16).padStart(16, '0'),
    contactId?.replaceAll('-', ''),
  ]
  return [...words, ...inHex, ...inBase64, ...packed.filter(form => form !== undefined)]
}

/** The tables that say anything of somebody, in any column, by name. */
export async function tablesWith(db: Database, somebody: Traced): Promise<string[]> {
  const tables = await db.execute<{ name: string }>(sql`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname
  `)
  const forms = formsOf(somebody).map(form => form.toLowerCase())
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await db.execute<{ row: string }>(
      sql`select lower(t::text) as row from ${sql.identifier(name)} t`,
    )
    if (rows.some(({ row }) => forms.some(form => row.includes(form)))) found.push(name)
  }
  return found
}
