import { expect } from 'vitest'
import { test } from '../support/edge.ts'

test('an administrator edits the organisation; what is left out stays', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const before = await administrator.call('GET', '/v1/organisation')
  expect(before.body).toMatchObject({
    name: 'Tocsin',
    country: 'US',
    languages: ['en-US'],
    sender: 'tocsin@tocsin.test',
    policy: { secondPerson: 'actual', emergencySeverities: ['Extreme', 'Severe'] },
  })

  const json = { languages: ['en-US', 'es-US'], policy: { secondPerson: 'all' } }
  const headers = { 'If-Match': before.headers.get('ETag') ?? '' }
  const after = await administrator.call('PATCH', '/v1/organisation', { json, headers })

  expect(after.body).toEqual({
    ...before.body,
    languages: ['en-US', 'es-US'],
    policy: { ...before.body.policy, secondPerson: 'all' },
    revision: 2,
  })
  expect((await administrator.call('PATCH', '/v1/organisation', { json, headers })).status).toBe(
    412,
  )
})

test('what is no time zone, country, sender or language is refused, each by its name', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const json = {
    timeZone: 'Mars/Olympus',
    country: 'usa',
    sender: 'a b',
    languages: ['not a language'],
    policy: { secondPerson: 'maybe', unknown: 1 },
    retention: { deliveriesDays: 0 },
  }
  const answer = await administrator.call('PATCH', '/v1/organisation', { json })
  expect(answer.status).toBe(400)
  expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
    '/country',
    '/languages/0',
    '/policy/secondPerson',
    '/policy/unknown',
    '/retention/deliveriesDays',
    '/sender',
    '/timeZone',
  ])
})
