import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { Block } from '../../src/store/block.ts'
import { NO_CARRIER } from '../../src/store/progress.ts'
import { fc } from '../support/property.ts'

const carriers = [randomUUID(), randomUUID()] as const
const SIZE = 5
const plannedAt = Date.parse('2026-11-23T04:00:00Z')

const aBlock = (segments: number, row: Partial<ConstructorParameters<typeof Block>[0]> = {}) =>
  new Block({
    alertId: randomUUID(),
    blockNo: 1,
    size: SIZE,
    segments,
    plannedAt,
    now: plannedAt + 1_500,
    records: new Uint8Array(),
    extras: new Uint8Array(),
    parts: null,
    olderParts: null,
    carriers: [],
    reasons: [],
    ...row,
  })

/** The block as it is read again after it was written. */
const readAgain = (block: Block) =>
  aBlock(block.segments, {
    records: block.records,
    extras: block.extras ?? new Uint8Array(),
    parts: block.parts ?? null,
    olderParts: block.olderParts ?? null,
    carriers: block.carriers,
    reasons: block.reasons,
  })

const offset = fc.integer({ min: 0, max: SIZE - 1 })
const carrier = fc.constantFrom(...carriers)
const reason = fc.constantFrom('ESME_RSYSERR', 'UNDELIV 001', 'link_lost')
const segment = fc.record({
  offset,
  part: fc.integer({ min: 0, max: 2 }),
  tryNo: fc.integer({ min: 0, max: 3 }),
})
type Act = (block: Block) => void
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(offset, carrier).map(([at, by]): Act => block => {
    if (block.state(at) === 'queued') block.submitted(at, by)
  }),
  fc
    .tuple(
      offset,
      fc.constantFrom('failed', 'unknown', 'expired', 'cancelled'),
      reason,
      fc.option(carrier),
    )
    .map(([at, state, why, by]): Act => block => {
      if (block.state(at) === 'queued') block.ended(at, state, why, by ?? undefined)
    }),
  fc
    .tuple(offset, reason, fc.boolean(), fc.boolean())
    .map(([at, why, uncertain, spendsAttempt]): Act => block => {
      if (block.state(at) === 'queued') block.retried(at, why, { uncertain, spendsAttempt })
    }),
  offset.map(
    (at): Act =>
      block =>
        block.suspect(at),
  ),
  offset.map((at): Act => block => {
    if (['failed', 'cancelled'].includes(block.state(at))) block.requeued(at, 9)
  }),
  offset.map(
    (at): Act =>
      block =>
        void block.nextTry(at),
  ),
  fc.tuple(segment, carrier).map(
    ([of, by]): Act =>
      block =>
        block.segmentDelivered(of, by),
  ),
  fc.tuple(segment, reason, carrier).map(
    ([of, why, by]): Act =>
      block =>
        block.segmentFailed(of, why, by),
  ),
)

function recount(block: Block): Record<string, number> {
  const counts: Record<string, number> = {}
  const add = (what: string) => (counts[what] = (counts[what] ?? 0) + 1)
  for (let at = 0; at < SIZE; at++) {
    const state = block.state(at)
    if (state !== 'queued') add(`${block.carrier(at) ?? NO_CARRIER} ${state}`)
    if (block.isPossibleDuplicate(at)) add(`${NO_CARRIER} possibleDuplicates`)
  }
  return counts
}

function counted(block: Block): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [carrierId, delta] of block.progress) {
    for (const [what, by] of Object.entries(delta)) {
      if (what !== 'segments' && by !== 0) counts[`${carrierId} ${what}`] = by
    }
  }
  return counts
}

test('whatever happens in whatever order, the counters move by just what the records say', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(act, { maxLength: 60 }),
      (segments, acts) => {
        const block = aBlock(segments)
        for (const one of acts) one(block)
        expect(counted(block)).toEqual(recount(block))
      },
    ),
    { numRuns: 500 },
  )
})

test('a block that is written and read again is the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(act, { maxLength: 60 }),
      (segments, acts) => {
        const whole = aBlock(segments)
        let pieces = aBlock(segments)
        for (const one of acts) {
          one(whole)
          one(pieces)
          pieces = readAgain(pieces)
        }
        const said = (block: Block) =>
          Array.from({ length: SIZE }, (_, at) => [
            block.state(at),
            block.attempts(at),
            block.carrier(at),
            block.reason(at),
            block.submittedAt(at),
            block.finalAt(at),
            block.isPossibleDuplicate(at),
            block.deliveredSegments(at),
          ])
        expect(said(pieces)).toEqual(said(whole))
      },
    ),
    { numRuns: 200 },
  )
})

test('a delivery never moves down: unknown < failed < delivered', () => {
  const rank = { unknown: 0, failed: 1, delivered: 2 } as Record<string, number>
  fc.assert(
    fc.property(
      fc.constantFrom('unknown', 'failed', 'delivered'),
      fc.array(fc.tuple(fc.boolean(), segment, carrier)),
      (start, receipts) => {
        const block = aBlock(1)
        if (start === 'delivered') {
          block.submitted(0, carriers[0])
          block.segmentDelivered({ offset: 0, part: 0, tryNo: 0 }, carriers[0])
        } else block.ended(0, start, 'link_lost', carriers[0])
        let before = rank[start]!
        for (const [delivered, of, by] of receipts) {
          const here = { ...of, offset: 0, part: 0 }
          if (delivered) block.segmentDelivered(here, by)
          else block.segmentFailed(here, 'UNDELIV 001', by)
          const now = rank[block.state(0)]!
          expect(now).toBeGreaterThanOrEqual(before)
          before = now
        }
      },
    ),
  )
})

test('times are those of the transaction, to the millisecond', () => {
  const block = aBlock(1)
  block.submitted(3, carriers[0])
  expect(block.submittedAt(3)).toEqual(new Date(plannedAt + 1_500))
  expect(block.finalAt(3)).toBeUndefined()
  expect(block.submittedAt(2)).toBeUndefined()
})
