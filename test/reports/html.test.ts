import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { SaxesParser } from 'saxes'
import { expect } from 'vitest'
import { HTML_CSP, htmlOf } from '../../src/reports/html.ts'
import type { Sheet } from '../../src/reports/sheet.ts'
import { askForHelp } from '../../src/store/help-requests.ts'
import { insertHistory } from '../../src/store/history.ts'
import type { Database } from '../../src/store/database.ts'
import { test, type Caller } from '../support/edge.ts'
import { aCarrier, aPhone, anOrganisation, aSentAlert } from '../support/sent-alert.ts'

const HOSTILE = `<script>alert("x")</script>'&amp;</style><!--`

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly parent: Element | undefined
  text: string
}

/** Every element of the page in order; a page that is not well-formed throws. */
function elementsOf(page: string): Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  const parser = new SaxesParser()
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, parent: open.at(-1), text: '' }
    elements.push(element)
    open.push(element)
  })
  parser.on('text', text => {
    for (const element of open) element.text += text
  })
  parser.on('closetag', () => void open.pop())
  parser.write(page).close()
  return elements
}

async function aHostileAlert(db: Database): Promise<string> {
  const { operatorId } = await anOrganisation(db)
  await db.execute(sql`update operators set name = ${HOSTILE} where id = ${operatorId}`)
  const carrierId = await aCarrier(db, `${HOSTILE}${Math.random()}`)
  const alertId = await aSentAlert(db, {
    areas: [HOSTILE],
    options: [{ code: '1', label: HOSTILE }],
    groups: [{ id: '018f0000-0000-7000-8000-000000000001', name: HOSTILE }],
    recipients: ['delivered', 'failed', 'unknown', 'expired'].map(state => ({
      state,
      carrierId,
      groupNos: [0],
    })),
  })
  const entry = { at: new Date(), operatorId, from: null, to: null }
  await insertHistory(db, alertId, { ...entry, action: 'returned', detail: HOSTILE })
  await insertHistory(db, alertId, { ...entry, action: 'noted', detail: HOSTILE })
  return alertId
}

const read = (caller: Caller, alertId: string, languages = '') =>
  caller.call('GET', `/v1/alerts/${alertId}/report`, {
    headers: { Accept: 'text/html', 'Accept-Language': languages },
  })

test('the page holds no script, and what people wrote stands in it as they wrote it', async ({
  db,
  edge,
}) => {
  const alertId = await aHostileAlert(db)
  const { status, headers, body } = await read(await edge.caller(), alertId)
  expect(status).toBe(200)
  expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  expect(headers.get('Cache-Control')).toBe('no-store')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
  const elements = elementsOf(body as string)
  const names = new Set(elements.map(({ name }) => name))
  for (const name of ['script', 'iframe', 'object', 'form', 'a', 'img', 'link']) {
    expect(names.has(name), name).toBe(false)
  }
  const attributes = elements.flatMap(element => Object.keys(element.attributes))
  expect(attributes.filter(name => name.startsWith('on') || name === 'style')).toEqual([])
  const said = elements.filter(({ text }) => text === HOSTILE)
  // The area twice, the option twice, the group, the note, and the operator of a step.
  expect(said.length).toBeGreaterThanOrEqual(6)
})

test('its style is the only thing that it may load, by its digest', async ({ db, edge }) => {
  const { headers, body } = await read(await edge.caller(), await aHostileAlert(db))
  const policy = headers.get('Content-Security-Policy')!
  const [style] = elementsOf(body as string).filter(({ name }) => name === 'style')
  const digest = createHash('sha256').update(style!.text).digest('base64')
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `style-src 'sha256-${digest}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  expect(HTML_CSP).toBe(policy)
})

test('who can not see it is told what it shows', async ({ db, edge }) => {
  const { body } = await read(await edge.caller(), await aHostileAlert(db))
  const elements = elementsOf(body as string)
  const only = (name: string) => elements.filter(element => element.name === name)
  expect(only('html')[0]!.attributes['lang']).toBe('en')
  for (const name of ['main', 'header', 'footer', 'h1', 'title']) {
    expect(only(name).length, name).toBeGreaterThanOrEqual(1)
  }
  const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? [])
  expect(new Set(ids).size).toBe(ids.length)
  for (const { attributes } of elements) {
    for (const id of attributes['aria-labelledby']?.split(' ') ?? []) expect(ids).toContain(id)
  }
  const drawings = only('svg').filter(({ attributes }) => attributes['role'] === 'img')
  expect(drawings).toHaveLength(2)
  const tables = only('table')
  const captions = only('caption').filter(({ text }) => text.trim() !== '')
  expect(captions).toHaveLength(tables.length)
  for (const { attributes, parent } of only('th')) {
    expect(attributes['scope'], parent?.name).toMatch(/^(row|col)$/)
  }
  for (const row of only('tr')) {
    const cells = elements.filter(({ parent }) => parent === row)
    expect(cells.some(({ name }) => name === 'th')).toBe(true)
  }
})

test('it comes in the first language that it is known in, else in that of the organisation', async ({
  db,
  edge,
}) => {
  const alertId = await aHostileAlert(db)
  const viewer = await edge.caller()
  const languageOf = async (languages: string) => {
    const { headers, body } = await read(viewer, alertId, languages)
    return [headers.get('Content-Language'), /<html lang="(\w+)">/.exec(body as string)?.[1]]
  }
  expect(await languageOf('fr, es;q=0.8, en;q=0.5')).toEqual(['es', 'es'])
  expect(await languageOf('es;q=0.2, en-GB')).toEqual(['en', 'en'])
  expect(await languageOf('es;q=0')).toEqual(['en', 'en'])
  await db.execute(sql`update organisation set languages = '{es-US,en-US}'`)
  expect(await languageOf('fr')).toEqual(['es', 'es'])
  expect(await languageOf('*')).toEqual(['es', 'es'])
  await db.execute(sql`update organisation set languages = '{en-US}'`)
})

test('a drill says that it was one', async ({ db, edge }) => {
  const alertId = await aHostileAlert(db)
  const warnings = async (language = 'en') => {
    const { body } = await read(await edge.caller(), alertId, language)
    return elementsOf(body as string)
      .filter(({ attributes }) => attributes['class'] === 'warning')
      .map(({ text }) => text)
  }
  expect(await warnings()).toEqual([])
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`update alerts set status = 'Exercise' where id = ${alertId}::uuid`)
  })
  expect(await warnings()).toEqual(['This was no real alert: its status is Exercise.'])
  expect(await warnings('es')).toEqual(['No fue una alerta real: su estado CAP es Ejercicio.'])
})

test('it says how many asked for help, and how far people have come with them', async ({
  db,
  edge,
}) => {
  const alertId = await aHostileAlert(db)
  const paragraph = async (language: string) => {
    const { body } = await read(await edge.caller(), alertId, language)
    const said = elementsOf(body as string).filter(({ name }) => name === 'p')
    return said.map(({ text }) => text).find(text => /^(Asked for|Pidieron)/.test(text))
  }
  expect(await paragraph('en')).toBeUndefined()
  for (const [seq, state] of ['open', 'taken', 'closed', 'open'].entries()) {
    await askForHelp(db, [anAsking(alertId, seq + 1)], new Date())
    await db.execute(sql`
      update help_requests set state = ${state},
        operator_id = case when ${state} = 'open' then null else (select id from operators limit 1) end,
        outcome = case when ${state} = 'closed' then 'helped' end
      where alert_id = ${alertId}::uuid and seq = ${seq + 1}
    `)
  }
  expect(await paragraph('en')).toBe(
    'Asked for help, or may have: 4. Waiting for somebody: 2; taken by somebody: 1; closed: 1.',
  )
  expect(await paragraph('es')).toBe(
    'Pidieron ayuda, o quizá: 4. A la espera de alguien: 2; a cargo de alguien: 1; cerradas: 1.',
  )
})

const anAsking = (alertId: string, seq: number) => ({
  alertId,
  seq,
  phone: aPhone(),
  areaNo: 0,
  certain: true,
  inboundId: randomUUID(),
  texts: 1,
})

test('a text keeps its blanks and lines, and its own direction', async () => {
  const text = '  Two\n\nlines  <b>'
  const sheet: Sheet = {
    language: 'en',
    kicker: 'Report',
    title: 'Title',
    organisation: 'Somebody',
    warnings: [],
    facts: [],
    sections: [
      {
        id: 'texts',
        title: 'Texts',
        parts: [{ is: 'quote', language: 'ar', text, meta: 'ar' }],
      },
      { id: 'empty', title: 'Nothing', parts: [] },
    ],
    footer: '',
    pageOf: '',
    noFont: '',
  }
  const elements = elementsOf(await htmlOf(sheet))
  const [quote] = elements.filter(({ name }) => name === 'blockquote')
  expect(quote).toMatchObject({ text, attributes: { lang: 'ar', dir: 'auto' } })
  expect(elements.filter(({ name }) => name === 'section')).toHaveLength(1)
})

test('whom no area holds stands in the table of what the areas answered', async ({ db, edge }) => {
  const alertId = await aSentAlert(db, {
    areas: ['The river'],
    options: [{ code: '1', label: 'SAFE' }],
    recipients: [{ areaNo: 0 }, { areaNo: 0 }, { areaNo: null }],
  })
  const { body } = await read(await edge.caller(), alertId, 'en')
  const elements = elementsOf(body as string)
  const caption = elements.find(({ text }) => text === 'Answers by area')
  const table = caption?.parent
  const within = (element: Element | undefined): boolean =>
    element !== undefined && (element === table || within(element.parent))
  const rows = elements.filter(element => element.name === 'tr' && within(element))
  const cells = rows.map(row =>
    elements.filter(({ parent }) => parent === row).map(({ text }) => text),
  )
  expect(cells.slice(1)).toEqual([
    ['The river', '2', '0', '0'],
    ['outside the areas, through groups', '1', '0', '0'],
  ])
})
