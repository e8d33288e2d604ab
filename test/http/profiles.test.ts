import { expect, vi } from 'vitest'
import { anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

test('an alert is judged by each profile before anybody signs, and policy can hold a submit to one', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert())
  const { status, body } = await author.call('GET', `/v1/alerts/${id}/profiles`)
  expect(status).toBe(200)
  expect(body.profiles.map((profile: { id: string }) => profile.id)).toEqual([
    'ipaws',
    'cap-cp',
    'meteoalarm',
  ])
  expect(body.profiles[0].faults).toEqual([
    {
      pointer: '/code',
      detail: 'must include IPAWSv1.0',
      code: 'ipaws_code',
      values: { name: 'IPAWSv1.0' },
    },
    {
      pointer: '/info/0/eventCode',
      detail: 'must have exactly one SAME code of three letters',
      code: 'one_same_code',
    },
  ])
  // Nobody is held to a profile that policy doesn't name.
  expect((await author.submit(id)).status).toBe(200)
  await author.call('POST', `/v1/alerts/${id}/withdraw`, { json: {} })

  const json = { policy: { profiles: ['ipaws'] } }
  expect((await administrator.call('PATCH', '/v1/organisation', { json })).status).toBe(200)
  const refused = await author.submit(id)
  expect([refused.status, refused.body.code]).toEqual([422, 'invalid_alert'])
  expect(refused.body.errors).toEqual([
    {
      pointer: '/code',
      detail: 'ipaws: must include IPAWSv1.0',
      code: 'ipaws_code',
      values: { name: 'IPAWSv1.0' },
      profile: 'ipaws',
    },
    {
      pointer: '/info/0/eventCode',
      detail: 'ipaws: must have exactly one SAME code of three letters',
      code: 'one_same_code',
      profile: 'ipaws',
    },
  ])
  const { info } = anAlert({ info: { eventCode: [{ valueName: 'SAME', value: 'FFW' }] } })
  await author.call('PATCH', `/v1/alerts/${id}`, { json: { code: ['IPAWSv1.0'], info } })
  expect((await author.submit(id)).status).toBe(200)
  const signed = await author.call('GET', `/v1/alerts/${id}/profiles`)
  expect(signed.body.profiles[0].faults).toEqual([])
  await administrator.call('PATCH', '/v1/organisation', { json: { policy: { profiles: [] } } })
})
