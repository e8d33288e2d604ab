/** The page of a recipient's own link: HTML that a ten-year-old phone shows, in the language of the text. */
import { createHash } from 'node:crypto'
import { drillWord } from '../cap/drill.ts'
import type { WebAlert } from '../inbound/web-answers.ts'
import { pageLanguageOf, pageWordsIn, type PageWords } from './acknowledge-words.ts'

const STYLE = `body{margin:0 auto;max-width:36em;padding:1em;font:1.1em/1.5 sans-serif;color:#111;background:#fff}
h1{font-size:1.4em;line-height:1.25;margin:.2em 0}p{white-space:pre-line;overflow-wrap:anywhere}
button{display:block;width:100%;margin:.6em 0;padding:1em;font:bold 1.2em sans-serif;color:#fff;background:#004b8d;border:0;border-radius:.3em}
button.urgent{background:#b00020}button:focus,textarea:focus,input:focus{outline:3px solid #111;outline-offset:2px}
label{display:block;margin:.8em 0 .2em}textarea,input{width:100%;box-sizing:border-box;font:inherit;padding:.5em;border:1px solid #555}
.said{padding:.8em;border:3px solid #0a6b2d}.over{padding:.8em;border:3px solid #b00020}.drill{font-weight:bold}`

/** The one style that the page has, as its policy names it. */
export const PAGE_STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

const RIGHT_TO_LEFT = /^(ar|fa|he|ur|ps|yi)\b/i

/** The alert in full, what was answered, and the answers that there are. */
export function acknowledgePage(alert: WebAlert): string {
  const { block, sms, language, options, answered, ended, status } = alert
  const words = pageWordsIn(language)
  const { event, headline = event, description, instruction, web, contact } = block
  const said = [sms.replace('{link}', '').trim(), description, instruction, web, contact]
  const paragraphs = [...new Set(said.filter(part => part !== undefined && part !== ''))]
  const chosen = options.find(({ code }) => code === answered)
  const isOpen = ended === undefined && options.length > 0
  return documentOf(language, headline, [
    ...(status === 'Actual' ? [] : [`<p class="drill">${text(drillWord(status, language))}</p>`]),
    ...(ended === undefined ? [] : [`<p class="over">${text(words[ended])}</p>`]),
    `<h1>${text(headline)}</h1>`,
    ...paragraphs.map(part => `<p>${text(part ?? '')}</p>`),
    ...(chosen === undefined
      ? []
      : [`<p class="said">${text(words.said)} <strong>${text(chosen.label)}</strong></p>`]),
    ...(answered === 'full' ? [`<p class="said">${text(words.full)}</p>`] : []),
    ...(isOpen ? formOf(words, options, chosen === undefined ? words.answer : words.change) : []),
  ])
}

function formOf(words: PageWords, options: WebAlert['options'], title: string): string[] {
  return [
    '<form method="post">',
    `<label for="note">${text(words.note)}</label><textarea id="note" name="note" rows="2" maxlength="500"></textarea>`,
    `<label for="where">${text(words.where)}</label><input id="where" name="where" maxlength="500" autocomplete="off">`,
    `<h2>${text(title)}</h2>`,
    ...options.map(
      ({ code, label, urgent }) =>
        `<button${urgent ? ' class="urgent"' : ''} name="code" value="${text(code)}">${text(label)}</button>`,
    ),
    '</form>',
  ]
}

/** For who has no alert to see, in a language that their phone asks for. */
export function pageWithoutAlert(
  status: 400 | 404 | 410 | 429,
  accepted: string | undefined,
): string {
  const asked = accepted?.split(/[,;]/, 1)[0]?.trim()
  const words = pageWordsIn(asked)
  const why = { 400: words.unknown, 404: words.unknown, 410: words.expired, 429: words.tooMany }
  const language = pageLanguageOf(asked)
  return documentOf(language, why[status], [`<p class="over">${text(why[status])}</p>`])
}

function documentOf(language: string, title: string, body: readonly string[]): string {
  const direction = RIGHT_TO_LEFT.test(language) ? ' dir="rtl"' : ''
  return [
    `<!DOCTYPE html><html lang="${text(language)}"${direction}><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">',
    `<title>${text(title)}</title><style>${STYLE}</style></head><body>`,
    ...body,
    '</body></html>',
  ].join('\n')
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function text(value: string): string {
  return value.replaceAll(/[&<>"']/g, sign => ESCAPED[sign]!)
}
