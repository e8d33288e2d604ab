/**
 * F14: a dispatcher that may open nothing more, and one that gets no more memory. The first can't bind anew where the
 * carrier drops its links, nor ask anybody anew; it stays, the other sends on, and it comes back when it may. The
 * second dies as by `kill -9`, or gets along.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../rehearsal.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'

const CARRIERS = [{ name: 'North', segmentsPerSecond: 400, window: 50, binds: 2 }]
const RECIPIENTS = 6_000
const SHORT_MS = 8_000
/** The lowest numbers are never free: a process has them from its start. */
const NONE_FREE = 8

const run = promisify(execFile)

export async function runShort({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const other = installation.addDispatcher()
  const wrong: string[] = []
  const counts: Record<string, number | string> = {}
  try {
    const simulator = await installation.play(CARRIERS)
    const [centre] = simulator.centres
    const bound = () => Promise.resolve(centre!.stats()[0]!.binds)
    const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
    const { settled, wrong: faults } = await goThrough(
      installation,
      simulator,
      size,
      async ordeal => {
        await ordeal.untilArrived(0.15 * RECIPIENTS)
        const { pid } = other
        const usual = await softLimit(pid)
        await limit(pid, '--nofile', NONE_FREE)
        const dropped = centre!.links('drop')
        say(`a dispatcher may open nothing more, and ${dropped} links are dropped`)
        const before = ordeal.arrived()
        await wait(SHORT_MS)
        if (ordeal.arrived() === before) wrong.push('nobody sent on')
        if (other.pid !== pid) wrong.push('it ended for want of descriptors')
        await limit(pid, '--nofile', usual)
        const backAt = performance.now()
        await until(bound, binds => binds === 2, 'both links bound again', 30_000)
        counts['bound again after'] = `${((performance.now() - backAt) / 1000).toFixed(1)} s`

        await ordeal.untilArrived(0.6 * RECIPIENTS)
        const victim = other.pid
        await limit(victim, '--as', await addressSpace(victim))
        say(`a dispatcher gets no more memory, at ${ordeal.arrived()} messages`)
        await wait(SHORT_MS)
        counts['without memory'] = other.pid === victim ? 'got along' : 'died'
        if (other.pid === victim) await limit(victim, '--as', 'unlimited')
        return 2 * exposureOf(CARRIERS)
      },
    )
    return { counts: { ...settled, ...counts }, wrong: [...faults, ...wrong] }
  } finally {
    await other.stop()
  }
}

/** util-linux's prlimit; of a process that has just ended there is nothing to limit. */
async function limit(pid: number, what: '--nofile' | '--as', to: number | string) {
  await run('prlimit', ['--pid', String(pid), `${what}=${to}:`]).catch((error: unknown) => {
    if (!String(error).includes('No such process')) throw error
  })
}

/** Of descriptors. */
async function softLimit(pid: number): Promise<string> {
  const flags = ['--nofile', '--output', 'SOFT', '--noheadings', '--raw']
  return (await run('prlimit', ['--pid', String(pid), ...flags])).stdout.trim()
}

/** In bytes (proc(5)). */
async function addressSpace(pid: number): Promise<number> {
  const pages = Number((await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[0])
  return pages * 4_096
}
