/** Members of a document by JSON pointer (RFC 6901): what a field of a form writes, and what a fault of the API names. */

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))

/** @returns undefined where there is nothing */
export function readAt(document: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce<unknown>(
    (value, step) => (isContainer(value) ? (value as Record<string, unknown>)[step] : undefined),
    document,
  )
}

/** A copy with another value there; objects on the way that are missing are made. */
export function writeAt<Document>(document: Document, pointer: string, value: unknown): Document {
  return write(document, stepsOf(pointer), value) as Document
}

function write(document: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value
  if (Array.isArray(document)) {
    return document.map((item, no) => (String(no) === step ? write(item, rest, value) : item))
  }
  const members = isContainer(document) ? (document as Record<string, unknown>) : {}
  return { ...members, [step]: write(members[step], rest, value) }
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].every(name => isSame(left[name], right[name]))
}

/**
 * What an edit sends: the members that are not as they were, so that what somebody else changed beside them stays.
 *
 * @param parts - members whose own members are compared, for the API takes a part of them
 */
export function changesOf<Body extends object>(
  before: Body,
  after: Body,
  parts: readonly string[] = [],
): Partial<Body> {
  const changed = Object.entries(after).flatMap(([name, value]) => {
    const was = before[name as keyof Body] as unknown
    if (isSame(was, value)) return []
    const isPart = parts.includes(name) && isContainer(was) && isContainer(value)
    return [[name, isPart ? changesOf(was, value) : value]]
  })
  return Object.fromEntries(changed) as Partial<Body>
}

/** What somebody new is sent as: members that were left empty are left out. */
export function withoutEmpty<Body extends object>(body: Body): Body {
  const given = Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    if (value === null || value === undefined) return []
    const isObject = isContainer(value) && !Array.isArray(value)
    return [[name, isObject ? withoutEmpty(value) : value]]
  })
  return Object.fromEntries(given) as Body
}
