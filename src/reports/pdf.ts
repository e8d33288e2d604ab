/** A sheet as a PDF document: A4 or Letter, fonts embedded, tagged for those who have it read to them. */
import Pdf from 'pdfkit'
import { openPage, type Page } from './pdf-page.ts'
import { startOf, writePart } from './pdf-parts.ts'
import { COLOURS, type Fact, type Sheet } from './sheet.ts'
import { fill } from './words.ts'

export type Paper = 'A4' | 'LETTER'

export interface PdfOrder {
  readonly sheet: Sheet
  readonly paper: Paper
  /** Stands in the file as the time of its making. */
  readonly madeAt: Date
}

/** @param take is given the file's pieces, in order */
export function writePdf(
  { sheet, paper, madeAt }: PdfOrder,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  const { title, language, kicker, organisation } = sheet
  const doc = new Pdf({
    size: paper,
    margin: 0,
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: language,
    info: {
      Title: `${kicker}: ${title}`,
      Author: organisation,
      CreationDate: madeAt,
      ModDate: madeAt,
    },
  })
  const written = new Promise<void>((resolve, reject) => {
    doc.on('data', take)
    doc.on('end', () => resolve())
    doc.on('error', reject)
  })
  const page = openPage(doc, language, sheet.noFont)
  writeHead(page, sheet)
  for (const { title: name, parts } of sheet.sections) {
    const [first] = parts
    if (first === undefined) continue
    writeSectionTitle(page, name, startOf(page, first))
    for (const part of parts) writePart(page, part)
  }
  writeFooters(page, sheet)
  doc.end()
  return written
}

function writeHead(page: Page, { organisation, kicker, title, warnings, facts }: Sheet): void {
  page.words('P', `${organisation} · ${kicker}`, { size: 10, colour: COLOURS.muted })
  page.words('H1', title, { size: 19, bold: true, after: 8 })
  for (const warning of warnings) {
    page.boxed('P', warning, { size: 11, bold: true, edge: COLOURS.bad })
  }
  writeFacts(page, facts)
}

const FACT_COLUMNS = 2
const FACT_GAP = 14

function writeFacts(page: Page, facts: readonly Fact[]): void {
  const width = (page.width - FACT_GAP * (FACT_COLUMNS - 1)) / FACT_COLUMNS
  for (let i = 0; i < facts.length; i += FACT_COLUMNS) {
    const row = facts.slice(i, i + FACT_COLUMNS).map(({ term, value }) => ({
      term: page.set(term, width, { size: 8 }),
      value: page.set(value, width, { size: 9.5 }),
    }))
    const height = Math.max(...row.map(({ term, value }) => term.height + value.height))
    page.need(height)
    for (const [no, { term, value }] of row.entries()) {
      const x = no * (width + FACT_GAP)
      page.tagged('P', () => {
        page.drawLines(term, x, page.y, width, { size: 8, colour: COLOURS.muted })
        page.drawLines(value, x, page.y + term.height, width, { size: 9.5 })
      })
    }
    page.y += height + 4
  }
}

/** @param follows the height of what must stand on the same page */
function writeSectionTitle(page: Page, title: string, follows: number): void {
  page.need(45 + follows)
  page.y += 14
  page.line(0, page.y, page.width, COLOURS.ink, 1.2)
  page.y += 6
  page.words('H2', title, { size: 13, bold: true, after: 5 })
}

function writeFooters(page: Page, { footer, pageOf }: Sheet): void {
  const pages = page.count()
  for (let no = 0; no < pages; no++) {
    const said = fill(pageOf, { page: String(no + 1), pages: String(pages) })
    page.footer(no, footer, said)
  }
}
