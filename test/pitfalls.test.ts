import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))

/** The field's pitfalls are numbered 1 to 48; the test of each begins with its number. */
const PITFALLS = 48

const numbered = new Map<number, string[]>()
for (const path of readdirSync(here, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.ts') || path === 'pitfalls.test.ts') continue
  const titles = readFileSync(join(here, path), 'utf8').matchAll(/['"`]pitfalls? ([\d, and]+):/g)
  for (const [, numbers] of titles) {
    for (const [number] of numbers!.matchAll(/\d+/g)) {
      numbered.set(Number(number), [...(numbered.get(Number(number)) ?? []), path])
    }
  }
}

test('each of the pitfalls of the field has a test that is found by its number', () => {
  const all = Array.from({ length: PITFALLS }, (_, i) => i + 1)
  expect(all.filter(number => !numbered.has(number))).toEqual([])
  expect([...numbered.keys()].filter(number => !all.includes(number))).toEqual([])
})
