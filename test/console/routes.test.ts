/**
 * What the API can do, people can do: every route of the OpenAPI document is called by the console, or stands here with
 * the reason why nobody needs a screen for it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { test } from '../support/edge.ts'

const WITHOUT_SCREEN: Readonly<Record<string, string>> = {
  'get /healthz': 'what watches over the service',
  'get /readyz': 'what watches over the service',
  'get /metrics': 'Prometheus',
  'get /.well-known/jwks.json': 'programs that check access tokens',
  'get /v1/feed/{file}': 'readers of the feeds, which the console shows, follow their links',
  'get /v1/carriers/{id}/webhook': 'gateways',
  'post /v1/carriers/{id}/webhook': 'gateways',
  'get /v1/alerts/{id}/stream':
    'programs that follow one alert; the console follows its own by /v1/stream',
  'post /v1/dispatches':
    'programs that send a series; a person sends each alert that they have looked at',
}

const ROOT = fileURLToPath(new URL('../../src/console', import.meta.url))
const CALLS: Readonly<Record<string, RegExp>> = {
  get: /\b(get|getAll|useResource|usePages|request|download|fetch|listen)\b|href=/,
  post: /\bpost(ForCertain)?\b|'POST'|\bupload\b/,
  patch: /\bpatch\b/,
  put: /'PUT'/,
  delete: /\bremove\b/,
}

interface File {
  readonly code: string
  /** Paths in it, a `*` for what is filled in. */
  readonly paths: readonly string[]
  /** The files that it imports, or that import it: a part is given what it asks for, or the step that it takes. */
  readonly neighbours: Set<string>
}

function readConsole(): ReadonlyMap<string, File> {
  const names = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    name => /\.tsx?$/.test(name) && !name.startsWith('i18n'),
  )
  const files = new Map(
    names.map((name): [string, File] => {
      const code = readFileSync(join(ROOT, name), 'utf8')
      return [name, { code, paths: pathsIn(code), neighbours: new Set() }]
    }),
  )
  for (const [name, { code, neighbours }] of files) {
    for (const [, specifier = ''] of code.matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      const imported = normalize(join(dirname(name), specifier))
      neighbours.add(imported)
      files.get(imported)?.neighbours.add(name)
    }
  }
  return files
}

function pathsIn(code: string): string[] {
  const plain = [...code.matchAll(/'(\/[^'\s]+)'/g)].map(([, path = '']) => path)
  const made = [...code.matchAll(/`((?:\$\{(?:[^{}`]|`[^`]*`)*\}|[^`$\s])+)/g)].map(
    ([, path = '']) => path.replaceAll(/\$\{(?:[^{}`]|`[^`]*`)*\}/g, '*'),
  )
  return [...plain, ...made]
    .map(path => path.replace(/\?.*/, '').replace(/\*+$/, '*'))
    .filter(path => path.includes('/'))
}

/** What is filled in stands for a parameter of the route, or for a step that is named nearby. */
function fits(path: string, route: readonly string[], isNamed: (step: string) => boolean): boolean {
  const steps = path.split('/').slice(1)
  return (
    steps.length === route.length &&
    steps.every((step, no) => {
      const wanted = route[no]!
      if (wanted.startsWith('{')) return step.includes('*')
      return step === wanted || (step.includes('*') && isNamed(wanted))
    })
  )
}

function isCalled(files: ReadonlyMap<string, File>, method: string, route: string): boolean {
  const nearOf = (file: File) => [
    file,
    ...[...file.neighbours].flatMap(name => files.get(name) ?? []),
  ]
  const stands = (file: File, steps: readonly string[]): boolean => {
    const near = nearOf(file)
    const isNamed = (step: string) => near.some(({ code }) => code.includes(`'${step}'`))
    return file.paths.some(path => {
      if (fits(path, steps, isNamed)) return true
      // `${path}/end`, where the path itself stands nearby.
      const cut = steps.length - path.split('/').length + 1
      return (
        path.startsWith('*/') &&
        cut > 0 &&
        fits(path.slice(1), steps.slice(cut), isNamed) &&
        near.some(other => stands(other, steps.slice(0, cut)))
      )
    })
  }
  const steps = route.split('/').slice(1)
  return [...files.values()].some(file => CALLS[method]!.test(file.code) && stands(file, steps))
}

test('every route is called by the console, or has a reason why not', async ({ edge }) => {
  const { body } = await edge.call('GET', '/openapi.json')
  const routes = Object.entries<object>(body.paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => ({ method, path, name: `${method} ${path}` })),
  )
  expect(routes.length).toBeGreaterThan(100)
  const files = readConsole()
  const uncalled = routes.filter(({ method, path }) => !isCalled(files, method, path))
  expect(uncalled.map(({ name }) => name).filter(name => !(name in WITHOUT_SCREEN))).toEqual([])
  const known = routes.map(({ name }) => name)
  expect(Object.keys(WITHOUT_SCREEN).filter(name => !known.includes(name))).toEqual([])
})

test('a route that nobody calls is found', () => {
  const files = readConsole()
  expect(isCalled(files, 'post', '/v1/alerts/{id}/pause')).toBe(true)
  expect(isCalled(files, 'post', '/v1/alerts/{id}/whistle')).toBe(false)
  expect(isCalled(files, 'put', '/v1/contacts/{id}')).toBe(false)
  expect(isCalled(files, 'get', '/v1/whistles')).toBe(false)
})
