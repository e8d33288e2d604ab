import { expect, onTestFinished, test } from 'vitest'
import { recount } from '../../src/reports/recount.ts'
import { judge } from '../../src/simulator/judge.ts'
import { openDatabase } from '../../src/store/database.ts'
import { temporaryCluster } from '../support/cluster.ts'
import {
  deliveriesOf,
  expectedTexts,
  floodAlert,
  sendDraft,
  settle,
  startFlow,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 5_000
const NORTH = { name: 'North', segmentsPerSecond: 1_000, window: 100, binds: 2 }
const UNHURRIED = { responses: { ms: 10, spreadMs: 30, missing: 0, twice: 0 } }

test(
  'a database that is killed twice comes back, and nobody is lost',
  { timeout: 120_000 },
  async () => {
    const { server, end: endCluster } = await temporaryCluster()
    onTestFinished(endCluster)
    const { tocsin, end } = await startFlow(server.url)
    onTestFinished(end)
    const database = openDatabase(server.url)
    onTestFinished(() => database.close())

    const residents = await settle(database.db, RECIPIENTS)
    tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([{ ...NORTH, behaviour: UNHURRIED }])
    const alertId = await sendDraft(tocsin, floodAlert())
    const sent = watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted, delivered }) =>
        state === 'sent' && submitted === 0 && delivered === RECIPIENTS,
      90_000,
    )
    sent.catch(() => undefined)
    for (const messages of [1_000, 3_000]) {
      await list.until(() => list.messages >= messages, 60_000)
      process.kill(server.pid, 'SIGKILL')
    }

    const { progress } = await sent
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [], wrongText: [] })
    const deliveries = await deliveriesOf(tocsin.author.client, alertId)
    const marked = new Set(
      deliveries.filter(delivery => delivery.possibleDuplicate).map(delivery => delivery.phone),
    )
    expect(verdict.twice.filter(phone => !marked.has(phone))).toEqual([])
    expect(progress.possibleDuplicates).toBe(marked.size)
    expect(marked.size).toBeLessThanOrEqual(2 * 2 * NORTH.window * NORTH.binds)
    const { progress: counted, tallies } = await recount(database.db, alertId)
    expect(counted.counters).toEqual(counted.rows)
    expect(tallies.counters).toEqual(tallies.rows)
  },
)
