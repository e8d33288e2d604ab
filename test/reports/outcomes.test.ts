import { expect, test } from 'vitest'
import { curveOf, timesTo } from '../../src/reports/curve.ts'
import { countPages, type Outcomes } from '../../src/reports/outcomes.ts'
import { Block, type BlockRow } from '../../src/store/block.ts'
import type { OutcomeBlock, OutcomePage } from '../../src/store/outcomes.ts'
import { fc } from '../support/property.ts'

const DISPATCHED = new Date('2026-11-23T01:00:00Z')
const NORTH = '00000000-0000-4000-8000-000000000001'
const SOUTH = '00000000-0000-4000-8000-000000000002'

const emptyRow = (size: number): BlockRow => ({
  alertId: '00000000-0000-4000-8000-00000000000a',
  blockNo: 1,
  size,
  segments: 2,
  plannedAt: DISPATCHED.getTime(),
  now: DISPATCHED.getTime(),
  records: new Uint8Array(),
  extras: new Uint8Array(),
  parts: null,
  olderParts: null,
  carriers: [],
  reasons: [],
})

/** The block some seconds after the dispatch. */
const after = (seconds: number, { records, extras, carriers, reasons, size }: Block) =>
  new Block({
    ...emptyRow(size),
    now: DISPATCHED.getTime() + seconds * 1000,
    records,
    extras: extras ?? new Uint8Array(),
    carriers,
    reasons,
  })

const areaNosOf = (nos: readonly number[]) => {
  const areaNos = Buffer.alloc(nos.length * 2)
  for (const [i, no] of nos.entries()) areaNos.writeInt16BE(no, i * 2)
  return areaNos
}

const page = (block: Block, areaNos: readonly number[], answered: Record<number, number> = {}) => {
  const replies = Object.entries(answered).map(
    ([offset, seconds]) =>
      [
        1 + Number(offset),
        {
          option: '1',
          repliedAt: new Date(DISPATCHED.getTime() + seconds * 1000),
          optedOut: false,
        },
      ] as const,
  )
  const one: OutcomeBlock = { blockNo: 1, textNo: 0, block, areaNos: areaNosOf(areaNos) }
  return { blocks: [one], replies: new Map(replies) } satisfies OutcomePage
}

const count = (...pages: OutcomePage[]): Promise<Outcomes> => countPages(pages, DISPATCHED)

const zero = {
  recipients: 0,
  attempted: 0,
  taken: 0,
  confirmed: 0,
  answered: 0,
  reached: 0,
  failed: 0,
  unknown: 0,
  notSent: 0,
}

/** Nine people, each another way along: 0 waits … 8 is stopped. */
function nineWays(): Block {
  const start = new Block(emptyRow(9))
  const sent = after(1, start)
  for (const offset of [1, 2, 3]) sent.submitted(offset, NORTH)
  sent.ended(4, 'failed', 'ESME_RINVDSTADR', SOUTH)
  sent.ended(5, 'unknown', 'link_lost', SOUTH)
  sent.ended(6, 'failed', 'opted_out')
  const ended = after(3, sent)
  ended.segmentDelivered({ offset: 2, part: 0, parts: 1, tryNo: 0 }, NORTH)
  ended.segmentFailed({ offset: 3, part: 0, tryNo: 0 }, 'UNDELIV 0A1', NORTH)
  ended.retried(7, 'link_lost', { uncertain: true, spendsAttempt: true })
  ended.ended(7, 'expired', undefined)
  ended.ended(8, 'cancelled', undefined)
  return ended
}

test('each rung of the ladder holds whom it should, and unknown is a number of its own', async () => {
  const areas = [0, 0, 0, 0, 1, 1, 1, 1, -1]
  const { total, byArea, byCarrier, byText } = await count(page(nineWays(), areas, { 5: 9 }))
  expect(total).toEqual({
    recipients: 9,
    // Of the failed one that had opted out, of who waits and of who was stopped no carrier has heard.
    attempted: 6,
    // The one that the carrier refused is not taken, the one whose receipt says failed is.
    taken: 3,
    confirmed: 1,
    answered: 1,
    // The one whose link was lost has answered: so it has it.
    reached: 2,
    failed: 3,
    // Submitted without a receipt; and out of time, but perhaps sent before.
    unknown: 2,
    notSent: 2,
  })
  expect(byArea.get(-1)).toEqual({ ...zero, recipients: 1, notSent: 1 })
  expect(byArea.get(0)).toEqual({
    ...zero,
    recipients: 4,
    attempted: 3,
    taken: 3,
    confirmed: 1,
    reached: 1,
    failed: 1,
    unknown: 1,
    notSent: 1,
  })
  expect(byCarrier.get(NORTH)).toMatchObject({ recipients: 3, taken: 3, confirmed: 1, failed: 1 })
  expect(byCarrier.get(SOUTH)).toMatchObject({ recipients: 2, taken: 0, answered: 1, failed: 1 })
  expect(byCarrier.get(undefined)).toMatchObject({ recipients: 4, failed: 1, notSent: 2 })
  expect(byText.get(0)).toEqual({ recipients: 9, segments: 18 })
})

test('causes are of those who were not reached; why an earlier try failed is none', async () => {
  const { causes } = await count(page(nineWays(), Array<number>(9).fill(0)))
  expect(
    new Set(causes.map(({ state, reason, carrierId }) => [state, reason, carrierId].join())),
  ).toEqual(
    new Set([
      `failed,ESME_RINVDSTADR,${SOUTH}`,
      `failed,UNDELIV 0A1,${NORTH}`,
      'failed,opted_out,',
      `unknown,link_lost,${SOUTH}`,
      'expired,,',
      'cancelled,,',
    ]),
  )
  expect(causes.every(({ recipients }) => recipients === 1)).toBe(true)
})

test('times run from the dispatch, and what never came so far has none', async () => {
  const { times, total } = await count(page(nineWays(), Array<number>(9).fill(0), { 5: 9, 2: 4 }))
  const to = timesTo(times, total.recipients)
  expect(to.submitted).toEqual({ half: null, ninety: null, ninetyNine: null })
  expect(timesTo(times, 3).submitted.ninetyNine).toBeCloseTo(1, 1)
  expect(timesTo(times, 1).delivered.half).toBeCloseTo(3, 1)
  expect(to.answered.half).toBeCloseTo(4, 1)
  expect(to.answered.ninety).toBeCloseTo(9, 0)
  const curve = curveOf(times)
  expect(curve.length).toBeLessThanOrEqual(121)
  expect(curve[0]).toEqual({ seconds: 0, submitted: 0, delivered: 0, answered: 0 })
  expect(curve.at(-1)).toMatchObject({ submitted: 3, delivered: 1, answered: 2 })
  expect(curve.findLast(({ seconds }) => seconds < 3)).toMatchObject({ submitted: 3, delivered: 0 })
})

test('who was sent nothing has no curve', async () => {
  const { times, total } = await count()
  expect(total).toEqual(zero)
  expect(curveOf(times)).toEqual([])
})

const steps = fc.constantFrom(
  'submitted',
  'delivered',
  'failed',
  'refused',
  'unknown',
  'expired',
  'cancelled',
  'retried',
)

test('whatever becomes of people, the four ends add up, in every area and with every carrier', async () => {
  const person = fc.record({
    steps: fc.array(steps, { maxLength: 4 }),
    area: fc.integer({ min: -1, max: 2 }),
    carrier: fc.constantFrom(NORTH, SOUTH),
    answers: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 20 }), async people => {
      let block = new Block(emptyRow(people.length))
      for (const turn of [0, 1, 2, 3]) {
        block = after(turn, block)
        for (const [offset, { steps: taken, carrier }] of people.entries()) {
          takeStep(block, offset, taken[turn], carrier)
        }
      }
      const answered = Object.fromEntries(
        people.flatMap(({ answers }, offset) => (answers ? [[offset, 5]] : [])),
      )
      const outcomes = await count(
        page(
          block,
          people.map(({ area }) => area),
          answered,
        ),
      )
      const { total, byArea, byCarrier } = outcomes
      for (const parts of [byArea, byCarrier]) {
        const all = [...parts.values()]
        for (const one of all) {
          expect(one.reached + one.failed + one.unknown + one.notSent).toBe(one.recipients)
          expect(one.taken).toBeLessThanOrEqual(one.attempted)
          expect(one.confirmed).toBeLessThanOrEqual(one.taken)
        }
        for (const rung of Object.keys(zero) as (keyof typeof zero)[]) {
          expect(all.reduce((sum, one) => sum + one[rung], 0)).toBe(total[rung])
        }
      }
      expect(total.recipients).toBe(people.length)
      expect(total.answered).toBe(people.filter(({ answers }) => answers).length)
    }),
  )
})

function takeStep(block: Block, offset: number, step: string | undefined, carrier: string): void {
  const waits = block.state(offset) === 'queued'
  switch (step) {
    case 'submitted':
      return waits ? block.submitted(offset, carrier) : undefined
    case 'delivered':
      return block.segmentDelivered({ offset, part: 0, parts: 1, tryNo: 0 }, carrier)
    case 'failed':
      return block.segmentFailed({ offset, part: 0, tryNo: 0 }, 'UNDELIV', carrier)
    case 'refused':
      return waits ? block.ended(offset, 'failed', 'ESME_RINVDSTADR', carrier) : undefined
    case 'unknown':
      return waits ? block.ended(offset, 'unknown', 'link_lost', carrier) : undefined
    case 'expired':
    case 'cancelled':
      return waits ? block.ended(offset, step, undefined) : undefined
    case 'retried':
      return waits
        ? block.retried(offset, 'link_lost', { uncertain: true, spendsAttempt: true })
        : undefined
    default:
      return undefined
  }
}
