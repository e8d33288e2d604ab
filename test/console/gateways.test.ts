import { expect } from 'vitest'
import { GATEWAY_PRESETS, type GatewayPresetName } from '../../src/carriers/http/presets.ts'
import {
  type CarrierDraft,
  FRESH,
  newBodyOf,
} from '../../src/console/screens/settings/carriers/draft.ts'
import { GATEWAYS } from '../../src/console/screens/settings/carriers/gateways.ts'
import { test } from '../support/edge.ts'

const PRESETS = Object.keys(GATEWAY_PRESETS) as GatewayPresetName[]

/** What an administrator has filled in: the name, the address where one is asked for, and each secret. */
function filledIn(preset: GatewayPresetName, name: string): CarrierDraft {
  const { secrets, ...gateway } = GATEWAYS[preset]
  const given = Object.fromEntries(secrets.map(one => [one, `the ${one}`]))
  const url = 'address' in gateway ? gateway.address.replace('…', 'account1') : ''
  return {
    ...FRESH,
    name,
    protocol: 'http',
    sourceAddress: '+15550009999',
    http: { ...FRESH.http, preset, url, given },
  }
}

test('the console offers every gateway that the API describes', () => {
  expect(Object.keys(GATEWAYS).toSorted()).toEqual(PRESETS.toSorted())
})

test.for(PRESETS)(
  '%s is set up by what its form asks for, and by no less',
  async (preset, { edge }) => {
    const administrator = await edge.caller({ roles: ['administrator'] })
    const create = (draft: CarrierDraft) =>
      administrator.call('POST', '/v1/carriers', { json: newBodyOf(draft) })
    const draft = filledIn(preset, preset)
    for (const name of Object.keys(draft.http.given)) {
      const given = { ...draft.http.given, [name]: null }
      const { status, body } = await create({ ...draft, http: { ...draft.http, given } })
      expect({ name, status, code: body.code }).toMatchObject({ name, status: 422 })
    }
    const { status, body } = await create(draft)
    expect(status, JSON.stringify(body)).toBe(201)
    expect(body.http.answer).toEqual(expect.objectContaining({ id: expect.any(String) }))
  },
)

test('a description of one’s own is sent whole, without a word of presets', () => {
  const { http } = newBodyOf({ ...FRESH, protocol: 'http' }) as { http?: object }
  expect(http).toHaveProperty('body')
  expect(http).not.toHaveProperty('preset')
  expect(http).not.toHaveProperty('given')
})
