/**
 * F5: a dispatcher is cut off from the database, and from nothing else: both ways, or so that its words are lost, or
 * so that the answers are. It stops within its lease; another sends what is left, and is not held up by the locks of
 * a session whose client is gone; when the network is back the first works on, and nothing is sent by it that
 * was not its to send.
 *
 * The other dispatcher, frozen, stands still while the first is looked at, so that each message has one sender.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { exposureOf, goThrough, type Ordeal } from './ordeal.ts'
import { signal } from './processes.ts'
import type { Bounds, Found } from './scenario.ts'
import { startSilentProxy, type Silence, type SilentProxy } from './silent-proxy.ts'

const CARRIERS = [{ name: 'North', segmentsPerSecond: 400, window: 50, binds: 2 }]
const RECIPIENTS = 6_000
const SILENCES: readonly Silence[] = ['both ways', 'to the server', 'from the server']
const LEASE_MS = 10_000
/** So long nothing is sent: then it has stopped. */
const QUIET_MS = 3_000
/** The other finds all of it claimed by the one that is cut off, until the leases end. */
const TAKEN_OVER_MS = 25_000
/** As where the database was gone. */
const RESUMED_MS = 25_000

export async function partition(bounds: Bounds): Promise<Found> {
  const counts: Record<string, number | string> = {}
  const wrong: string[] = []
  for (const which of SILENCES) {
    const found = await cutOff(bounds, which)
    for (const [name, count] of Object.entries(found.counts)) counts[`${which}: ${name}`] = count
    wrong.push(...found.wrong.map(fault => `${which}: ${fault}`))
  }
  return { counts, wrong }
}

async function cutOff({ say, town, nextValley }: Bounds, which: Silence): Promise<Found> {
  const installation = await town()
  const proxy = await startSilentProxy(Number(new URL(installation.databaseUrl).port))
  const own = installation.addDispatcher(through(installation.databaseUrl, proxy.port))
  try {
    const simulator = await installation.play(CARRIERS)
    const [other = 0] = await installation.dispatchers()
    const found = { counts: {}, wrong: [] as string[] }
    const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
    const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
      try {
        found.counts = await endure(ordeal, { proxy, which, other, say }, found.wrong)
      } finally {
        proxy.restore()
        signal(other, 'SIGCONT')
      }
      // Of the one that was cut off, and of the other, which slept past its lease twice.
      return 3 * exposureOf(CARRIERS)
    })
    const { reached, lost, copies, unmarked } = settled
    return {
      counts: { ...found.counts, reached, lost, copies, unmarked },
      wrong: [...found.wrong, ...wrong],
    }
  } finally {
    await own.stop()
    await proxy.close()
  }
}

async function endure(
  ordeal: Ordeal,
  {
    proxy,
    which,
    other,
    say,
  }: { proxy: SilentProxy; which: Silence; other: number; say: Bounds['say'] },
  wrong: string[],
): Promise<Record<string, string>> {
  await ordeal.untilArrived(0.2 * RECIPIENTS)
  signal(other, 'SIGSTOP')
  proxy.silence(which)
  say(`a dispatcher hears nothing of the database, ${which}, at ${ordeal.arrived()} messages`)
  const stopped = await untilQuiet(ordeal)
  if (stopped > LEASE_MS) wrong.push(`it went on for ${seconds(stopped)} without the database`)

  signal(other, 'SIGCONT')
  const tookOver = await within(TAKEN_OVER_MS, ordeal, 0.5 * RECIPIENTS)
  if (tookOver === undefined) wrong.push('the other did not go on in time')
  else say(`the other has taken over, after ${seconds(tookOver)}`)

  signal(other, 'SIGSTOP')
  await untilQuiet(ordeal)
  proxy.restore()
  const resumed = await within(RESUMED_MS, ordeal, ordeal.arrived() + 0.1 * RECIPIENTS)
  if (resumed === undefined) wrong.push('it did not send again when the database was back')
  else say(`it sends again, ${seconds(resumed)} after the network is back`)
  signal(other, 'SIGCONT')
  return {
    'stopped after': seconds(stopped),
    'taken over and half done after': tookOver === undefined ? 'never' : seconds(tookOver),
    'sends again after': resumed === undefined ? 'never' : seconds(resumed),
  }
}

/** @returns until the last message before the quiet, in milliseconds */
async function untilQuiet(ordeal: Ordeal): Promise<number> {
  const startedAt = performance.now()
  let count = ordeal.arrived()
  let lastAt = startedAt
  while (performance.now() - lastAt < QUIET_MS) {
    await wait(50)
    if (ordeal.arrived() === count) continue
    count = ordeal.arrived()
    lastAt = performance.now()
  }
  return lastAt - startedAt
}

/** @returns how long it took until so many had arrived; undefined: longer than that */
async function within(ms: number, ordeal: Ordeal, messages: number): Promise<number | undefined> {
  const startedAt = performance.now()
  while (ordeal.arrived() < messages) {
    if (performance.now() - startedAt > ms) return undefined
    await wait(50)
  }
  return performance.now() - startedAt
}

function through(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.port = String(port)
  return url.href
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
