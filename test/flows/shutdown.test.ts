import { once } from 'node:events'
import { expect } from 'vitest'
import { judge } from '../../src/simulator/judge.ts'
import {
  expectedTexts,
  floodAlert,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 6_000
const RECEIPTS = {
  share: 1,
  delay: { ms: 200, spreadMs: 300 },
  failed: 0,
  expired: 0,
  twice: 0,
  form: 'text and TLVs',
  messageId: 'decimal',
} as const

test(
  'pitfall 48: SIGTERM in the midst of submits and receipts ends a dispatcher within 10 s, and the next loses nobody',
  { timeout: 120_000 },
  async ({ tocsin, db }) => {
    const residents = await settle(db, RECIPIENTS)
    const stopped = tocsin.startDispatcher()
    const { list, centres } = await tocsin.startCarriers(
      (['transceiver', 'transmitter-receiver'] as const).map(bindType => ({
        name: `Bound as ${bindType}`,
        smpp: { bindType },
        segmentsPerSecond: 1_000,
        window: 100,
        binds: 2,
        behaviour: {
          responses: { ms: 10, spreadMs: 30, missing: 0, twice: 0 },
          receipts: RECEIPTS,
        },
      })),
    )
    const alertId = await sendDraft(tocsin, floodAlert())
    const acknowledged = () =>
      centres.reduce((sum, centre) => sum + centre.stats()[0]!.deliveries.acknowledged, 0)
    await list.until(() => list.messages >= RECIPIENTS / 3 && acknowledged() > 0, 60_000)

    const from = performance.now()
    const exited = once(stopped, 'exit')
    stopped.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(performance.now() - from).toBeLessThan(10_000)
    const before = list.messages
    expect(before).toBeLessThan(RECIPIENTS)
    // Every bind was unbound: receipts that come now have to wait for the next.
    for (const centre of centres) expect(centre.stats()[0]!.binds).toBe(0)

    tocsin.startDispatcher()
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
      90_000,
    )
    // What was in the windows was waited for, so nobody has it twice.
    expect(progress).toMatchObject({ possibleDuplicates: 0, failed: 0, unknown: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      extraCopies: 0,
    })
  },
)
