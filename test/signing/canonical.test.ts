import { expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { canonicalBytes, parseStrictJson } from '../../src/signing/canonical.ts'
import { cpuMilliseconds } from '../support/cpu-time.ts'
import { fc } from '../support/property.ts'

function canonicalText(value: unknown): string {
  return new TextDecoder().decode(canonicalBytes(value))
}

function faultOf(source: string | Uint8Array): { pointer: string; detail: string } {
  try {
    parseStrictJson(source)
  } catch (error) {
    if (!isAppError(error)) throw error
    expect(error.code).toBe('malformed_json')
    return error.faults[0]!
  }
  throw new Error(`accepted ${String(source).slice(0, 80)}`)
}

test('keys are sorted by UTF-16 code units and numbers written as ECMAScript writes them', () => {
  // RFC 8785 §3.2.2 and §3.2.3
  const value = {
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  expect(canonicalText(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
  const keys = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\ud83d\ude00': 5,
    '\u0080': 6,
    '\u00f6': 7,
  }
  expect(Object.values(JSON.parse(canonicalText(keys)))).toEqual([4, 2, 6, 7, 1, 5, 3])
})

test('what has no canonical form is refused', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  let deep: unknown = 1
  for (let level = 0; level < 20_000; level++) deep = [deep]
  for (const value of [NaN, Infinity, '\ud800', { '\udc00': 1 }, cycle, deep, undefined]) {
    expect(() => canonicalBytes(value)).toThrow(/no canonical JSON/)
  }
})

test('reading and writing are each other’s inverse', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), value => {
      const text = canonicalText(value)
      if (hasRefused(value)) return
      expect(canonicalText(parseStrictJson(text))).toBe(text)
    }),
  )
})

function hasRefused(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([key, child]) => ['__proto__', 'constructor', 'prototype'].includes(key) || hasRefused(child),
  )
}

test('strict reading takes exactly the texts of JSON.parse that are not refused on purpose', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '"\\n"',
    '1',
    '-2.5',
    '01',
    ' ',
    'null',
    'tru',
    '"',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), parts => {
      const text = parts.join('')
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        expect(() => parseStrictJson(text), text).toThrow(/JSON/)
        return
      }
      const keys = [...text.matchAll(/"(?:a|b|\\n)":/g)]
      if (new Set(keys.map(String)).size === keys.length)
        expect(parseStrictJson(text)).toEqual(value)
    }),
    { numRuns: 1000 },
  )
})

test('good JSON of every kind is read', () => {
  const text =
    ' {"a" : [1, -2.50, 3e2, 9007199254740991, "\\u00e9\\ud83d\\ude00😀\\/", true, null, {}, [ ]] }\n'
  expect(parseStrictJson(text)).toEqual({
    a: [1, -2.5, 300, 9007199254740991, 'é😀😀/', true, null, {}, []],
  })
  expect(parseStrictJson(new TextEncoder().encode('"é"'))).toBe('é')
})

test.each([
  // SECURITY A21
  ['cut short', '{"a":', '/a'],
  ['cut inside a string', '{"a":"b', '/a'],
  ['NaN', '{"a":[1,NaN]}', '/a/1'],
  ['a trailing comma in an array', '[1,]', '/1'],
  ['a trailing comma in an object', '{"a":1,}', ''],
  ['a byte order mark', '\ufeff{}', ''],
  ['two values', '{} {}', ''],
  ['nothing', '', ''],
  ['a comment', '{} // no', ''],
  ['single quotes', "{'a':1}", ''],
  ['a bare control character', '"a\nb"', ''],
  ['a leading zero', '[01]', '/0'],
  ['a plus sign', '[+1]', '/0'],
  ['a bare point', '[1.]', '/0'],
  ['a bad escape', '["\\x41"]', '/0'],
  ['a bad unicode escape', '["\\u00g1"]', '/0'],
  // A23: the same key, also when it is spelt otherwise
  ['a repeated key', '{"severity":"Minor","severity":"Extreme"}', '/severity'],
  ['a repeated key in disguise', '{"info":[{"a":1,"\\u0061":2}]}', '/info/0/a'],
  // A24
  ['__proto__', '{"__proto__":{"admin":true}}', '/__proto__'],
  ['__proto__ in disguise', '{"a":{"\\u005f_proto__":1}}', '/a/__proto__'],
  ['constructor', '{"constructor":{"prototype":{}}}', '/constructor'],
  // A26
  ['a number past the double', '{"n":1e400}', '/n'],
  ['2^53 + 1', '{"n":9007199254740993}', '/n'],
  ['a large integer with an exponent', '{"n":1e16}', '/n'],
  ['negative zero', '{"n":-0}', '/n'],
  ['negative zero with a fraction', '{"n":-0.0e5}', '/n'],
  // A27
  ['a lone high surrogate', '["\\ud800"]', '/0'],
  ['a lone low surrogate', '["a\\udc00"]', '/0'],
  ['a high surrogate before a letter', '["\\ud800a"]', '/0'],
  ['a raw lone surrogate', '["\ud800"]', '/0'],
  ['a lone surrogate as a key', '{"\\ud800":1}', ''],
])('%s is refused at its place', (_what, text, pointer) => {
  expect(faultOf(text).pointer).toBe(pointer)
})

test('bytes that are not UTF-8 are refused', () => {
  expect(faultOf(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)).detail).toBe('is not UTF-8')
  expect(faultOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)).detail).toMatch(/byte order mark/)
  expect(faultOf(Buffer.from('{}', 'utf16le')).detail).not.toBe('')
})

test('nesting stops at 64, however deep the text goes, at once', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(parseStrictJson(nested(64))).toBeInstanceOf(Array)
  for (const depth of [65, 500, 100_000]) {
    const refuse = () => expect(faultOf(nested(depth)).detail).toMatch(/deeper than 64/)
    expect(cpuMilliseconds(refuse)).toBeLessThan(10)
  }
})

test('an object of 100,000 keys and an array of 100,000 emoji are read in linear time', () => {
  const counted = Array.from({ length: 100_000 }, (_, index) => index)
  const keys = JSON.stringify(Object.fromEntries(counted.map(index => [`k${index}`, index])))
  const emoji = JSON.stringify(counted.map(() => '😀'))
  // Quadratic work would take minutes.
  expect(cpuMilliseconds(() => parseStrictJson(keys))).toBeLessThan(1000)
  expect(cpuMilliseconds(() => parseStrictJson(emoji))).toBeLessThan(1000)
})

test('errors never quote the text', () => {
  for (const text of [
    '{"phone":"+15550100001",}',
    '["+15550100001\n"]',
    '{"phone":+15550100001}',
  ]) {
    const error = (() => {
      try {
        return parseStrictJson(text)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('5550100001')
  }
})

test('no prototype is changed by anything that was read', () => {
  faultOf('{"__proto__":{"polluted":1}}')
  parseStrictJson('{"toString":1,"hasOwnProperty":2}')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
