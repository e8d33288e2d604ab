import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Imports run downward only; rooms on one floor don't see each other. */
const floors: Record<string, number> = {
  'main.ts': 9,
  cli: 8,
  http: 7,
  dispatch: 7,
  feeds: 6,
  inbound: 6,
  reports: 6,
  alerts: 5,
  exercises: 4,
  templates: 4,
  accounts: 3,
  audience: 3,
  operators: 3,
  subscribers: 3,
  store: 2,
  carriers: 2,
  cap: 1,
  encoding: 0,
  geometry: 0,
  network: 0,
  signing: 0,
}
const openToAll = ['config.ts', 'errors.ts', 'faults.ts', 'schema-faults.ts', 'log.ts', 'clock.ts']
/** A peer for rehearsals, outside the floors: it sees one room only. */
const apart: Record<string, string> = { simulator: 'encoding' }
/** In the browser: it knows the API's types, and runs what is pure of two rooms, and the words of reports and codes. */
const inBrowser = {
  room: 'console',
  runs: [
    'encoding',
    'geometry',
    'reports/words.ts',
    'reports/causes.ts',
    'reports/cap-words-en.ts',
    'reports/cap-words-es.ts',
    'reports/outside-areas.ts',
    'reports/told-moments.ts',
  ],
  packages: ['jose'],
}
/** Who may open it: the command line, and the carrier of simulated exercises, whose message centre and phones it is. */
const opensSimulator = /^(cli|carriers\/simulated)\//

/** Packages that one room alone may import. */
const reserved: [RegExp, string][] = [
  [/^(jose|xml-crypto|@simplewebauthn\/server)($|\/)/, 'signing'],
  [/^saxes$/, 'cap'],
  [/^(drizzle-orm|postgres)($|\/)/, 'store'],
  [/^(undici|ipaddr\.js)($|\/)/, 'network'],
]

interface Import {
  readonly specifier: string
  /** Erased by the compiler: nothing is loaded. */
  readonly isType: boolean
}

function importsOf(file: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s)?[\w\s*{},]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm
  return Array.from(readFileSync(file, 'utf8').matchAll(statement), ([, type, ...from]) => ({
    specifier: from.find(found => found !== undefined) ?? '',
    isType: type !== undefined,
  }))
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path))
  .map(path => ({ path, imports: importsOf(join(root, 'src', path)) }))

/** The room of a path below src/: its folder, or the file itself at the top. */
const roomOf = (path: string) => path.split('/')[0] ?? ''

/** Every import of our own as `from → to`, both paths below src/. */
const edges = sources.flatMap(({ path, imports }) =>
  imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, isType }) => ({
      from: path,
      isType,
      to: relative(join(root, 'src'), resolve(root, 'src', dirname(path), specifier)),
    })),
)

function mayImport({ from: file, to: target, isType }: (typeof edges)[number]): boolean {
  const [from, to] = [roomOf(file), roomOf(target)]
  if (to === inBrowser.room) return from === to
  if (from === inBrowser.room) {
    return from === to || isType || [to, target].some(it => inBrowser.runs.includes(it))
  }
  if (from === to || openToAll.includes(to)) return true
  if (openToAll.includes(from)) return false
  if (apart[from] !== undefined) return apart[from] === to
  if (apart[to] !== undefined) return opensSimulator.test(file)
  return (floors[from] ?? -1) > (floors[to] ?? Infinity)
}

test('every room has its floor', () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)))
  const known = [...Object.keys(floors), ...openToAll, ...Object.keys(apart), inBrowser.room]
  expect([...rooms].filter(room => !known.includes(room))).toEqual([])
})

test('imports run downward only', () => {
  const wrong = edges.filter(edge => !mayImport(edge))
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

test('no file loads itself by way of others', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '))
    if (way.includes(file) || done.has(file)) return
    for (const { from, to, isType } of edges) {
      if (from === file && !isType) visit(to, [...way, file])
    }
    done.add(file)
  }
  for (const { path } of sources) visit(path, [])
  expect(circles).toEqual([])
})

test('one room alone speaks to the database, one handles keys, and one calls hosts', () => {
  const strangers = sources.flatMap(({ path, imports }) =>
    imports
      .map(({ specifier }) => specifier)
      .filter(name =>
        reserved.some(
          ([packages, room]) =>
            packages.test(name) &&
            roomOf(path) !== room &&
            !(roomOf(path) === inBrowser.room && inBrowser.packages.includes(name)),
        ),
      )
      .map(name => `${path} imports ${name}`),
  )
  expect(strangers).toEqual([])
})

test('names say what is inside: no barrels, no drawers for everything', () => {
  const vague =
    /(^|\/)(index\.ts|(utils?|common|helpers?|services?|managers?|shared|misc)(\.ts|\/))/
  expect(sources.map(({ path }) => path).filter(path => vague.test(path))).toEqual([])
})

test('nothing in the project knows the machine it was made on', () => {
  const machinePath =
    /(^|[\s'"`=(])\/(work|root|Users|home)\/\w|\bregistry\.[a-z]+\.[a-z]|:487[3]\b/m
  const made = /^(node_modules|dist.*|\.git|data|coverage)$/
  const files = readdirSync(root, { withFileTypes: true })
    .filter(entry => !made.test(entry.name))
    .flatMap(entry =>
      entry.isDirectory()
        ? readdirSync(join(root, entry.name), { recursive: true, withFileTypes: true })
            .filter(inner => inner.isFile())
            .map(inner => join(inner.parentPath, inner.name))
        : [join(root, entry.name)],
    )
  const strange = files.filter(file => machinePath.test(readFileSync(file, 'latin1')))
  expect(strange.map(file => relative(root, file))).toEqual([])
})
