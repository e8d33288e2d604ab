import { expect, test } from 'vitest'
import { pullsOf, routePrefixes, type Route, type Routed } from '../../src/carriers/routes.ts'
import { fc } from '../support/property.ts'

const account = (id: string, ...routes: (Partial<Route> & { prefix: string })[]): Routed => ({
  id,
  routes: routes.map(route => ({ weight: 1, ...route })),
})
const well = (...ids: string[]) => new Map(ids.map(id => [id, 1]))

/** How `id` takes part in a class. */
function pull(
  accounts: readonly Routed[],
  id: string,
  routeClass: string,
  health = allWell(accounts),
) {
  const me = accounts.find(one => one.id === id)!
  return pullsOf(me, accounts, health).find(one => one.routeClass === routeClass)
}
const allWell = (accounts: readonly Routed[]) => well(...accounts.map(({ id }) => id))

test('numbers fall into the longest prefix that anyone names, or into the rest', () => {
  expect(
    routePrefixes([account('a', { prefix: '+1' }, { prefix: '+1555' }), account('b')]),
  ).toEqual(['+1555', '+1', ''])
})

test('carriers that name the same prefix share it', () => {
  const accounts = [account('a', { prefix: '+1' }), account('b', { prefix: '+1' })]
  for (const id of ['a', 'b']) {
    expect(pull(accounts, id, '+1')).toMatchObject({ after: [], share: 1, waitSeconds: 0 })
    expect(pull(accounts, id, '')).toBeUndefined()
  }
})

test('the longest prefix goes first, whatever the preference; one that names none takes the rest', () => {
  const accounts = [
    account('county', { prefix: '+1555', preference: 9 }),
    account('country', { prefix: '+1' }),
    account('world'),
  ]
  expect(pull(accounts, 'county', '+1555')).toMatchObject({ after: [] })
  expect(pull(accounts, 'country', '+1555')).toMatchObject({ after: ['county'] })
  expect(pull(accounts, 'world', '+1555')).toMatchObject({ after: ['county', 'country'] })
  expect(pull(accounts, 'country', '+1')).toMatchObject({ after: [] })
  expect(pull(accounts, 'county', '+1')).toBeUndefined()
  expect(pull(accounts, 'world', '')).toMatchObject({ after: [] })
})

test('of equal prefixes the lower preference goes first, and the next one takes over where that is not well', () => {
  const accounts = [
    account('first', { prefix: '+1' }),
    account('second', { prefix: '+1', preference: 1 }),
    account('third', { prefix: '+1', preference: 2 }),
  ]
  expect(pull(accounts, 'third', '+1')).toMatchObject({ after: ['first', 'second'] })
  expect(pull(accounts, 'second', '+1', well('second', 'third'))).toMatchObject({ after: [] })
  expect(pull(accounts, 'third', '+1', well('second', 'third'))).toMatchObject({
    after: ['second'],
  })
})

test('`+` is every number, as no route at all', () => {
  const accounts = [account('plus', { prefix: '+' }), account('none')]
  expect(pull(accounts, 'none', '+')).toMatchObject({ after: [], share: 1 })
  expect(pull(accounts, 'plus', '+')).toMatchObject({ after: [], share: 1 })
})

test('of unequal weights each takes its part of what the heaviest does', () => {
  const accounts = [
    account('a', { prefix: '+1', weight: 3 }),
    account('b', { prefix: '+1' }),
    account('c', { prefix: '+1', weight: 100, preference: 1 }),
  ]
  expect(pull(accounts, 'a', '+1')).toMatchObject({ share: 1 })
  expect(pull(accounts, 'b', '+1')?.share).toBeCloseTo(1 / 3)
  // Alone it has no part to leave to anyone.
  expect(pull(accounts, 'b', '+1', well('b', 'c'))).toMatchObject({ share: 1 })
})

test('a dearer one leaves a second’s start to the cheaper of its equals', () => {
  const accounts = [
    account('dear', { prefix: '+1', cost: 0.05 }),
    account('cheap', { prefix: '+1', cost: 0.01 }),
    account('cheapest', { prefix: '+1', cost: 0, preference: 1 }),
  ]
  expect(pull(accounts, 'dear', '+1')).toMatchObject({ waitSeconds: 1, share: 1 })
  expect(pull(accounts, 'cheap', '+1')).toMatchObject({ waitSeconds: 0, share: 1 })
  expect(pull(accounts, 'dear', '+1', well('dear', 'cheapest'))).toMatchObject({ waitSeconds: 0 })
})

test('one that is left alone takes nothing where another is well, and all where none is', () => {
  const accounts = [
    account('a', { prefix: '+1' }, { prefix: '+44' }),
    account('b', { prefix: '+1' }),
  ]
  const health = new Map([
    ['a', 0],
    ['b', 1],
  ])
  expect(pull(accounts, 'a', '+1', health)).toMatchObject({ share: 0, isAlone: false })
  expect(pull(accounts, 'a', '+44', health)).toMatchObject({ share: 1, isAlone: true })
  expect(pull(accounts, 'b', '+1', health)).toMatchObject({ share: 1, after: [] })
  expect(pull(accounts, 'a', '+1', health.set('a', 1 / 64))).toMatchObject({ share: 1 })
  expect(pull(accounts, 'a', '+1', new Map([['a', 0]]))).toMatchObject({ share: 1 })
})

test('a class that anyone serves is never left by all', () => {
  const route = fc.record({
    prefix: fc.constantFrom('+', '+1', '+15', '+44'),
    weight: fc.constantFrom(0.5, 1, 7),
    preference: fc.option(fc.nat(2), { nil: undefined }),
    cost: fc.option(fc.nat(2), { nil: undefined }),
  })
  const accounts = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      routes: fc.uniqueArray(route, { maxLength: 3, selector: one => one.prefix }),
    }),
    { selector: one => one.id, minLength: 1 },
  )
  fc.assert(
    fc.property(accounts, fc.array(fc.constantFrom(0, 1 / 64, 1)), (all, shares) => {
      const health = new Map(all.map(({ id }, i) => [id, shares[i] ?? 1]))
      const pulls = all.flatMap(me => pullsOf(me, all, health))
      for (const routeClass of new Set(pulls.map(one => one.routeClass))) {
        const mine = pulls.filter(one => one.routeClass === routeClass)
        const first = mine.filter(({ after }) => after.length === 0)
        expect(first.some(({ share }) => share === 1)).toBe(true)
        expect(first.some(({ waitSeconds, share }) => waitSeconds === 0 && share > 0)).toBe(true)
      }
    }),
  )
})
