/**
 * The all-stop and what begins beside it. What is about to be sent is not yet there to be stopped, so whoever is about
 * to send asks before they begin how often everything was stopped, and again at the end, holding the answer until the
 * commit. Either the stop has come between, and nothing begins; or the stop waits for the commit, and finds it.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import type { AlertRow } from './alerts.ts'

export type Place = Pick<AlertRow, 'mode'> & { readonly exerciseId?: string | null | undefined }

const placesOf = ({ mode, exerciseId }: Place) => [mode, ...(exerciseId ? [exerciseId] : [])]

/** Of whatever would have stopped an alert of this place. */
export async function countAllStops(db: Database, place: Place): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select coalesce(sum(count), 0)::int as count from all_stops
    where place = any(${arrayLiteral(placesOf(place))}::text[])
  `)
  return row!.count
}

/** Nothing is stopped as a whole there until the transaction ends. Take it before the audit's lock. */
export async function holdAllStops(tx: Database, { mode }: Place): Promise<void> {
  await tx.execute(sql`select from all_stops where place = ${mode} for share`)
}

/** Waits for those who hold it. An exercise's own stop is counted apart: it stops nothing else. */
export async function noteAllStop(
  tx: Database,
  of: { readonly modes: readonly Place['mode'][] } | { readonly exerciseId: string },
): Promise<void> {
  if ('modes' in of) {
    await tx.execute(sql`
      update all_stops set count = count + 1 where place = any(${arrayLiteral(of.modes)}::text[])
    `)
    return
  }
  await tx.execute(sql`select from all_stops where place = 'exercise' for update`)
  await tx.execute(sql`
    insert into all_stops as s (place, count) values (${of.exerciseId}, 1)
    on conflict (place) do update set count = s.count + 1
  `)
}
