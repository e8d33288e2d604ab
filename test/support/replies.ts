import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recount } from '../../src/reports/recount.ts'
import type { Database } from '../../src/store/database.ts'

export const MINUTE = 60_000
export const noon = new Date('2026-11-22T12:00:00Z')
export const later = (minutes: number) => new Date(noon.getTime() + minutes * MINUTE)

/** A text of a phone to one of our numbers. */
export const say = (from: string, text: string, to = '72345') => ({ from, to, text })

export async function tallyOf(db: Database, alertId: string): Promise<Record<string, number>> {
  const { tallies, progress } = await recount(db, alertId)
  expect(tallies.counters).toEqual(tallies.rows)
  expect(progress.counters).toEqual(progress.rows)
  const total = tallies.counters.filter(({ dimension }) => dimension === 'total')
  return Object.fromEntries(total.map(({ option, count }) => [option, count]))
}

export async function inboundOf(db: Database, phone: string) {
  return await db.execute<{
    text: string
    kind: string
    option: string
    alert: string
    late: boolean
    urgent: boolean
    review: string | null
    automatic: boolean
  }>(sql`
    select text, kind, option, alert_id as alert, late, urgent, review, automatic from inbound where phone = ${phone} order by id
  `)
}

export async function answersTo(db: Database, phone: string): Promise<string[]> {
  const rows = await db.execute<{ kind: string }>(sql`
    select kind from answers where phone = ${phone} order by created_at, id
  `)
  return rows.map(row => row.kind)
}
