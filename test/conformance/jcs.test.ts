import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalBytes, parseStrictJson } from '../../src/signing/canonical.ts'

const folder = join(process.env['TOCSIN_CONFORMANCE_DATA']!, 'jcs')
const names = readdirSync(join(folder, 'input')).map(file => file.replace('.json', ''))

/** It holds 1E30, which is no integer that a double holds exactly: canonical, and refused when strictly read. */
const REFUSED = 'values'

test.each(names)('RFC 8785 %s: the input is written as the output, byte for byte', name => {
  const input = readFileSync(join(folder, 'input', `${name}.json`), 'utf8')
  const written = Buffer.from(canonicalBytes(JSON.parse(input)))
  expect(written.toString('utf8')).toBe(
    readFileSync(join(folder, 'output', `${name}.json`), 'utf8'),
  )
  const hex = readFileSync(join(folder, 'outhex', `${name}.txt`), 'utf8').replace(/\s/g, '')
  expect(written.toString('hex')).toBe(hex)
})

test.each(names)('RFC 8785 %s: strict reading finds the same values', name => {
  const input = readFileSync(join(folder, 'input', `${name}.json`))
  if (name === REFUSED) expect(() => parseStrictJson(input)).toThrow(/integer past 2\^53/)
  else expect(parseStrictJson(input)).toEqual(JSON.parse(input.toString('utf8')))
})
