/** Pages of a PDF that fill from the top: words set in lines, lines and boxes. Lengths are points, 1/72 of an inch. */
import type Pdf from 'pdfkit'
import { openFonts, type FontName } from './pdf-fonts.ts'
import { openTextSetter, type Line } from './pdf-text.ts'
import { COLOURS } from './sheet.ts'
import { fill } from './words.ts'

type Doc = InstanceType<typeof Pdf>

const MARGIN = { side: 44, top: 44, bottom: 52 } as const
const LEADING = 1.38

export interface Style {
  readonly size: number
  readonly bold?: boolean
  readonly colour?: string
  /** BCP 47; the sheet's where it is not said. */
  readonly language?: string
  readonly align?: 'start' | 'middle' | 'end'
}

export interface SetText {
  readonly lines: readonly Line[]
  readonly height: number
  readonly width: number
}

type Tag = 'P' | 'H1' | 'H2' | 'Caption' | 'BlockQuote' | 'TH' | 'TD'

export interface Page {
  readonly doc: Doc
  /** Between the margins. */
  readonly width: number
  /** From the top margin. */
  y: number
  count(): number
  /** Room for so much in one piece: on this page, else at the top of the next. @returns whether it is a new one */
  need(height: number): boolean
  set(text: string, width: number, style: Style): SetText
  drawLines(text: SetText, x: number, y: number, width: number, style: Style): void
  /** One line, about whose middle `y` is; nothing is cut. */
  drawLabel(text: string, x: number, y: number, style: Style): void
  words(tag: Tag, text: string, style: Style & { readonly after?: number }): void
  /** Words on grey, with an edge where the line begins. */
  boxed(
    tag: Tag,
    text: string,
    style: Style & { readonly edge: string; readonly meta?: string },
  ): void
  line(x: number, y: number, width: number, colour: string, thickness: number): void
  rect(x: number, y: number, width: number, height: number, colour: string): void
  tagged(tag: Tag, draw: () => void): void
  /** What is tagged meanwhile belongs together. */
  inside(tag: 'Table' | 'TR', write: () => void): void
  figure(description: string, draw: () => void): void
  /** What follows is drawn in units of its own, from the left margin and this height on. */
  toContent(y: number, scale: number): void
  /** Of no account to those who have it read to them. */
  artifact(draw: () => void): void
  footer(no: number, start: string, end: string): void
}

/** Past this many it is said in words. */
const SHOWN_AS_CODES = 3

/** @param noFont says that characters have no font; `{count}` of them */
export function openPage(doc: Doc, language: string, noFont: string): Page {
  const missing = (characters: readonly string[]) =>
    characters.length <= SHOWN_AS_CODES
      ? characters.map(one => `[U+${one.codePointAt(0)!.toString(16).toUpperCase()}]`).join('')
      : `[${fill(noFont, { count: String(characters.length) })}]`
  let size = 0
  // Of one point: words and numbers come again and again, and shaping takes most of the time.
  const known = new Map<string, number>()
  const measure = (font: FontName, text: string) => {
    const key = `${font} ${text}`
    let width = known.get(key)
    if (width === undefined) {
      width = doc.font(font).fontSize(1).widthOfString(text, { features: [] })
      known.set(key, width)
    }
    return width * size
  }
  const setter = openTextSetter(openFonts(doc), measure, missing)
  const content = { width: doc.page.width - 2 * MARGIN.side }
  const bottom = doc.page.height - MARGIN.top - MARGIN.bottom
  const [left, top] = [MARGIN.side, MARGIN.top]

  const drawRuns = ({ runs }: Line, x: number, y: number) => {
    let at = left + x
    for (const { font, text, width } of runs) {
      doc.font(font).fontSize(size)
      doc.text(text, at, top + y, { lineBreak: false, features: [], baseline: 'alphabetic' })
      at += width
    }
  }

  type Element = ReturnType<Doc['struct']>
  let parent: { add(element: Element): unknown } = {
    add: element => doc.addStructure(element),
  }
  const page: Page = {
    doc,
    width: content.width,
    y: 0,
    count: () => doc.bufferedPageRange().count,
    need(height) {
      if (page.y === 0 || page.y + height <= bottom) return false
      doc.addPage()
      page.y = 0
      return true
    },
    set(text, width, style) {
      size = style.size
      const lines = setter.lines(text, style.language ?? language, width, style.bold)
      return { lines, width, height: lines.length * style.size * LEADING }
    },
    drawLines({ lines }, x, y, width, style) {
      size = style.size
      doc.fillColor(style.colour ?? COLOURS.ink)
      for (const [no, line] of lines.entries()) {
        const { align = line.isRightToLeft ? 'end' : 'start' } = style
        const space = width - line.width
        const indent = align === 'end' ? space : align === 'middle' ? space / 2 : 0
        drawRuns(line, x + indent, y + (no + 0.78) * style.size * LEADING)
      }
    },
    drawLabel(text, x, y, style) {
      size = style.size
      const [line] = setter.lines(text, style.language ?? language, Infinity, style.bold)
      if (line === undefined) return
      const { align = 'start' } = style
      const indent = align === 'end' ? line.width : align === 'middle' ? line.width / 2 : 0
      doc.fillColor(style.colour ?? COLOURS.ink)
      drawRuns(line, x - indent, y + style.size * 0.36)
    },
    words(tag, text, style) {
      const set = page.set(text, content.width, style)
      for (const line of set.lines) {
        const height = style.size * LEADING
        page.need(height)
        page.tagged(tag, () =>
          page.drawLines({ ...set, lines: [line] }, 0, page.y, content.width, style),
        )
        page.y += height
      }
      page.y += style.after ?? 3
    },
    boxed(tag, text, style) {
      const inset = 10
      const inner = content.width - 2 * inset - 4
      const set = page.set(text, inner, style)
      const metaStyle = { size: 8.5, colour: COLOURS.muted }
      const meta = page.set(style.meta ?? '', inner, metaStyle)
      const metaHeight = style.meta === undefined ? 0 : meta.height
      const isRightToLeft = set.lines[0]?.isRightToLeft === true
      const strip = (height: number) =>
        page.artifact(() => {
          page.rect(0, page.y, content.width, height, COLOURS.ground)
          page.rect(isRightToLeft ? content.width - 4 : 0, page.y, 4, height, style.edge)
        })
      page.need(Math.min(set.height + metaHeight + 12, bottom))
      strip(6)
      page.y += 6
      const rows = [
        ...set.lines.map(line => ({ line, of: style as Style, tag })),
        ...(metaHeight === 0
          ? []
          : meta.lines.map(line => ({ line, of: metaStyle, tag: 'P' as const }))),
      ]
      for (const { line, of, tag: name } of rows) {
        const height = of.size * LEADING
        page.need(height)
        strip(height + 0.5)
        page.tagged(name, () =>
          page.drawLines({ ...set, lines: [line] }, inset + 4, page.y, inner, of),
        )
        page.y += height
      }
      strip(6)
      page.y += 6 + 7
    },
    line(x, y, width, colour, thickness) {
      page.artifact(() => {
        doc
          .moveTo(left + x, top + y)
          .lineTo(left + x + width, top + y)
          .lineWidth(thickness)
          .stroke(colour)
      })
    },
    rect(x, y, width, height, colour) {
      doc.rect(left + x, top + y, width, height).fill(colour)
    },
    tagged(tag, draw) {
      parent.add(doc.struct(tag, {}, draw))
    },
    inside(tag, write) {
      const [around, element] = [parent, doc.struct(tag)]
      around.add(element)
      parent = element
      write()
      element.end()
      parent = around
    },
    figure(description, draw) {
      parent.add(doc.struct('Figure', { alt: description }, draw))
    },
    toContent(y, scale) {
      doc.translate(left, top + y).scale(scale)
    },
    artifact(draw) {
      doc.markContent('Artifact', { type: 'Layout' })
      draw()
      doc.endMarkedContent()
    },
    footer(no, start, end) {
      doc.switchToPage(no)
      const style = { size: 8, colour: COLOURS.muted }
      const y = bottom + 24
      const last = page.set(end, content.width / 3, style)
      const first = page.set(start, content.width * 0.7, style)
      page.artifact(() => {
        page.drawLines({ ...first, lines: first.lines.slice(0, 1) }, 0, y, content.width, style)
        page.drawLines(last, content.width * (2 / 3), y, content.width / 3, {
          ...style,
          align: 'end',
        })
      })
    },
  }
  return page
}
