import { sql } from 'drizzle-orm'
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

test('answers to HELP, STOP and START are given by language, and the audit trail tells both', async ({
  db,
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const patch = (json: object) => administrator.call('PATCH', '/v1/organisation', { json })
  const { policy: before } = (await administrator.call('GET', '/v1/organisation')).body
  expect(before).toMatchObject({ helpTexts: {}, optOutTexts: {}, optInTexts: {} })
  const helpTexts = { 'es-US': 'Alertas de emergencia. En peligro llame al 911.', zh: '紧急警报' }
  expect((await patch({ policy: { helpTexts, optOutTexts: { fr: 'C’est fait' } } })).status).toBe(
    200,
  )
  expect((await patch({ policy: { optOutTexts: {} } })).body.policy).toEqual({
    ...before,
    helpTexts,
  })
  const trail = await db.execute<{ detail: { policy: Record<string, { helpTexts: object }> } }>(sql`
    select detail from audit where action = 'organisation.changed' order by seq desc limit 2
  `)
  expect(trail[1]?.detail.policy).toMatchObject({ before: { helpTexts: {} }, after: { helpTexts } })
})

test('an answer that can not be sent, says nothing or is a keyword is refused, each by its place', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const patch = (policy: object) =>
    administrator.call('PATCH', '/v1/organisation', { json: { policy } })
  const { body: before } = await administrator.call('GET', '/v1/organisation')
  const refused = await patch({
    helpTexts: {
      fr: 'AIDE',
      es: `¿${'¡Ayuda á! '.repeat(21)}`,
      // Three segments: not one too many.
      en: 'H'.repeat(320),
      zh: '助'.repeat(201),
    },
    optOutTexts: { fr: '...', 'fr-CA': 'Plus de messages', 'fr-ca': 'Fini' },
    optInTexts: { en: ' Yes! ' },
  })
  expect(refused).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_organisation',
      errors: [
        { pointer: '/policy/helpTexts/fr', detail: 'is a keyword itself' },
        {
          pointer: '/policy/helpTexts/es',
          detail: 'takes 4 segments in UCS2, at most 3 are sent: GSM-7 lacks á',
        },
        { pointer: '/policy/optOutTexts/fr', detail: 'says nothing' },
        { pointer: '/policy/optOutTexts/fr-ca', detail: 'is there in another spelling' },
        { pointer: '/policy/optInTexts/en', detail: 'is a keyword itself' },
      ],
    },
  })
  const misfit = await patch({
    helpTexts: { 'not a tag': 'Help' },
    optOutTexts: { en: '' },
    optInTexts: { en: 'x'.repeat(321) },
  })
  expect(misfit.status).toBe(400)
  expect(misfit.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
    '/policy/helpTexts/not a tag',
    '/policy/optInTexts/en',
    '/policy/optOutTexts/en',
  ])
  expect((await administrator.call('GET', '/v1/organisation')).body).toEqual(before)
})
