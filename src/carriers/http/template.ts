import type { JsonTemplate } from './description.ts'

/** What placeholders stand for, by name. */
export type Values = ReadonlyMap<string, string | number>

const PLACEHOLDER = /\{([A-Za-z][\w.]*)\}/g

export function placeholdersIn(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name)
}

/** What stands in braces is replaced once: a value that looks like a placeholder is none. */
export function fillText(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string) => String(values.get(name) ?? ''))
}

/**
 * Fills the strings of a parsed document, so that no value can end the string it stands in. A string that is a
 * number's placeholder alone becomes the number.
 */
export function fillJson(template: JsonTemplate, values: Values): JsonTemplate {
  if (typeof template === 'string') {
    const alone = template.startsWith('{') && values.get(template.slice(1, -1))
    return typeof alone === 'number' ? alone : fillText(template, values)
  }
  if (typeof template !== 'object' || template === null) return template
  if (isList(template)) return template.map(item => fillJson(item, values))
  return Object.fromEntries(
    Object.entries(template).map(([name, item]) => [name, fillJson(item, values)]),
  )
}

/** `Array.isArray` doesn't tell a readonly array from an object. */
const isList = (template: JsonTemplate): template is readonly JsonTemplate[] =>
  Array.isArray(template)

export function fillFields(
  template: Readonly<Record<string, string>>,
  values: Values,
): [string, string][] {
  return Object.entries(template).map(([name, item]) => [name, fillText(item, values)])
}
