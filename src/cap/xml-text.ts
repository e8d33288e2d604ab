/** Elements as lines of XML text. What XML 1.0 can't hold (§2.2: controls, U+FFFE, half a surrogate pair) becomes U+FFFD. */

/** An element that holds text; nothing where there is none. */
export function leaf(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`  <${name}>${escapeText(text)}</${name}>`]
}

export function branch(name: string, children: readonly string[]): string[] {
  // Not in a text that goes on over several lines: its spaces are its own.
  return [`  <${name}>`, ...children.map(child => `  ${child}`), `  </${name}>`]
}

/** With the space before it. */
export function attribute(name: string, value: string): string {
  return ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // A reader would make a line feed of it (XML 1.0 §2.11).
  '\r': '&#13;',
}

function escapeText(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>\r]/g, character => ESCAPES[character] ?? character)
}
