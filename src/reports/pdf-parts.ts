/** The parts of a sheet on the pages of a PDF. */
import type { Page, SetText, Style } from './pdf-page.ts'
import { COLOURS, type Bar, type DrawnPart, type Figure, type Part, type Table } from './sheet.ts'

const BODY = { size: 9.5 } as const

export function writePart(page: Page, part: Part): void {
  switch (part.is) {
    case 'paragraph':
      return page.words('P', part.text, { ...BODY, after: 6 })
    case 'figures':
      return writeFigures(page, part.figures)
    case 'bars':
      return writeBars(page, part.caption, part.bars)
    case 'table':
      return writeTable(page, part)
    case 'quote':
      return page.boxed('BlockQuote', part.text, {
        size: 10.5,
        edge: COLOURS.ink,
        meta: part.meta,
        ...(part.language !== '' && { language: part.language }),
      })
    case 'drawing':
      return writeDrawing(page, part)
  }
}

/** Of a part, the height that its title must not be parted from. */
export function startOf(page: Page, part: Part): number {
  switch (part.is) {
    case 'drawing':
      return drawnHeight(page, part)
    case 'table':
      return layTable(page, part).together
    case 'bars':
      return 20 + 19 * part.bars.length
    default:
      return 70
  }
}

const TILES = 4
const GAP = 8

function writeFigures(page: Page, figures: readonly Figure[]): void {
  const width = (page.width - GAP * (TILES - 1)) / TILES
  const inner = width - 18
  for (let i = 0; i < figures.length; i += TILES) {
    const row = figures.slice(i, i + TILES).map(figure => ({
      ...figure,
      name: page.set(figure.label, inner, { size: 8 }),
    }))
    const height = Math.max(...row.map(({ name }) => name.height)) + 38
    page.need(height)
    for (const [no, { name, value, share, tone }] of row.entries()) {
      const x = no * (width + GAP)
      page.artifact(() => {
        page.rect(x, page.y, width, height, COLOURS.ground)
        page.rect(x, page.y, 4, height, tone === undefined ? COLOURS.line : COLOURS[tone])
      })
      page.tagged('P', () => {
        page.drawLines(name, x + 11, page.y + 5, inner, { size: 8, colour: COLOURS.muted })
        const big = { size: 15, bold: true } as const
        const at = page.y + 5 + name.height
        page.drawLines(page.set(value, inner, big), x + 11, at, inner, big)
        if (share === undefined) return
        const small = { size: 8.5, colour: COLOURS.muted } as const
        page.drawLines(page.set(share, inner, small), x + 11, at + 19, inner, small)
      })
    }
    page.y += height + GAP
  }
}

function writeBars(page: Page, caption: string, bars: readonly Bar[]): void {
  const [names, values] = [page.width * 0.34, page.width * 0.26]
  const width = page.width - names - values
  const rows = bars.map(bar => ({
    ...bar,
    name: page.set(bar.label, names - 8, BODY),
    said: page.set(bar.value, bar.share === undefined ? values + width : values - 8, BODY),
  }))
  const heights = rows.map(({ name, said }) => Math.max(name.height, said.height) + 5)
  page.need(20 + heights.reduce((sum, height) => sum + height, 0))
  page.words('Caption', caption, { ...BODY, bold: true })
  for (const [no, { name, said, share }] of rows.entries()) {
    page.tagged('P', () => {
      page.drawLines(name, 0, page.y, names - 8, BODY)
      page.drawLines(said, names, page.y, said.width, BODY)
    })
    if (share !== undefined) {
      page.artifact(() => {
        page.rect(names + values, page.y + 2, width, 9, COLOURS.ground)
        page.rect(names + values, page.y + 2, width * Math.min(1, share), 9, COLOURS.good)
      })
    }
    page.y += heights[no]!
  }
  page.y += 6
}

const CELL = { size: 8.5 } as const
const HEAD = { size: 8, bold: true, colour: COLOURS.muted } as const
const PADDING = 4

/** No number and no word of its title is cut: such a column takes what it needs, the others share what is left. */
function columnWidths(page: Page, columns: Table['columns'], rows: Table['rows']): number[] {
  const shares = columns.map(({ width = 1 }) => width)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const needs = columns.map(({ title, holds }, no) => {
    if (holds === 'words') return undefined
    const widest = (texts: readonly string[], style: Style) =>
      Math.max(0, ...texts.map(text => page.set(text, Infinity, style).lines[0]?.width ?? 0))
    const cells = rows.map(row => row[no] ?? '')
    const need = Math.max(widest(title.split(' '), HEAD), widest(cells, CELL)) + 2 * PADDING + 1
    return Math.max(need, (shares[no]! / whole) * page.width)
  })
  const taken = needs.reduce<number>((sum, need = 0) => sum + need, 0)
  const left = shares.reduce((sum, share, no) => (needs[no] === undefined ? sum + share : sum), 0)
  return needs.map(
    (need, no) => need ?? (Math.max(page.width * 0.1, page.width - taken) * shares[no]!) / left,
  )
}

/** A table so high is not parted; of a higher one the first rows stand with its titles. */
const KEPT_TOGETHER = 230

interface Row {
  readonly cells: readonly SetText[]
  readonly height: number
}

function layTable(page: Page, { columns, rows }: Table) {
  const widths = columnWidths(page, columns, rows)
  const setRow = (texts: readonly string[], style: Style): Row => {
    const cells = texts.map((text, no) => page.set(text, widths[no]! - 2 * PADDING, style))
    return { cells, height: Math.max(...cells.map(({ height }) => height)) + 4 }
  }
  const head = setRow(
    columns.map(({ title }) => title),
    HEAD,
  )
  const body = rows.map(row => setRow(row, CELL))
  const heightOf = (some: readonly Row[]) => some.reduce((sum, { height }) => sum + height, 0)
  const whole = 22 + heightOf([head, ...body])
  const together = whole <= KEPT_TOGETHER ? whole : 22 + heightOf([head, ...body.slice(0, 2)])
  return { widths, head, body, together }
}

function writeTable(page: Page, table: Table): void {
  const { caption, columns } = table
  const { widths, head, body, together } = layTable(page, table)
  const alignOf = (no: number) =>
    columns[no]?.holds === 'numbers' ? ({ align: 'end' } as const) : {}
  type DrawCell = (no: number, draw: () => void) => void
  const drawCells = ({ cells, height }: Row, style: Style, draw: DrawCell) => {
    let x = 0
    for (const [no, cell] of cells.entries()) {
      const [at, width] = [x + (no === 0 ? 0 : PADDING), widths[no]! - 2 * PADDING]
      draw(no, () => page.drawLines(cell, at, page.y + 2, width, { ...style, ...alignOf(no) }))
      x += widths[no]!
    }
    page.y += height
  }
  const drawRow = (row: Row, style: Style, tag: (no: number) => 'TH' | 'TD') =>
    page.inside('TR', () => drawCells(row, style, (no, draw) => page.tagged(tag(no), draw)))
  const underHead = () => page.line(0, page.y, page.width, COLOURS.ink, 0.8)
  page.need(together)
  page.inside('Table', () => {
    page.words('Caption', caption, { ...BODY, bold: true, after: 1 })
    drawRow(head, HEAD, () => 'TH')
    underHead()
    for (const row of body) {
      if (page.need(row.height)) {
        // Again, for those who see it.
        drawCells(head, HEAD, (_no, draw) => page.artifact(draw))
        underHead()
      }
      drawRow(row, CELL, no => (no === 0 ? 'TH' : 'TD'))
      page.line(0, page.y, page.width, COLOURS.faint, 0.5)
    }
  })
  page.y += 10
}

/** Two lines of its caption too. */
function drawnHeight(page: Page, { drawing }: Pick<DrawnPart, 'drawing'>): number {
  return (drawing.height / drawing.width) * page.width + 44
}

function writeDrawing(page: Page, { drawing, caption, description }: DrawnPart): void {
  const { doc } = page
  const scale = page.width / drawing.width
  const height = drawing.height * scale
  page.need(drawnHeight(page, { drawing }))
  const top = page.y
  page.figure(`${caption}. ${description}`, () => {
    doc.save()
    page.toContent(top, scale)
    doc.rect(0, 0, drawing.width, drawing.height).clip()
    for (const shape of drawing.shapes) {
      if (shape.is !== 'path') continue
      const { d, fill, stroke, strokeWidth = 1, dash } = shape
      doc.path(d)
      if (fill !== undefined) {
        doc.fill(fill, 'even-odd')
        continue
      }
      doc.lineWidth(strokeWidth).lineJoin('round')
      if (dash === undefined) doc.undash()
      else doc.dash(dash[0], { space: dash[1] })
      doc.stroke(stroke ?? COLOURS.ink)
    }
    doc.restore()
    for (const shape of drawing.shapes) {
      if (shape.is !== 'words') continue
      const { x, y, text, size, anchor, fill, bold = false } = shape
      const style = { size: size * scale, align: anchor, colour: fill, bold }
      page.drawLabel(text, x * scale, top + y * scale, style)
    }
  })
  page.y += height + 4
  page.words('Caption', `${caption}. ${description}`, {
    size: 8.5,
    colour: COLOURS.muted,
    after: 8,
  })
}
