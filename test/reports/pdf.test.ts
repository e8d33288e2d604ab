import { inflateSync } from 'node:zlib'
import { sql } from 'drizzle-orm'
import { expect, test as unit, vi } from 'vitest'
import { pdfOf } from '../../src/reports/pdf-writer.ts'
import type { Part, Sheet } from '../../src/reports/sheet.ts'
import { test } from '../support/edge.ts'
import { aCarrier, aSentAlert } from '../support/sent-alert.ts'

// A thread that reads TypeScript takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const aSheet = (parts: Part[], fields: Partial<Sheet> = {}): Sheet => ({
  language: 'en',
  kicker: 'After-action report',
  title: 'Flash flood',
  organisation: 'Harris County',
  warnings: [],
  facts: [],
  sections: [{ id: 'one', title: 'One', parts }],
  footer: 'Made now',
  pageOf: 'Page {page} of {pages}',
  noFont: '{count} without a font',
  ...fields,
})

const written = async (sheet: Sheet, paper: 'A4' | 'LETTER' = 'LETTER') =>
  readPdf(await pdfOf({ sheet, paper, madeAt: new Date('2026-11-23T01:00:00Z') }))

/** What a PDF holds, as far as it is asked here: its objects, and each page's glyphs as characters. */
function readPdf(bytes: Uint8Array) {
  const file = Buffer.from(bytes).toString('latin1')
  const objects = new Map<string, string>()
  for (const [, no, body] of file.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    objects.set(no!, body!)
  }
  const streamOf = (no: string) => {
    const [, head = '', data = ''] =
      /^([\s\S]*?)\nstream\n([\s\S]*)\nendstream$/.exec(objects.get(no) ?? '') ?? []
    const octets = Buffer.from(data, 'latin1')
    return (head.includes('FlateDecode') ? inflateSync(octets) : octets).toString('latin1')
  }
  /** By the name of the font in its resources: characters by glyph. */
  const maps = new Map<string, Map<string, string>>()
  for (const body of objects.values()) {
    const [, fonts = ''] = /\/Font <<([\s\S]*?)>>/.exec(body) ?? []
    for (const [, name, no] of fonts.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const [, unicode] = /\/ToUnicode (\d+) 0 R/.exec(objects.get(no!) ?? '') ?? []
      maps.set(name!, charactersOf(streamOf(unicode ?? '')))
    }
  }
  const pages = [...objects.values()].filter(body => /\/Type \/Page\b/.test(body))
  const textOf = (page: string) => {
    const [, contents] = /\/Contents (\d+) 0 R/.exec(page) ?? []
    let font = new Map<string, string>()
    let text = ''
    for (const [, name, glyphs] of streamOf(contents ?? '').matchAll(
      /\/(F\d+) [\d.]+ Tf|<([\da-f]+)>/g,
    )) {
      if (name !== undefined) font = maps.get(name) ?? new Map()
      for (const glyph of glyphs?.match(/.{4}/g) ?? []) {
        // The first glyph of a font is its box for what it does not have.
        if (glyph === '0000') throw new Error(`a box stands after ${text.slice(-40)}`)
        text += font.get(glyph) ?? ''
      }
    }
    return text
  }
  return { file, pages: pages.map(textOf), fonts: maps.size, sizes: pages.map(sizeOf) }
}

const sizeOf = (page: string) => /\/MediaBox \[0 0 ([\d.]+ [\d.]+)\]/.exec(page)?.[1]

function charactersOf(unicode: string): Map<string, string> {
  const characters = new Map<string, string>()
  for (const [, from, , list] of unicode.matchAll(/<([\da-f]{4})> <([\da-f]{4})> \[([^\]]*)\]/g)) {
    for (const [i, [, code]] of [...(list ?? '').matchAll(/<([\da-f ]*)>/g)].entries()) {
      const glyph = (parseInt(from!, 16) + i).toString(16).padStart(4, '0')
      const units = (code ?? '').replaceAll(' ', '').match(/.{4}/g) ?? []
      characters.set(glyph, String.fromCharCode(...units.map(one => parseInt(one, 16))))
    }
  }
  return characters
}

const quote = (language: string, text: string): Part => ({
  is: 'quote',
  language,
  text,
  meta: language,
})

unit('each script stands in a font that is in the file, and nothing as boxes', async () => {
  const { pages, file, fonts } = await written(
    aSheet([
      quote('ru', 'ПАВОДОК'),
      quote('el', 'ΠΛΗΜΜΥΡΑ'),
      quote('zh-Hans', '山洪警报'),
      quote('ja', '鉄砲水警報です'),
      quote('ko', '홍수 경보'),
      quote('ar', 'تحذير'),
      quote('he', 'אזהרה'),
      quote('th', 'เตือนน้ำท่วม'),
    ]),
  )
  const said = pages.join('')
  for (const text of ['ПАВОДОК', 'ΠΛΗΜΜΥΡΑ', '山洪警报', '鉄砲水警報です', '홍수 경보']) {
    expect(said).toContain(text)
  }
  // As they are seen, from left to right.
  expect(said).toContain([...'אזהרה'].toReversed().join(''))
  expect(said).toContain([...'تحذير'].toReversed().join(''))
  expect(said).toContain('[12 without a font]')
  expect(fonts).toBe(7)
  expect(file.match(/\/FontFile[23] \d+ 0 R/g)).toHaveLength(fonts)
})

unit(
  'a long table goes on over pages, its titles again on each, and pages are counted',
  async () => {
    const rows = Array.from({ length: 150 }, (_, i) => [`Area ${i + 1}`, String(i)])
    const columns = [
      { title: 'Where', holds: 'words' as const },
      { title: 'Addressed', holds: 'numbers' as const },
    ]
    const { pages } = await written(aSheet([{ is: 'table', caption: 'By area', columns, rows }]))
    expect(pages.length).toBeGreaterThan(2)
    for (const [no, page] of pages.entries()) {
      expect(page).toContain('WhereAddressed')
      expect(page).toContain(`Page ${no + 1} of ${pages.length}`)
    }
    for (const [name] of rows) expect(pages.join('')).toContain(name)
  },
)

unit('a text longer than a page and a word wider than a line are there to their ends', async () => {
  const long = Array.from({ length: 3_000 }, (_, i) => `word${i}`).join(' ')
  const { pages } = await written(aSheet([quote('en', long), quote('en', 'x'.repeat(400))]))
  expect(pages.length).toBeGreaterThan(3)
  const said = pages.join('')
  for (const i of [0, 1_500, 2_999]) expect(said).toContain(`word${i}`)
  expect([...said.matchAll(/x{10,}/g)].reduce((sum, [run]) => sum + run.length, 0)).toBe(400)
})

unit('it is tagged, names its language, and runs and opens nothing', async () => {
  const { file, sizes } = await written(aSheet([quote('en', 'Hello')]), 'A4')
  expect(file.startsWith('%PDF-1.7')).toBe(true)
  expect(file.trimEnd().endsWith('%%EOF')).toBe(true)
  expect(file).toMatch(/\/MarkInfo/)
  expect(file).toMatch(/\/Lang \(en\)/)
  expect(file).toMatch(/\/S \/H1/)
  expect(file).not.toMatch(/\/(JS|JavaScript|URI|Launch|EmbeddedFile|OpenAction)\b/)
  expect(sizes).toEqual(['595.28 841.89'])
})

test('the report of an alert comes as PDF, on the paper of the country or the one asked for', async ({
  db,
  edge,
}) => {
  const alertId = await aSentAlert(db, {
    areas: ['<script>alert(1)</script>'],
    options: [{ code: '1', label: '=cmd()' }],
    recipients: [{ state: 'delivered', carrierId: await aCarrier(db, 'Lone Star') }],
  })
  const viewer = await edge.caller()
  const get = async (query = '') => {
    const answer = await edge.app.request(`/v1/alerts/${alertId}/report${query}`, {
      headers: { Authorization: `Bearer ${viewer.token}`, Accept: 'application/pdf' },
    })
    expect(answer.headers.get('Content-Type')).toBe('application/pdf')
    expect(answer.headers.get('Content-Disposition')).toBe(
      `inline; filename="alert-${alertId}.pdf"`,
    )
    return readPdf(new Uint8Array(await answer.arrayBuffer()))
  }
  const letter = await get()
  expect(letter.sizes[0]).toBe('612 792')
  for (const text of ['<script>alert(1)</script>', '1 =cmd()', 'Lone Star', 'FLASH FLOOD.']) {
    expect(letter.pages.join('')).toContain(text)
  }
  expect((await get('?paper=A4')).sizes[0]).toBe('595.28 841.89')
  await db.execute(sql`update organisation set country = 'DE'`)
  expect((await get()).sizes[0]).toBe('595.28 841.89')
  expect((await get('?paper=LETTER')).sizes[0]).toBe('612 792')
  const refused = await viewer.call('GET', `/v1/alerts/${alertId}/report?paper=A5`)
  expect(refused.status).toBe(400)
})
