import { expect, test } from 'vitest'
import {
  type ForecastCarrier,
  type ForecastDemand,
  forecastSending,
} from '../../src/alerts/forecast.ts'
import { fc } from '../support/property.ts'

const START = 60

const carrier = (id: string, rate: number, ...classes: string[]): ForecastCarrier => ({
  id,
  rate,
  pull: routeClass => (classes.includes(routeClass) ? { isFirst: true, share: 1 } : undefined),
})
/** It stands behind others. */
const spare = (id: string, rate: number, ...classes: string[]): ForecastCarrier => ({
  id,
  rate,
  pull: routeClass => (classes.includes(routeClass) ? { isFirst: false, share: 1 } : undefined),
})
const demand = (routeClass: string, recipients: number, segments = recipients) => ({
  routeClass,
  recipients,
  segments,
})
const forecast = (carriers: readonly ForecastCarrier[], demands: readonly ForecastDemand[]) => {
  const { recipients, segments: _byClass, ...rest } = forecastSending(carriers, demands, START)
  return { ...rest, recipients: Object.fromEntries(recipients) }
}

test('carriers that take everything finish together, each by its rate', () => {
  const carriers = [carrier('a', 3000, ''), carrier('b', 1500, ''), carrier('c', 500, '')]
  expect(forecast(carriers, [demand('', 50_000, 100_000)])).toEqual({
    recipients: { a: 30_000, b: 15_000, c: 5_000 },
    unserved: 0,
    seconds: 20,
  })
})

test('what one carrier alone may take is the bottleneck; the others take the rest', () => {
  const carriers = [carrier('slow', 10, '+44', '+1'), carrier('fast', 100, '+1')]
  expect(forecast(carriers, [demand('+44', 100), demand('+1', 100)])).toEqual({
    recipients: { slow: 100, fast: 100 },
    unserved: 0,
    seconds: 10,
  })
})

test('a carrier with little of its own helps with what all may take', () => {
  const carriers = [carrier('a', 10, '+44', '+1'), carrier('b', 10, '+1')]
  expect(forecast(carriers, [demand('+44', 20), demand('+1', 180)])).toEqual({
    recipients: { a: 100, b: 100 },
    unserved: 0,
    seconds: 10,
  })
})

test('whom no carrier takes is told, and holds nobody up', () => {
  expect(forecast([carrier('a', 10, '+1')], [demand('+1', 10), demand('+999', 7)])).toEqual({
    recipients: { a: 10 },
    unserved: 7,
    seconds: 1,
  })
  expect(forecast([], [demand('', 3)])).toEqual({ recipients: {}, unserved: 3, seconds: 0 })
  expect(forecast([carrier('a', 10, '')], [])).toEqual({
    recipients: { a: 0 },
    unserved: 0,
    seconds: 0,
  })
})

test('one that stands behind another takes nothing of what that one sends in a minute', () => {
  const carriers = [carrier('first', 100, '+1'), spare('second', 300, '+1')]
  expect(forecast(carriers, [demand('+1', 6_000)])).toEqual({
    recipients: { first: 6_000, second: 0 },
    unserved: 0,
    seconds: 60,
  })
  // After that it helps: 4,000 more at 400 a second.
  expect(forecast(carriers, [demand('+1', 10_000)])).toEqual({
    recipients: { first: 7_000, second: 3_000 },
    unserved: 0,
    seconds: 70,
  })
})

test('help comes from those who are not busy with what is their own', () => {
  const carriers = [
    carrier('first', 100, '+1'),
    { ...carrier('other', 100), pull: pullOfOther },
  ] as const
  expect(forecast(carriers, [demand('+1', 12_000), demand('+44', 12_000)])).toEqual({
    recipients: { first: 12_000, other: 12_000 },
    unserved: 0,
    seconds: 120,
  })
})

const pullOfOther = (routeClass: string) => ({ isFirst: routeClass === '+44', share: 1 })

test('by its weight a carrier gives but a part of its rate', () => {
  const light = { id: 'light', rate: 100, pull: () => ({ isFirst: true, share: 0.5 }) }
  expect(forecast([carrier('heavy', 100, ''), light], [demand('', 1_500)])).toEqual({
    recipients: { heavy: 1_000, light: 500 },
    unserved: 0,
    seconds: 10,
  })
})

test('what is paid for is what each sends of each class', () => {
  const bill = (carriers: readonly ForecastCarrier[], demands: readonly ForecastDemand[]) => {
    const { segments } = forecastSending(carriers, demands, START)
    return Object.fromEntries(
      [...segments].map(([id, classes]) => [id, Object.fromEntries(classes)]),
    )
  }
  const alone = [carrier('slow', 10, '+44', '+1'), carrier('fast', 100, '+1')]
  expect(bill(alone, [demand('+44', 100, 200), demand('+1', 100)])).toEqual({
    slow: { '+44': 200 },
    fast: { '+1': 100 },
  })
  // After a minute the second takes three of four.
  const carriers = [carrier('first', 100, '+1'), spare('second', 300, '+1')]
  expect(bill(carriers, [demand('+1', 10_000)])).toEqual({
    first: { '+1': 7_000 },
    second: { '+1': 3_000 },
  })
})

test('everybody served is forecast once, and no carrier beyond its rate', () => {
  const classes = ['', '+1', '+44', '+49']
  const carriers = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      rate: fc.integer({ min: 1, max: 1000 }),
      classes: fc.subarray(classes),
      isFirst: fc.boolean(),
    }),
    { selector: one => one.id },
  )
  const demands = fc.uniqueArray(
    fc.record({
      routeClass: fc.constantFrom(...classes),
      recipients: fc.integer({ min: 0, max: 10_000 }),
    }),
    { selector: one => one.routeClass },
  )
  fc.assert(
    fc.property(carriers, demands, (drawn, wanted) => {
      // Somebody stands first for each class: of those that would not, all.
      const accounts = drawn.map(({ id, rate, classes: own, isFirst }) => ({
        id,
        rate,
        pull: (routeClass: string) => {
          if (!own.includes(routeClass)) return undefined
          const hasFirst = drawn.some(one => one.isFirst && one.classes.includes(routeClass))
          return { isFirst: isFirst || !hasFirst, share: 1 }
        },
      }))
      const result = forecastSending(
        accounts,
        wanted.map(({ routeClass, recipients }) => demand(routeClass, recipients)),
        START,
      )
      const total = wanted.reduce((sum, one) => sum + one.recipients, 0)
      const placed = [...result.recipients.values()].reduce((sum, one) => sum + one, 0)
      expect(placed + result.unserved).toBe(total)
      const billed = [...result.segments.values()].flatMap(one => [...one.values()])
      expect(billed.reduce((sum, one) => sum + one, 0)).toBeCloseTo(placed, 3)
      for (const { id, rate } of accounts) {
        // By rounding, a recipient more for each class and bottleneck.
        expect(result.recipients.get(id)).toBeLessThanOrEqual(rate * result.seconds + 8)
      }
    }),
  )
})
