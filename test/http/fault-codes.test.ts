/** Each fault with its stable code, and the values that belong into its words, wherever forms come from. */
import { expect } from 'vitest'
import { FAULTS, type FaultCode } from '../../src/faults.ts'
import { aFlood } from '../support/corrections.ts'
import { test } from '../support/edge.ts'

interface Told {
  readonly pointer: string
  readonly detail: string
  readonly code?: FaultCode
  readonly values?: Readonly<Record<string, string | number>>
}

const at = (errors: readonly Told[], pointer: string) =>
  errors.find(error => error.pointer === pointer)

test('what the schema refuses has a code, and the schema’s own words', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const refused = async (path: string, json: object): Promise<Told[]> => {
    const { status, body } = await administrator.call('POST', path, { json })
    expect(status).toBe(400)
    return body.errors
  }
  const contact = await refused('/v1/contacts', {
    name: '',
    groups: 'none',
    tel: '1',
    locations: [{ longitude: 'x', latitude: 1, hours: [{ days: [], from: '25:00', to: '24:00' }] }],
  })
  expect(at(contact, '/phone')?.code).toBe('required')
  expect(at(contact, '/name')).toMatchObject({ code: 'blank' })
  expect(at(contact, '/groups')?.code).toBe('wrong_type')
  expect(at(contact, '/tel')?.code).toBe('unknown_field')
  expect(at(contact, '/locations/0/hours/0/days')).toMatchObject({
    code: 'too_few',
    values: { least: 1 },
  })
  expect(at(contact, '/locations/0/hours/0/from')).toMatchObject({
    code: 'not_start_hour',
    detail: FAULTS.not_start_hour,
  })
  const group = await refused('/v1/groups', { name: 'a;b', rule: {} })
  expect(at(group, '/name')?.code).toBe('semicolon')
  expect(at(group, '/rule')?.code).toBe('empty_rule')
  const operator = await refused('/v1/operators', { email: 'x', name: 'A\u0007', roles: ['king'] })
  expect(at(operator, '/name')?.code).toBe('not_one_line')
  expect(at(operator, '/roles/0')).toMatchObject({ code: 'not_one_of' })
  expect(at(operator, '/roles/0')?.values?.['values']).toContain('approver')
})

test('what is refused by its meaning has a code with its values, all at once', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const refused = async (path: string, json: object): Promise<Told[]> => {
    const { status, body } = await administrator.call('POST', path, { json })
    expect(status).toBe(422)
    return body.errors
  }
  const contact = await refused('/v1/contacts', {
    phone: '911',
    email: 'nobody',
    language: 'x y',
    locations: [{ longitude: 29, latitude: -95 }],
    groups: ['Nowhere'],
  })
  expect(contact.map(({ code }) => code)).toEqual([
    'phone_emergency',
    'not_mail_address',
    'not_language',
    'swapped',
    'no_listed_group',
  ])
  const carrier = await refused('/v1/carriers', {
    name: 'North',
    protocol: 'smpp',
    segmentsPerSecond: 1,
    window: 1,
    binds: 1,
    sourceAddress: '72345',
  })
  expect(carrier).toMatchObject([
    { pointer: '/smpp', code: 'protocol_required', values: { protocol: 'smpp' } },
  ])
  const operator = await refused('/v1/operators', {
    email: 'new@county.example',
    name: 'New',
    roles: ['viewer'],
    password: 'short',
  })
  expect(operator).toMatchObject([{ pointer: '/password', code: 'password_too_short' }])
  expect(operator[0]?.detail).toContain(`at least ${operator[0]?.values?.['least']} characters`)
})

test('a draft tells each of its faults and warnings by code, and the whole refusal under one of its own', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const { info, ...flood } = aFlood()
  const broken = {
    ...flood,
    info: info.map(block => ({ ...block, expires: '2001-01-01T00:00:00Z', sms: 'x'.repeat(2000) })),
  }
  const { status, body } = await author.call('POST', '/v1/alerts', { json: broken })
  expect(status).toBe(422)
  expect(body.code).toBe('invalid_alert')
  const long = at(body.errors, '/info/0/sms')
  expect(at(body.errors, '/info/0/expires')?.code).toBe('in_the_past')
  expect(long).toMatchObject({ code: 'too_many_segments', values: { alphabet: 'GSM7' } })
  // The code of the problem stays with the problem.
  expect(Object.keys(long!).toSorted()).toEqual(['code', 'detail', 'pointer', 'values'])

  const { corrections: _none, ...unprepared } = flood
  const made = await author.call('POST', '/v1/alerts', { json: { ...unprepared, info } })
  expect(made.status).toBe(201)
  expect(made.body.warnings).toContainEqual({
    pointer: '/corrections/cancel',
    detail: FAULTS.not_prepared,
    code: 'not_prepared',
  })
})

test('a row of a file that was turned down has its code, for whoever asks for it', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const { body } = await administrator.call('POST', '/v1/contacts/import', {
    text: 'phone,longitude,latitude\n911,,\n+15550100041,-195,29\n+15550100042\n',
    headers: { 'Content-Type': 'text/csv' },
  })
  const rejects = `/v1/imports/${body.id}/rejects`
  const told = await administrator.call('GET', rejects, {
    headers: { Accept: 'application/x-ndjson' },
  })
  const lines: string[] = told.body.split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map(line => JSON.parse(line))).toEqual([
    {
      line: 2,
      column: 'phone',
      detail: 'is an emergency number',
      value: '911',
      code: 'phone_emergency',
    },
    {
      line: 3,
      column: 'longitude',
      detail: 'is outside -180 to 180',
      value: '-195',
      code: 'outside_degrees',
      values: { limit: 180 },
    },
    {
      line: 4,
      column: '',
      detail: 'has 1 values where the header has 3',
      value: '+15550100042',
      code: 'csv_values',
      values: { values: 1, columns: 3 },
    },
  ])
  const plain = await administrator.call('GET', rejects)
  expect(plain.body.split('\r\n').slice(0, 3)).toEqual([
    'line,column,reason,value',
    '2,phone,is an emergency number,911',
    `3,longitude,is outside -180 to 180,'-195`,
  ])
  const neither = await administrator.call('GET', rejects, { headers: { Accept: 'image/png' } })
  expect(neither).toMatchObject({ status: 406, body: { code: 'not_acceptable' } })
  const header = await administrator.call('POST', '/v1/contacts/import', {
    text: 'Telefon,longitude\n',
    headers: { 'Content-Type': 'text/csv' },
  })
  expect(header.body.errors).toMatchObject([
    { pointer: '', code: 'csv_unknown_column', values: { name: '"Telefon"' } },
    { pointer: '', code: 'csv_column_missing', values: { name: 'phone' } },
    { pointer: '', code: 'csv_half_position' },
  ])
})
