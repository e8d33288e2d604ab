/** What a browser loads before the first screen is there: 60 kB, compressed; all else comes when it is wanted. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const BUDGET = 60_000
const built = fileURLToPath(new URL('../../dist/console', import.meta.url))

/** A module and all that it imports at once; what it imports later is in a function. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const code = readFileSync(join(built, 'assets', file), 'utf8')
  const specifiers = code.matchAll(
    /(?:^|[;}\s])(?:import|export)\b[^;"'()]*?["']\.\/([^"']+\.js)["']/g,
  )
  for (const [, imported = ''] of specifiers) withImports(imported, seen)
  return seen
}

test('the first screen takes no more than 60 kB, and neither the map nor a chart', () => {
  const page = readFileSync(join(built, 'index.html'), 'utf8')
  const named = [...page.matchAll(/\/console\/assets\/([^"']+\.(?:js|css))/g)].map(
    ([, name = '']) => name,
  )
  const modules = named.filter(name => name.endsWith('.js'))
  const files = new Set([
    ...named.filter(name => name.endsWith('.css')),
    ...modules.flatMap(name => [...withImports(name)]),
  ])
  // An entry and what it shares with others, at least: or nothing was found.
  expect(files.size).toBeGreaterThan(3)
  const bytes = [...files].map(name => {
    const packed = join(built, 'assets', `${name}.gz`)
    expect(existsSync(packed), name).toBe(true)
    return statSync(packed).size
  })
  expect([...files].filter(name => /^(view|drawing|Chart|counties)-/.test(name))).toEqual([])
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUDGET)
})
