import { expect } from 'vitest'
import { test } from '../support/edge.ts'

const texts = [
  {
    language: 'en-US',
    sms: 'FLOOD at Elm Creek until 6 pm – leave now. Reply YES if you are safe.',
  },
]

test('texts are looked at for whoever writes or approves them, and nothing is stored', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const { status, body } = await author.call('POST', '/v1/texts/lint', {
    json: { texts, places: ['Elm Creek'] },
  })
  expect(status).toBe(200)
  expect(body.texts).toMatchObject([
    {
      language: 'en-US',
      alphabet: 'UCS2',
      segments: 1,
      forcedBy: [{ character: '–', replacement: '-' }],
      asGsm7: { segments: 1 },
      findings: [
        { code: 'forces_ucs2' },
        // By the organisation's name, which nobody gave.
        { code: 'no_sender' },
        { code: 'carrier_keyword' },
      ],
    },
  ])
  const given = await author.call('POST', '/v1/texts/lint', {
    json: { texts: [{ language: 'en', sms: 'Elm Fire: leave now.' }], senders: ['Elm Fire'] },
  })
  expect(given.body.texts[0].findings).toEqual([])
})

test('who only looks on lints nothing, and what fits no schema is refused at its place', async ({
  edge,
}) => {
  const viewer = await edge.caller({ roles: ['viewer'] })
  expect((await viewer.call('POST', '/v1/texts/lint', { json: { texts } })).status).toBe(403)
  const approver = await edge.caller({ roles: ['approver'] })
  const { status, body } = await approver.call('POST', '/v1/texts/lint', { json: { texts: [] } })
  expect([status, body.errors[0].pointer]).toEqual([400, '/texts'])
})
