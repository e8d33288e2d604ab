/**
 * F13: the volume of the database is full. First what needs new pages is refused, and what can be read is read; then
 * PostgreSQL can't write its log any more and goes down, and can't come up. Nothing is sent that is not on record,
 * whoever asks is told to come again, and when there is room everything works on by itself.
 *
 * The volume is a tmpfs, which only root may mount.
 */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { ApiError } from '../../src/cli/client.ts'
import { install, PEOPLE_ANSWER, type Installation } from './installation.ts'
import { exposureOf, goThrough, type Ordeal } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'
import { floodIn } from './valley.ts'

const CARRIERS = [{ name: 'North', segmentsPerSecond: 250, window: 50, binds: 2 }]
const RECIPIENTS = 6_000
const VOLUME_MB = 400
const DOWN_MS = 10_000
const BACK_MS = 60_000
/** Of a draft, so that few of them need a new page. */
const LONG = 'All along the river.'.repeat(150)

export async function fillVolume({ say }: Bounds): Promise<Found> {
  const installation = await install('full', 'its own database', VOLUME_MB)
  const counts: Record<string, number | string> = {}
  const faults: string[] = []
  try {
    const simulator = await installation.play(CARRIERS, PEOPLE_ANSWER)
    const size = { valleyNo: 0, recipients: RECIPIENTS }
    const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
      await ordeal.untilArrived(0.2 * RECIPIENTS)
      const filler = await fill(installation.volume)
      say(`the volume is full, at ${ordeal.arrived()} messages`)
      const { refused, other } = await askUntilRefused(ordeal)
      if (refused === 0) faults.push('nothing was refused on a full volume')
      for (const answer of other) faults.push(`an answer on a full volume: ${answer}`)
      await burnLog(installation)
      const { arrived } = await afterQuiet(ordeal)
      say(`PostgreSQL is down for want of room, at ${arrived} messages`)
      await wait(DOWN_MS)
      if (ordeal.arrived() > arrived) {
        faults.push(`${ordeal.arrived() - arrived} messages left without a record`)
      }
      await rm(filler)
      const backAt = performance.now()
      const back = await untilSent(ordeal, arrived + 200)
      if (back === undefined) faults.push(`nothing was sent for ${BACK_MS / 1000} s after`)
      const seconds = ((performance.now() - backAt) / 1000).toFixed(1)
      say(`there is room again, and ${back ?? 0} messages after ${seconds} s`)
      counts['refused with 503'] = refused
      counts['sends again after'] = `${seconds} s`
      return 2 * exposureOf(CARRIERS)
    })
    return { counts: { ...settled, ...counts }, wrong: [...wrong, ...faults] }
  } finally {
    await installation.end()
  }
}

/** @returns the file that takes up all there is */
async function fill(volume: string): Promise<string> {
  const path = join(volume, 'filler')
  const file = await open(path, 'w')
  try {
    for (let size = 2 ** 20; size >= 512;) {
      const written = await file.write(Buffer.alloc(size)).catch(noRoom)
      if (written === undefined) size /= 2
    }
  } finally {
    await file.close()
  }
  return path
}

function noRoom(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOSPC') throw error
}

/** Writes drafts until one is refused, and reads beside. */
async function askUntilRefused(ordeal: Ordeal): Promise<{ refused: number; other: string[] }> {
  const { author } = ordeal.installation
  const { info, ...draft } = floodIn(ordeal.valley, 'at-least-once')
  const long = { ...draft, info: info.map(one => ({ ...one, description: LONG })) }
  let refused = 0
  const other: string[] = []
  for (let tries = 0; tries < 400 && refused < 3; tries++) {
    try {
      await author.client.post('/v1/alerts', long)
    } catch (error) {
      const problem = error instanceof ApiError ? error.problem : undefined
      if (problem?.status === 503) refused++
      else other.push(problem === undefined ? String(error) : `${problem.status} ${problem.code}`)
    }
    await author.client.get(`/v1/alerts/${ordeal.alertId}`).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.problem.status === 503)) other.push(String(error))
    })
  }
  return { refused, other: [...new Set(other)] }
}

/** Lets PostgreSQL begin files of its log until there is room for no other. */
async function burnLog({ database }: Installation): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    try {
      await database.db.execute(
        sql`select pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()`,
      )
    } catch {
      return
    }
  }
}

async function afterQuiet(ordeal: Ordeal): Promise<{ arrived: number }> {
  for (let arrived = -1; ;) {
    if (ordeal.arrived() === arrived) return { arrived }
    arrived = ordeal.arrived()
    await wait(2_000)
  }
}

async function untilSent(ordeal: Ordeal, messages: number): Promise<number | undefined> {
  const until = performance.now() + BACK_MS
  while (ordeal.arrived() < messages) {
    if (performance.now() > until) return undefined
    await wait(100)
  }
  return ordeal.arrived()
}
