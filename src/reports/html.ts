/**
 * A sheet as one HTML page: no scripts, nothing from elsewhere, every value escaped. It prints on A4 and Letter alike,
 * for it names no paper.
 */
import { createHash } from 'node:crypto'
// Under this name it is left as it is written: blanks count in some of it.
import { html as markup, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { STYLE } from './html-style.ts'
import {
  COLOURS,
  type Bar,
  type DrawnPart,
  type DrawnShape,
  type Figure,
  type Part,
  type Section,
  type Sheet,
  type Table,
} from './sheet.ts'

type Markup = HtmlEscapedString | Promise<HtmlEscapedString>

/** The page's own style is all that it may have. */
export const HTML_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export async function htmlOf(sheet: Sheet): Promise<string> {
  const { language, kicker, title, organisation, warnings, facts, sections, footer } = sheet
  const page = await markup`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="robots" content="noindex"/>
<title>${kicker}: ${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<p class="kicker"><bdi>${organisation}</bdi> · ${kicker}</p>
<h1 dir="auto">${title}</h1>
${warnings.map(warning => markup`<p class="warning"><strong>${warning}</strong></p>`)}
<dl class="facts">
${facts.map(({ term, value }) => markup`<div><dt>${term}</dt><dd dir="auto">${value}</dd></div>`)}
</dl>
</header>
<main>
${sections.filter(({ parts }) => parts.length > 0).map(sectionOf)}
</main>
<footer><p>${footer}</p></footer>
</body>
</html>
`
  return page.toString()
}

function sectionOf({ id, title, parts }: Section): Markup {
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${parts.map((part, no) => partOf(part, `${id}-${no}`))}
</section>
`
}

function partOf(part: Part, id: string): Markup {
  switch (part.is) {
    case 'paragraph':
      return markup`<p dir="auto">${part.text}</p>`
    case 'figures':
      return markup`<dl class="figures">${part.figures.map(figureOf)}</dl>`
    case 'bars':
      return markup`<table class="bars"><caption>${part.caption}</caption>
<tbody>${part.bars.map(barOf)}</tbody></table>`
    case 'table':
      return tableOf(part)
    case 'quote':
      return markup`<figure class="quote"><blockquote dir="auto"${languageOf(part.language)}>${part.text}</blockquote>
<figcaption dir="auto">${part.meta}</figcaption></figure>`
    case 'drawing':
      return markup`<figure class="drawing">${svgOf(part, id)}
<figcaption><strong>${part.caption}.</strong> <span dir="auto">${part.description}</span></figcaption></figure>`
  }
}

const languageOf = (language: string) => (language === '' ? '' : markup` lang="${language}"`)

function figureOf({ label, value, share, tone }: Figure): Markup {
  const small = share === undefined ? '' : markup`<small>${share}</small>`
  return markup`<div class="${tone ?? 'plain'}"><dt dir="auto">${label}</dt><dd>${value}${small}</dd></div>`
}

function barOf({ label, value, share }: Bar): Markup {
  if (share === undefined) {
    return markup`<tr><th scope="row">${label}</th><td colspan="2">${value}</td></tr>`
  }
  const width = `${(Math.min(1, share) * 100).toFixed(2)}%`
  const rect = (of: string, fill: string) =>
    markup`<rect width="${of}" height="14" fill="${fill}"/>`
  return markup`<tr><th scope="row">${label}</th><td>${value}</td><td class="bar" aria-hidden="true"><svg width="100%" height="14" focusable="false">${rect('100%', COLOURS.ground)}${rect(width, COLOURS.good)}</svg></td></tr>`
}

function tableOf({ caption, columns, rows }: Table): Markup {
  const classOf = (no: number) => (columns[no]?.holds === 'numbers' ? 'numbers' : 'words')
  const head = columns.map(({ title }, no) =>
    title === ''
      ? markup`<td></td>`
      : markup`<th scope="col" class="${classOf(no)}" dir="auto">${title}</th>`,
  )
  const body = rows.map(([name = '', ...cells]) => {
    const others = cells.map(
      (cell, no) => markup`<td class="${classOf(no + 1)}" dir="auto">${cell}</td>`,
    )
    return markup`<tr><th scope="row" dir="auto">${name}</th>${others}</tr>
`
  })
  return markup`<div class="wide" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`
}

function svgOf({ drawing, caption, description }: DrawnPart, id: string): Markup {
  const { width, height, shapes } = drawing
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">${caption}</title><desc id="${id}-text">${description}</desc>
${shapes.map(shapeOf)}</svg>`
}

function shapeOf(shape: DrawnShape): Markup {
  if (shape.is === 'path') {
    const { d, fill = 'none', stroke = 'none', strokeWidth = 1, dash } = shape
    const dashes = dash === undefined ? '' : markup` stroke-dasharray="${dash.join(' ')}"`
    return markup`<path d="${d}" fill="${fill}" fill-rule="evenodd" stroke="${stroke}" stroke-width="${strokeWidth}" stroke-linejoin="round"${dashes}/>
`
  }
  const { x, y, text, size, anchor, fill, bold } = shape
  const weight = bold === true ? 700 : 400
  return markup`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" dominant-baseline="middle" fill="${fill}">${text}</text>
`
}
