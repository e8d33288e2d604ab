import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { getImport, startImport, type ImportOptions } from '../../src/audience/import.ts'
import { countAudience } from '../../src/audience/count.ts'
import { estimateAudience } from '../../src/audience/estimate.ts'
import { resolveAudience } from '../../src/audience/resolve.ts'
import { insertContact, setLocations } from '../../src/store/contacts.ts'
import type { Database, OpenDatabase } from '../../src/store/database.ts'
import { insertGroup } from '../../src/store/groups.ts'
import { readRejects } from '../../src/store/imports.ts'
import { test as databaseTest } from '../support/database.ts'

const test = databaseTest.extend<{ people: Database }>({
  people: async ({ db }, use) => {
    await db.execute(sql`truncate contacts, groups, opt_outs, imports cascade`)
    await use(db)
  },
})

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part
}

/** Imports a file to its end. */
async function load(
  database: OpenDatabase,
  body: AsyncIterable<Uint8Array> | string,
  options: Partial<ImportOptions> = {},
) {
  const { id, finished } = await startImport(
    database,
    typeof body === 'string' ? pieces(body) : body,
    {
      operatorId: uuid(),
      mode: 'upsert',
      country: undefined,
      confirmRemove: undefined,
      ...options,
    },
  )
  await finished
  const rejects: string[] = []
  for await (const batch of readRejects(database.db, id)) {
    rejects.push(...batch.map(({ line, column, reason }) => `${line} ${column}: ${reason}`))
  }
  return { ...(await getImport(database.db, id)), rejects }
}

async function list(db: Database) {
  const rows = await db.execute(sql`
    select c.phone, c.name, c.language, c.external_id, c.consent,
      (select array_agg(l.position::text || case when l.sole then '' else ' of several' end order by l.position::text)
        from locations l where l.contact_id = c.id) as places,
      (select array_agg(g.name order by g.name) from group_members m join groups g on g.id = m.group_id
        where m.contact_id = c.id) as groups
    from contacts c order by c.phone
  `)
  return rows.map(row => ({ ...row }))
}

test('a file becomes contacts, with columns in any order', async ({ database, people }) => {
  await insertGroup(people, {
    id: uuid(),
    name: 'Dam wardens',
    description: undefined,
    area: undefined,
    rule: undefined,
    expression: undefined,
  })
  await insertGroup(people, {
    id: uuid(),
    name: 'School',
    description: undefined,
    area: undefined,
    rule: undefined,
    expression: undefined,
  })
  const done = await load(
    database,
    '\uFEFFlatitude,Phone,longitude,groups,language,name,externalId,consent\r\n' +
      '29.76,+15550100001,-95.37,Dam wardens; School,EN-us,"Ann, née B",17,2026-01-01 web\r\n' +
      ',+15550100002,,,,,,\r\n',
  )
  expect(done).toMatchObject({
    state: 'completed',
    read: 2,
    accepted: 2,
    created: 2,
    updated: 0,
    rejected: 0,
  })
  expect(await list(people)).toEqual([
    {
      phone: '+15550100001',
      name: 'Ann, née B',
      language: 'en-US',
      external_id: '17',
      consent: '2026-01-01 web',
      places: ['(-95.37,29.76)'],
      groups: ['Dam wardens', 'School'],
    },
    {
      phone: '+15550100002',
      name: null,
      language: null,
      external_id: null,
      consent: null,
      places: null,
      groups: null,
    },
  ])
})

test('pitfall 45: one phone in many spellings is one contact, the last row as it stands', async ({
  database,
  people,
}) => {
  const done = await load(
    database,
    'phone,name\n+1 (555) 123-0000,First\n15551230000,Second\n(555) 123-0000,Third\n',
    { country: 'US' },
  )
  expect(done).toMatchObject({ read: 3, accepted: 3, created: 1, updated: 0, rejected: 0 })
  expect(await list(people)).toMatchObject([{ phone: '+15551230000', name: 'Third' }])
})

test('pitfall 45: one phone in two groups under two spellings is one recipient', async ({
  database,
  people,
}) => {
  const ids = [uuid(), uuid()]
  for (const [i, id] of ids.entries()) {
    await insertGroup(people, {
      id,
      name: 'AB'[i]!,
      description: undefined,
      area: undefined,
      rule: undefined,
      expression: undefined,
    })
  }
  const file = (...rows: string[]) =>
    load(database, `phone,groups\n${rows.join('\n')}\n`, { country: 'US' })
  await file('+1 (555) 123-0000,A', '+15551230001,A;B')
  await file('15551230000,B', '(555) 123-0002,B')
  const of = { areas: [], excludeGroups: [], emergency: true, categories: [] }
  const audience = await resolveAudience(people, { ...of, groups: ids })
  expect(await countAudience(people, audience)).toBe(3)
  const estimate = await estimateAudience(people, audience, [])
  expect(estimate.recipients).toBe(3)
  expect(estimate.byGroup.map(group => group.recipients)).toEqual([2, 3])
})

test('every bad row is named with its line, column and reason; the good ones come in', async ({
  database,
  people,
}) => {
  const rows = [
    'phone,name,language,longitude,latitude,groups',
    '+15550100001,ok,en,-95,29,',
    '911,,,,,',
    '5550100002,,,,,',
    '٠١٢٣٤٥٦٧٨٩,,,,,',
    '+15550100003,,not a language,,,',
    '+15550100004,,,-95,,',
    '+15550100005,,,29,-95.4,',
    '+15550100006,,,-95,NaN,',
    '+15550100007,,,,,Nobody',
    '+15550100008,x',
    `+15550100009,${'n'.repeat(201)},,,,`,
    '+15550100010,a\0b,,,,',
    '+15550100011,"never closed,,,,',
    '+15550100012,"text"after,,,,',
    '+15550100013,=HYPERLINK("x"),,,,',
    '+15550100014,=cmd,es,,,',
    '+1555010,,xx-,-195,1e9,',
  ]
  const done = await load(database, rows.join('\n'))
  expect(done).toMatchObject({
    state: 'completed',
    read: 17,
    accepted: 2,
    created: 2,
    rejected: 15,
  })
  expect(done.rejects).toEqual([
    '3 phone: is an emergency number',
    '4 phone: is a national number: import with ?country=, or write +…',
    '5 phone: is not written in the digits 0 to 9',
    '6 language: is no BCP 47 language tag',
    '7 latitude: is missing beside its pair',
    '8 latitude: is outside -90 to 90',
    '9 latitude: is no decimal number of degrees',
    '10 groups: names no listed group',
    '11 : has 2 values where the header has 6',
    '12 name: is longer than 200 characters',
    "13 name: holds U+0000, which can't be seen or changes how the rest is seen",
    '14 : opens a quote that is never closed',
    '15 : has text after a closing quote',
    '16 : has a quote inside a value that is not quoted',
    '18 phone: is a number that no phone can have',
    '18 language: is no BCP 47 language tag',
    '18 longitude: is outside -180 to 180',
    '18 latitude: is no decimal number of degrees',
  ])
  expect((await list(people)).map(({ phone }) => phone)).toEqual(['+15550100001', '+15550100014'])
})

test('an upsert adds and changes, and a blank takes nothing away', async ({ database, people }) => {
  await insertGroup(people, {
    id: uuid(),
    name: 'A',
    description: undefined,
    area: undefined,
    rule: undefined,
    expression: undefined,
  })
  await insertGroup(people, {
    id: uuid(),
    name: 'B',
    description: undefined,
    area: undefined,
    rule: undefined,
    expression: undefined,
  })
  const header = 'phone,name,language,longitude,latitude,groups\n'
  await load(database, `${header}+15550100001,Ann,en,-95,29,A\n+15550100002,Ben,es,-96,30,\n`)
  await people.execute(sql`
    insert into locations (contact_id, position, sole) select id, '(1,1)', false from contacts where name = 'Ben'`)
  const done = await load(
    database,
    `${header}+15550100001,,fr,,,B\n+15550100002,,,-97,31,\n+15550100003,Cy,,,,\n`,
  )
  expect(done).toMatchObject({ accepted: 3, created: 1, updated: 2, removed: 0 })
  expect(await list(people)).toMatchObject([
    { name: 'Ann', language: 'fr', places: ['(-95,29)'], groups: ['A', 'B'] },
    { name: 'Ben', language: 'es', places: ['(-97,31)'], groups: null },
    { name: 'Cy', places: null },
  ])
})

test('a file that places somebody where they were keeps their hours there, elsewhere they have none', async ({
  database,
  people,
}) => {
  const ids = [uuid(), uuid()]
  for (const [no, id] of ids.entries()) {
    const fields = { email: undefined, name: undefined, language: undefined, externalId: undefined }
    await insertContact(people, { id, phone: `+1555010000${no + 1}`, ...fields })
    const hours = [{ days: ['Mo'] as const, from: '08:00', to: '18:00' }]
    await setLocations(people, id, [{ longitude: -95, latitude: 29.5, label: 'work', hours }])
  }
  const file = 'phone,longitude,latitude\n+15550100001,-95,29.5\n+15550100002,-96,29.5\n'
  expect(await load(database, file)).toMatchObject({ updated: 2, rejects: [] })
  const rows = await people.execute(sql`
    select position::text as place, label, hours is not null as timed, open_minutes::text as minutes
    from locations order by position[0] desc`)
  expect(rows.map(row => ({ ...row }))).toEqual([
    { place: '(-95,29.5)', label: 'work', timed: true, minutes: '{[480,1080)}' },
    { place: '(-96,29.5)', label: null, timed: false, minutes: null },
  ])
})

test('hours come in with their place; a blank keeps them, a replacement clears them, and a label stays', async ({
  database,
  people,
}) => {
  const hoursOf = async () => {
    const rows = await people.execute<{ phone: string; said: string }>(sql`
      select c.phone, concat_ws(' ', l.label, l.hours::text, l.open_minutes::text) as said
      from contacts c join locations l on l.contact_id = c.id order by c.phone
    `)
    return Object.fromEntries(rows.map(({ phone, said }) => [phone.slice(-1), said]))
  }
  const file = (...rows: string[]) =>
    ['phone,longitude,latitude,hours', ...rows.map(row => `+1213555010${row}`), ''].join('\n')
  const shift = (from: number, to: number) => `[${from},${to})`
  const night = 'Su 22:00-06:00'
  const done = await load(
    database,
    file('1,-96.5,30.5,"Mo,We 08:00-17:30"', `2,-96.5,30.5,${night}`, '3,-96.5,30.5,'),
  )
  expect(done).toMatchObject({ created: 3, rejected: 0 })
  expect(await hoursOf()).toEqual({
    1: `[{"to": "17:30", "days": ["Mo", "We"], "from": "08:00"}] {${shift(480, 1050)},${shift(3360, 3930)}}`,
    2: `[{"to": "06:00", "days": ["Su"], "from": "22:00"}] {${shift(0, 360)},${shift(9960, 10080)}}`,
    3: '',
  })

  await people.execute(sql`update locations set label = 'work' where open_minutes @> 500`)
  await load(
    database,
    file('1,-96.5,30.5,Fr 08:00-24:00', '2,-96.5,30.5,', `3,-96.6,30.5,${night}`),
  )
  expect(await hoursOf()).toEqual({
    1: `work [{"to": "24:00", "days": ["Fr"], "from": "08:00"}] {${shift(6240, 7200)}}`,
    2: expect.stringContaining(shift(9960, 10080)),
    3: expect.stringContaining(shift(9960, 10080)),
  })

  const whole = file('1,-96.5,30.5,', `2,-96.5,30.5,${night}`, '3,-96.6,30.5,')
  await load(database, whole, { mode: 'replace' })
  expect(await hoursOf()).toEqual({ 1: 'work', 2: expect.stringContaining('Su'), 3: '' })
  // A file without the column says nothing of them.
  const others = 'phone,longitude,latitude\n+12135550101,-96.5,30.5\n+12135550102,-96.5,30.5\n'
  await load(database, others, { mode: 'replace', confirmRemove: 1 })
  expect(await hoursOf()).toEqual({ 1: 'work', 2: expect.stringContaining('Su') })
})

test('hours that are none are named, and what stands beside no place', async ({
  database,
  people: _people,
}) => {
  const rows = ['Mo-Fr', 'Mo-Fr 8-17', 'Mo-Xx 08:00-17:00', 'Mo 08:00-08:00', 'Mo,Mo 08:00-09:00']
  const { rejects } = await load(
    database,
    [
      'phone,longitude,latitude,hours',
      ...rows.map((hours, no) => `+1213555020${no},-96.5,30.5,"${hours}"`),
      '+12135550209,,,Mo 08:00-17:00',
      '',
    ].join('\n'),
  )
  const shape = 'is no week such as Mo-Fr 08:00-17:00; Sa 22:00-06:00'
  expect(rejects).toEqual([
    `2 hours: ${shape}`,
    `3 hours: ${shape}`,
    `4 hours: ${shape}`,
    "5 hours: a span's to is when it begins: a whole day is from 00:00 to 24:00",
    "6 hours: a span's days is named before",
    '7 hours: stands beside no place',
  ])
  await expect(load(database, 'phone,hours\n')).rejects.toMatchObject({ code: 'malformed_csv' })
})

test('addresses come in by file, one that is none is named, a blank keeps it and a replacement clears it', async ({
  database,
  people,
}) => {
  const addresses = async () => {
    const rows = await people.execute<{ email: string | null }>(
      sql`select email from contacts order by phone`,
    )
    return rows.map(({ email }) => email)
  }
  const done = await load(
    database,
    'phone,Email\n' +
      '+15550100001,Ann.Lee@People.EXAMPLE\n' +
      '+15550100002,\n' +
      '+15550100003,ann@people\n' +
      '+15550100004,"ann@people.example\nBcc: eve@people.example"\n' +
      '+15550100005,"ann@people.example, eve@people.example"\n',
  )
  expect(done).toMatchObject({ read: 5, accepted: 2, created: 2, rejected: 3 })
  expect(done.rejects).toEqual(
    // The value of line 5 goes on in line 6.
    [4, 5, 7].map(line => `${line} email: is no address that letters can be sent to`),
  )
  // RFC 5321 §2.4: a domain's case says nothing, a mailbox's may.
  expect(await addresses()).toEqual(['Ann.Lee@people.example', null])

  const changed = await load(
    database,
    'phone,email\n+15550100001,\n+15550100002,ben@people.example\n',
  )
  expect(changed).toMatchObject({ created: 0, updated: 2 })
  expect(await addresses()).toEqual(['Ann.Lee@people.example', 'ben@people.example'])

  const rows = 'phone,email\n+15550100001,\n+15550100002,ben@people.example\n'
  await load(database, rows, { mode: 'replace' })
  expect(await addresses()).toEqual([null, 'ben@people.example'])
})

test('a replacement is the whole list: others go, blanks clear, opt-outs stay by phone', async ({
  database,
  people,
}) => {
  await insertGroup(people, {
    id: uuid(),
    name: 'A',
    description: undefined,
    area: undefined,
    rule: undefined,
    expression: undefined,
  })
  const header = 'phone,name,longitude,latitude,groups\n'
  const rows = Array.from({ length: 20 }, (_, no) => `+155501000${10 + no},P${no},-95,29,A\n`)
  await load(database, header + rows.join(''))
  await people.execute(
    sql`insert into opt_outs (phone, scope, source) values ('+15550100029', 'all', 'STOP')`,
  )

  // One of twenty is within the tenth that needs no confirmation.
  const shorter = await load(database, header + rows.slice(0, 19).join(''), { mode: 'replace' })
  expect(shorter).toMatchObject({
    state: 'completed',
    accepted: 19,
    created: 0,
    updated: 19,
    removed: 1,
  })

  const replaced = `${header}+15550100010,,,,\n+15550100029,Back,-96,30,\n`
  await expect(load(database, replaced, { mode: 'replace' })).rejects.toMatchObject({
    code: 'removes_too_many',
    message: expect.stringContaining('18 of 19'),
  })
  await expect(
    load(database, replaced, { mode: 'replace', confirmRemove: 17 }),
  ).rejects.toMatchObject({
    code: 'removes_too_many',
  })
  expect((await list(people)).length).toBe(19)

  const done = await load(database, replaced, { mode: 'replace', confirmRemove: 18 })
  expect(done).toMatchObject({ state: 'completed', created: 1, updated: 1, removed: 18 })
  expect(await list(people)).toMatchObject([
    { phone: '+15550100010', name: null, places: null, groups: null },
    { phone: '+15550100029', name: 'Back', places: ['(-96,30)'], groups: null },
  ])
  const [optOut] = await people.execute<{ phone: string }>(sql`select phone from opt_outs`)
  expect(optOut?.phone).toBe('+15550100029')
})

const NOTHING_CHANGES: [string, (string | Uint8Array)[], string, RegExp][] = [
  ['is empty', [], 'malformed_csv', /no header/],
  ['has no phone column', ['name\nAnn\n'], 'malformed_csv', /phone is missing/],
  ['has columns that nobody knows', ['phone,age,phone\n'], 'malformed_csv', /"age".*twice/],
  ['has semicolons for commas', ['phone;name\n'], 'malformed_csv', /separated by commas/],
  ['has a longitude without latitude', ['phone,longitude\n'], 'malformed_csv', /go together/],
  ['is UTF-16', [Buffer.from('\uFEFFphone\n', 'utf16le')], 'malformed_csv', /UTF-16/],
  ['is UTF-16 without a mark', [Buffer.from('phone\n', 'utf16le')], 'malformed_csv', /UTF-16/],
  [
    'is Latin-1',
    ['phone,name\n+15550100001,ok\n', Buffer.from('+15550100002,José\n', 'latin1')],
    'malformed_csv',
    /not in UTF-8/,
  ],
  ['is a spreadsheet', [Buffer.from('504b0304', 'hex')], 'unsupported_media_type', /spreadsheet/],
  ['is compressed', [Buffer.from('1f8b0800', 'hex')], 'unsupported_media_type', /compressed/],
]
for (const [what, parts, code, message] of NOTHING_CHANGES) {
  test(`a file that ${what} is refused, and nothing changes`, async ({ database, people }) => {
    await expect(load(database, pieces(...parts))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    expect(await list(people)).toEqual([])
    // The connection serves the next one as if nothing had been.
    expect(await load(database, 'phone\n+15550100001\n')).toMatchObject({ created: 1 })
  })
}

test('a body that breaks off changes nothing, and says so', async ({ database, people }) => {
  async function* breaking() {
    yield Buffer.from('phone\n+15550100001\n')
    throw new Error('gone')
  }
  await expect(load(database, breaking())).rejects.toThrow('gone')
  expect(await list(people)).toEqual([])
  const [row] = await people.execute<{ state: string }>(sql`select state from imports`)
  expect(row?.state).toBe('failed')
})

test('of two imports at a time the second is told to wait', async ({ database, people }) => {
  let goOn = () => {}
  const waiting = new Promise<void>(resolve => (goOn = resolve))
  let hasBegun = () => {}
  const begun = new Promise<void>(resolve => (hasBegun = resolve))
  async function* slow() {
    yield Buffer.from('phone\n+15550100001\n')
    hasBegun()
    await waiting
  }
  const first = load(database, slow())
  await begun
  await expect(load(database, 'phone\n+15550100002\n')).rejects.toMatchObject({
    code: 'in_progress',
  })
  goOn()
  expect(await first).toMatchObject({ state: 'completed', created: 1 })
  expect((await list(people)).length).toBe(1)
})

test('an import whose process died is found out when somebody looks', async ({ people }) => {
  const id = uuid()
  await people.execute(sql`
    insert into imports (id, operator_id, mode, state, alive_at)
    values (${id}, ${uuid()}, 'upsert', 'running', now() - interval '61 s')`)
  expect(await getImport(people, id)).toMatchObject({
    state: 'failed',
    failure: { code: 'unavailable' },
  })
})

test('a hundred thousand bad rows are all listed, in flat memory, and the good one comes in', async ({
  database,
  people,
}) => {
  const rows = 100_000
  async function* hostile() {
    yield Buffer.from('phone,name\n')
    const line = `=HYPERLINK("http://example.org"),${'x'.repeat(300)}\n`
    for (let sent = 0; sent < rows; sent += 500) yield Buffer.from(line.repeat(500))
    yield Buffer.from('+15550100001,Ann\n')
  }
  global.gc?.()
  const before = process.memoryUsage.rss()
  const { id, finished } = await startImport(database, hostile(), {
    operatorId: uuid(),
    mode: 'upsert',
    country: undefined,
    confirmRemove: undefined,
  })
  await finished
  expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 2 ** 20)
  expect(await getImport(people, id)).toMatchObject({ read: rows + 1, rejected: rows, created: 1 })
  let listed = 0
  for await (const batch of readRejects(people, id)) listed += batch.length
  expect(listed).toBe(rows)
})

test('two hundred thousand rows of one phone are one contact', async ({ database, people }) => {
  async function* repeated() {
    yield Buffer.from('phone,name\n')
    for (let sent = 0; sent < 200_000; sent += 1000) {
      yield Buffer.from('+15550100001,Ann\n'.repeat(1000))
    }
  }
  expect(await load(database, repeated())).toMatchObject({
    accepted: 200_000,
    created: 1,
    updated: 0,
  })
  expect((await list(people)).length).toBe(1)
})
