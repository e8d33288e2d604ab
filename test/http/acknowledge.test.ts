import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { remindNext } from '../../src/alerts/remind.ts'
import { createSendableAlerts } from '../../src/dispatch/sendable.ts'
import { updateOrganisation, readOrganisation } from '../../src/store/organisation.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import { anAlert, aSigner, contactsAt } from '../alerts/people.ts'
import {
  aFlood,
  dispatched,
  type Duty,
  handOver,
  onDuty,
  phonesOf,
  planAll,
} from '../support/corrections.ts'
import { type Edge, test } from '../support/edge.ts'
import { inboundOf } from '../support/replies.ts'
import { aCarrier } from '../support/sent-alert.ts'

const BASE = 'https://alert.example'

async function linksLead(database: OpenDatabase, linkUrl: string | null = BASE) {
  const { policy } = await readOrganisation(database.db)
  await updateOrganisation(database.db, { policy: { ...policy, linkUrl } })
}

const english = anAlert().info[0]!
const withLinks = (changes: object = {}) =>
  aFlood({
    info: [
      {
        ...english,
        headline: 'Flood <b>now</b>',
        description: 'The river & its banks.',
        instruction: 'Go up.',
        sms: 'FLOOD. Answer: {link}',
      },
      { ...english, language: 'es-US', headline: 'Inundacion', sms: 'INUNDACION. {link}' },
    ],
    ...changes,
  })

/** Two people in the valley, the second of them Spanish-speaking; and the path in the text of each. */
async function sent(edge: Edge, database: OpenDatabase, duty: Duty, changes: object = {}) {
  const { db } = database
  await linksLead(database)
  await db.execute(sql`delete from contacts`)
  await contactsAt(db, [
    [-96.5, 30.1],
    [-96.5, 30.2, 'es-US'],
  ])
  const id = await dispatched(duty, withLinks(changes))
  await planAll(database)
  const phones = await phonesOf(db, id)
  const carrierId = await aCarrier(db)
  await handOver(db, id, phones, carrierId)
  return { id, phones, carrierId, paths: await pathsOf(edge, database, id) }
}

/** By recipient, in the order of `phonesOf`, as the engine writes them. */
async function pathsOf(edge: Edge, database: OpenDatabase, id: string): Promise<string[]> {
  const { texts } = await createSendableAlerts(database.db, edge.masterKey, () => new Date()).load(
    id,
  )
  const blocks = await database.db.execute<{ block_no: number; size: number; text_no: number }>(
    sql`select block_no, size, text_no from blocks where alert_id = ${id}::uuid order by block_no`,
  )
  return blocks.flatMap(({ block_no: first, size, text_no: no }) =>
    Array.from({ length: size }, (_, i) => {
      const { personal, encoded } = texts.get(no)!
      const { text, segments } = personal!.text(first + i)
      expect(segments.length).toBe(encoded.segments.length)
      expect(personal!.letter(first + i).body).toContain(`${BASE}/a/`)
      return /https:\/\/alert\.example(\/a\/[\w-]{20})/.exec(text)![1]!
    }),
  )
}

const answer = (edge: Edge, path: string, fields: Record<string, string>) =>
  edge.call('POST', path, {
    text: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })

const tallyOf = async ({ author }: Duty, id: string) =>
  (await author.call('GET', `/v1/alerts/${id}/tally`)).body

test(
  'whoever follows their link reads the alert in their language, and answers by a button',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, paths } = await sent(edge, database, duty)
    const isSpanish = (html: string) => html.includes('lang="es-US"')
    const pages = await Promise.all(paths.map(async path => edge.call('GET', path)))
    const no = pages.findIndex(({ body }) => !isSpanish(body))
    const { status, body, headers } = pages[no]!
    expect(status).toBe(200)
    expect(body).toContain('<h1>Flood &lt;b&gt;now&lt;/b&gt;</h1>')
    for (const said of [
      'FLOOD. Answer:',
      'The river &amp; its banks.',
      'Go up.',
      '>Safe<',
      '>Need help<',
    ]) {
      expect(body).toContain(said)
    }
    expect(body).not.toContain('{link}')
    expect(body).not.toMatch(/<script|https?:|\son\w+=/i)
    for (const phone of phones) expect(body).not.toContain(phone.slice(-4))
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(headers.get('X-Robots-Tag')).toContain('noindex')
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(headers.get('Content-Security-Policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(isSpanish(pages[1 - no]!.body)).toBe(true)
    expect(pages[1 - no]!.body).toContain('Elija su respuesta')

    // Scanners of links read all of them, and more than once.
    await edge.call('HEAD', paths[no]!)
    await edge.call('GET', paths[no]!)
    expect(await tallyOf(duty, id)).toMatchObject({ replied: 0, noReply: 2 })

    const said = await answer(edge, paths[no]!, { code: '1', note: '', where: '' })
    expect([said.status, said.headers.get('Location')]).toEqual([303, paths[no]])
    await answer(edge, paths[no]!, { code: '1', note: '', where: '' })
    expect(await tallyOf(duty, id)).toMatchObject({ replied: 1, noReply: 1 })
    expect(await inboundOf(db, phones[no]!)).toHaveLength(1)
    expect((await edge.call('GET', paths[no]!)).body).toContain(
      'Your answer: <strong>Safe</strong>',
    )

    await answer(edge, paths[no]!, { code: '2', note: 'two\r\npeople', where: 'Roof, Main St' })
    const tally = await tallyOf(duty, id)
    expect(tally).toMatchObject({ replied: 1, requests: { open: 1 } })
    const { body: list } = await duty.author.call('GET', `/v1/alerts/${id}/requests`)
    expect(list.items).toMatchObject([
      { phone: phones[no], certain: true, text: '2\ntwo people\nRoof, Main St', reply: '2' },
    ])
    const { body: replies } = await duty.author.call('GET', `/v1/alerts/${id}/replies`)
    expect(replies.items.map(({ web }: { web: boolean }) => web)).toEqual([true, true])
  },
)

test(
  'who is safe and writes of somebody who is not is put before people, as in a text',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const duty = await onDuty(edge)
    const { id, phones, paths } = await sent(edge, database, duty)
    await answer(edge, paths[0]!, { code: '1', note: 'my mother is trapped', where: 'Elm St' })
    await answer(edge, paths[1]!, { code: '1', note: 'stop texting me', where: '' })
    expect(await tallyOf(duty, id)).toMatchObject({ replied: 2, requests: { open: 1 } })
    const { body: list } = await duty.author.call('GET', `/v1/alerts/${id}/requests`)
    expect(list.items).toMatchObject([
      { phone: phones[0], certain: false, reply: '1', text: '1\nmy mother is trapped\nElm St' },
    ])
    const review = await duty.author.call('GET', `/v1/alerts/${id}/replies?review=optOut`)
    expect(review.body.items).toMatchObject([{ phone: phones[1], kind: 'option', option: '1' }])
  },
)

test(
  'what is no link, no answer, or over is refused, and tries are counted',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const duty = await onDuty(edge)
    const { id, paths } = await sent(edge, database, duty)
    const [path] = paths as [string]
    const forged = path.slice(0, -1) + (path.endsWith('A') ? 'B' : 'A')
    for (const wrong of ['/a/x', forged, `/a/${'A'.repeat(20)}`, `${path}x`]) {
      const { status, headers } = await edge.call('GET', wrong)
      expect([status, headers.get('Content-Type')]).toEqual([404, 'text/html; charset=UTF-8'])
      expect((await answer(edge, wrong, { code: '1' })).status).toBe(404)
    }
    for (const fields of [{}, { code: '9' }, { code: "1' or 1=1" }] as Record<string, string>[]) {
      expect((await answer(edge, path, fields)).status).toBe(400)
    }
    expect((await answer(edge, path, { code: '1', note: 'x'.repeat(9_000) })).status).toBe(400)
    expect(await tallyOf(duty, id)).toMatchObject({ replied: 0 })
    const statuses: number[] = []
    for (let i = 0; i < 14; i++) {
      statuses.push((await answer(edge, paths[1]!, { code: i % 2 ? '1' : '2' })).status)
    }
    expect(statuses.filter(status => status === 303)).toHaveLength(12)
    expect(statuses.slice(-2)).toEqual([429, 429])

    // Behind one address are all phones of a network: whoever makes up links there keeps nobody from their own.
    const guesses: number[] = []
    for (let i = 0; i < 70; i++) guesses.push((await edge.call('GET', '/a/made-up')).status)
    expect(guesses.at(-1)).toBe(429)
    expect((await edge.call('GET', path)).status).toBe(200)
    expect((await answer(edge, path, { code: '1' })).status).toBe(303)

    const signature = await duty.author.sign(id, 'author', 'all-clear')
    await duty.author.call('POST', `/v1/alerts/${id}/all-clear`, { json: { signature } })
    expect((await edge.call('GET', path)).body).toContain('This alert is over.')
    expect((await edge.call('GET', path)).body).not.toContain('<button')
    expect((await answer(edge, path, { code: '1' })).status).toBe(410)
  },
)

test(
  'the link of a reminder answers the alert',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, paths, carrierId } = await sent(edge, database, duty, {
      reminders: { afterMinutes: 5, times: 1 },
    })
    await answer(edge, paths[0]!, { code: '1' })
    expect(await remindNext(db, new Date(Date.now() + 6 * 60_000))).toBe(true)
    await planAll(database)
    const [row] = await db.execute<{ id: string }>(
      sql`select id from alerts where reminder_of = ${id}::uuid`,
    )
    expect(await phonesOf(db, row!.id)).toEqual([phones[1]])
    await handOver(db, row!.id, [phones[1]!], carrierId)
    const [reminder] = await pathsOf(edge, database, row!.id)
    expect(reminder).not.toBe(paths[1])
    expect((await edge.call('GET', reminder!)).body).toContain('<button')
    await answer(edge, reminder!, { code: '1' })
    expect(await tallyOf(duty, id)).toMatchObject({ replied: 2, noReply: 0 })
  },
)

test('a link that leads nowhere is refused, each at its place', async ({ edge, database }) => {
  const author = await aSigner(edge, ['author'])
  await linksLead(database, null)
  const faults = async () =>
    (
      await author.call('POST', '/v1/alerts', {
        json: withLinks({
          reminders: {
            afterMinutes: 5,
            times: 1,
            texts: [{ language: 'en', sms: '{link} {link}' }],
          },
          corrections: { cancel: [{ language: 'en', sms: 'Wrong: {link}' }] },
        }),
      })
    ).body.errors.map((one: { pointer: string }) => one.pointer)
  expect(await faults()).toEqual([
    '/info/0/sms',
    '/info/1/sms',
    '/corrections/cancel/0/sms',
    '/reminders/texts/0/sms',
  ])
  await linksLead(database)
  expect(await faults()).toEqual(['/corrections/cancel/0/sms', '/reminders/texts/0/sms'])
  const administrator = await edge.caller({ roles: ['administrator'] })
  for (const linkUrl of [
    'javascript:alert(1)',
    'https://user@host',
    'https://host/path',
    'https://хост',
  ]) {
    const { status, body } = await administrator.call('PATCH', '/v1/organisation', {
      json: { policy: { linkUrl } },
      headers: { 'Idempotency-Key': randomUUID() },
    })
    expect([status, body.errors[0].pointer]).toEqual([400, '/policy/linkUrl'])
  }
})
