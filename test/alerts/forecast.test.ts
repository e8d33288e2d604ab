import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forecastSending } from '../../src/alerts/forecast.ts'

const carrier = (id: string, rate: number, ...classes: string[]) => ({
  id,
  rate,
  serves: (routeClass: string) => classes.includes(routeClass),
})
const demand = (routeClass: string, recipients: number, segments = recipients) => ({
  routeClass,
  recipients,
  segments,
})
const forecast = (...given: Parameters<typeof forecastSending>) => {
  const { recipients, ...rest } = forecastSending(...given)
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

test('everybody served is forecast once, and no carrier beyond its rate', () => {
  const classes = ['', '+1', '+44', '+49']
  const carriers = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      rate: fc.integer({ min: 1, max: 1000 }),
      classes: fc.subarray(classes),
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
      const accounts = drawn.map(({ id, rate, classes: own }) => carrier(id, rate, ...own))
      const result = forecastSending(
        accounts,
        wanted.map(({ routeClass, recipients }) => demand(routeClass, recipients)),
      )
      const total = wanted.reduce((sum, one) => sum + one.recipients, 0)
      const placed = [...result.recipients.values()].reduce((sum, one) => sum + one, 0)
      expect(placed + result.unserved).toBe(total)
      for (const { id, rate } of accounts) {
        // A recipient more by rounding.
        expect(result.recipients.get(id)).toBeLessThanOrEqual(rate * result.seconds + 1)
      }
    }),
  )
})
