import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import { ANSWER_SAFE_OR_HELP, createPhones } from '../../src/simulator/phones.ts'
import {
  ORDINARY_TWILIO,
  startTwilioSide,
  type TwilioBehaviour,
  type TwilioSide,
} from '../../src/simulator/twilio-side.ts'
import {
  allBound,
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 300
const RULES = ANSWER_SAFE_OR_HELP.map(rule => ({ ...rule, delay: { ms: 20, spreadMs: 500 } }))

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db, tocsin }, use) => {
      tocsin.startDispatcher()
      await use(await settle(db, RECIPIENTS))
    },
    { scope: 'file' },
  ],
})

/** As `floodAlert`, in all the words that the played phones answer with. */
const flood = () => ({
  ...floodAlert(),
  replies: {
    options: [
      { code: '1', label: 'Safe', words: ['safe', 'ok', 'sí estoy bien'] },
      { code: '2', label: 'Need help', words: ['help me', 'necesito ayuda'], urgent: true },
    ],
  },
})

/** Enters a played Twilio in place of the one before, and waits until it is bound. */
async function playTwilio(
  { administrator }: Tocsin,
  behaviour: Partial<TwilioBehaviour>,
): Promise<TwilioSide> {
  const account = {
    accountSid: 'AC0123',
    authToken: 'canary-token',
    segmentsPerSecond: 400,
    aboveLimit: 'throttle',
  } as const
  const phones = createPhones({ seed: 1, rules: RULES })
  const side = await startTwilioSide({ name: 'Hosted', account, phones, behaviour })
  onTestFinished(() => side.close())
  const { items } = await administrator.get<{ items: { id: string }[] }>('/v1/carriers')
  for (const { id } of items) await administrator.patch(`/v1/carriers/${id}`, { enabled: false })
  await administrator.post('/v1/carriers', {
    name: `Hosted ${side.url}`,
    protocol: 'twilio',
    segmentsPerSecond: 400,
    window: 20,
    binds: 2,
    sourceAddress: '+15550009999',
    twilio: { baseUrl: side.url, accountSid: 'AC0123', authToken: 'canary-token' },
  })
  await allBound(administrator)
  return side
}

test(
  'an alert goes out over a Twilio account; receipts and replies come back by webhook, early, doubled and out of order',
  { timeout: 120_000 },
  async ({ tocsin, db, residents }) => {
    const { callbacks } = ORDINARY_TWILIO
    if (callbacks === 'none') throw new Error('an ordinary Twilio calls back')
    const side = await playTwilio(tocsin, {
      responses: { ms: 20, spreadMs: 40, dropped: 0 },
      callbacks: { ...callbacks, failed: 0.1, twice: 0.3, early: 0.3, late: 0.3 },
    })
    const alertId = await sendDraft(tocsin, flood())
    await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted, queued }) => state === 'sent' && submitted === 0 && queued === 0,
    )
    await until(
      async () => side.owed,
      owed => owed === 0,
      'every callback heard',
    )
    await until(
      async () => (await db.execute(sql`select from callbacks`)).length,
      left => left === 0,
      'every callback recorded',
    )
    const { list } = side
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      twice: [],
      wrongText: [],
      unacknowledged: 0,
    })
    const lost = Array.from({ length: list.messages }, (_, i) => list.message(i)).filter(
      ({ fate, text }) => fate === 'failed' && /FLOOD|INUNDACI/.test(text),
    ).length
    const { tally } = await watchUntil(
      tocsin.author.client,
      alertId,
      progress => progress.failed === lost && progress.delivered === RECIPIENTS - lost,
    )
    expect(lost).toBeGreaterThan(0)
    expect({
      replied: tally.replied,
      other: tally.other,
      optedOut: tally.optedOut,
      byOption: Object.fromEntries(tally.byOption.map(({ code, count }) => [code, count])),
    }).toEqual({
      replied: verdict.tally.replied,
      other: verdict.tally.other,
      optedOut: verdict.tally.optedOut,
      byOption: verdict.tally.byOption,
    })
    // What it may take in a second is what it offered: it was never asked to slow down.
    expect(side.stats().mostOfferedInASecond).toBeLessThanOrEqual(400)
  },
)

test(
  'pitfall 38: what Twilio takes without an answer is sent again and reported as a possible duplicate, no more and no less',
  { timeout: 120_000 },
  async ({ tocsin, residents }) => {
    const side = await playTwilio(tocsin, {
      responses: { ms: 10, spreadMs: 20, dropped: 0.1 },
    })
    const alertId = await sendDraft(tocsin, flood())
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted, queued }) => state === 'sent' && submitted === 0 && queued === 0,
    )
    const verdict = judge(side.list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [] })
    expect(side.stats().answered['dropped']).toBeGreaterThan(0)
    expect(verdict.twice.length).toBeGreaterThan(0)
    expect(progress.possibleDuplicates).toBe(verdict.twice.length)
  },
)

test(
  'pitfall 40: whom Twilio holds as opted out is refused for good, marked, and left out of the next alert',
  { timeout: 120_000 },
  async ({ tocsin, db, residents }) => {
    const side = await playTwilio(tocsin, {
      errors: [{ status: 400, code: 21610, share: 0.2, of: 'phones' }],
    })
    const alertId = await sendDraft(tocsin, flood())
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted, queued }) => state === 'sent' && submitted === 0 && queued === 0,
    )
    const { refused, missed } = judge(side.list, expectedTexts(residents))
    expect(missed).toEqual([])
    expect(refused.length).toBeGreaterThan(0)
    expect(progress.failed).toBe(refused.length)
    const marked = await db.execute<{ phone: string }>(sql`
      select phone from opt_outs where scope = 'carrier' order by phone`)
    expect(marked.map(({ phone }) => phone)).toEqual([...refused].toSorted())
    // No other carrier is there to reach them by.
    const next = await sendDraft(tocsin, flood())
    const { progress: after } = await watchUntil(
      tocsin.author.client,
      next,
      ({ state }) => state === 'sent',
    )
    expect([after.recipients, after.failed]).toEqual([RECIPIENTS - refused.length, 0])
  },
)
