import { expect, test } from 'vitest'
import { pullsOf, servesClass, type Routed } from '../../src/carriers/routes.ts'
import {
  carries,
  classIn,
  partsOf,
  trafficOf,
  trafficsOf,
  type Traffic,
} from '../../src/carriers/traffic.ts'
import { fc } from '../support/property.ts'

const EXERCISES = ['019ab000-0000-7000-8000-00000000000a', '019ab000-0000-7000-8000-00000000000b']
const prefix = fc.constantFrom('', '+1', '+1512', '+44')
const routes = fc.uniqueArray(
  fc.record({ prefix: fc.constantFrom('+1', '+1512', '+44'), weight: fc.constant(1) }),
  { selector: route => route.prefix, maxLength: 3 },
)
const ordinary = fc.record({
  id: fc.uuid(),
  routes,
  use: fc.constantFrom('live' as const, 'exercise' as const, 'both' as const, undefined),
})
const simulated = fc.record({
  id: fc.uuid(),
  routes: fc.constant([]),
  use: fc.constant('exercise' as const),
  exerciseId: fc.constantFrom(...EXERCISES),
})
const accounts: fc.Arbitrary<Routed[]> = fc.array(fc.oneof(ordinary, simulated), {
  minLength: 1,
  maxLength: 6,
})
const content = fc.oneof(
  fc.constant({ mode: 'live' as const }),
  fc.constant({ mode: 'exercise' as const }),
  fc.record({
    mode: fc.constant('exercise' as const),
    exercise: fc.record({ id: fc.constantFrom(...EXERCISES), simulated: fc.boolean() }),
  }),
)

/** The rule in other words than the gate's, from the account and the content alone. */
function mayCarry(
  { use, exerciseId }: Routed,
  { mode, exercise }: { mode: string; exercise?: { id: string; simulated: boolean } },
): boolean {
  if (exerciseId !== undefined) return exercise?.simulated === true && exercise.id === exerciseId
  if (exercise?.simulated === true) return false
  return use === undefined || use === 'both' || use === mode
}

test('a class is claimed by carriers of its traffic alone, whatever the accounts', () => {
  fc.assert(
    fc.property(accounts, content, prefix, (all, alert, planned) => {
      const routeClass = classIn(trafficOf(alert), planned)
      const well = new Map(all.map(({ id }) => [id, 1]))
      for (const me of all) {
        const mine = trafficsOf(me).flatMap(traffic => pullsOf(me, all, well, traffic))
        const claims = mine.some(pull => pull.routeClass === routeClass)
        if (claims) expect(mayCarry(me, alert)).toBe(true)
        expect(carries(me, trafficOf(alert))).toBe(mayCarry(me, alert))
        if (servesClass(me, routeClass)) expect(mayCarry(me, alert)).toBe(true)
      }
    }),
  )
})

test('whoever carries a traffic and takes the prefix claims its class', () => {
  const well = new Map([['a', 1]])
  const all: Routed = { id: 'a', routes: [{ prefix: '+1', weight: 1 }] }
  const classes = trafficsOf(all).flatMap(traffic =>
    pullsOf(all, [all], well, traffic).map(pull => pull.routeClass),
  )
  expect(classes).toEqual(['+1', 'exercise+1'])
  const phones = { id: 'a', routes: [], exerciseId: EXERCISES[0]! }
  const [pull, ...others] = pullsOf(
    phones,
    [phones, { ...all, id: 'b' }],
    well,
    `simulated:${EXERCISES[0]!}`,
  )
  expect(pull).toMatchObject({ routeClass: `simulated:${EXERCISES[0]}`, share: 1, after: [] })
  expect(others).toEqual([])
})

test('a class says what it is made of', () => {
  const traffics: Traffic[] = ['live', 'exercise', `simulated:${EXERCISES[0]!}`]
  fc.assert(
    fc.property(fc.constantFrom(...traffics), prefix, (traffic, planned) => {
      expect(partsOf(classIn(traffic, planned))).toEqual({ traffic, prefix: planned })
    }),
  )
})
