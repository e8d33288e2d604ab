/**
 * Fails when the schema in src/store/schema.ts has something that no migration brings, or a migration takes something
 * away and does not raise `schema_floor`: a program of the version before would go on working with what is gone.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from './prepare.mjs'

/** The first that knows of the floor, which it sets. */
const FLOOR_BEGINS = '0052'
const TAKES_AWAY =
  /\b(drop (table|column|function|trigger|constraint|not null|view)|rename (to|column)|set not null|alter column .* type)\b/i
for (const name of readdirSync(join(root, 'drizzle')).toSorted()) {
  if (!name.endsWith('.sql') || name.slice(0, 4) <= FLOOR_BEGINS) continue
  const sql = readFileSync(join(root, 'drizzle', name), 'utf8')
  const number = Number(name.slice(0, 4)) + 1
  const floor = /update "?schema_floor"? set "?migrations"? = (\d+)/i.exec(sql)?.[1]
  const isCompatible = /^-- an old program works with this: .{10,}$/m.test(sql)
  if (floor !== undefined && Number(floor) !== number) {
    process.stderr.write(`${name} raises the floor to ${floor}, and is number ${number}\n`)
    process.exitCode = 1
  }
  if (TAKES_AWAY.test(sql) && floor === undefined && !isCompatible) {
    process.stderr.write(
      `${name} takes something away. Either it raises the floor (update schema_floor set migrations = ${number}), or it says\n` +
        'why not in a line of its own: "-- an old program works with this: …"\n',
    )
    process.exitCode = 1
  }
}

// drizzle-kit writes what it finds missing, so it is given a copy.
const copy = mkdtempSync(join(tmpdir(), 'tocsin-drizzle-'))
try {
  cpSync(join(root, 'drizzle'), copy, { recursive: true })
  const migrations = () => readdirSync(copy).filter(name => name.endsWith('.sql'))
  const before = migrations().length
  const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const schema = join(root, 'src', 'store', 'schema.ts')
  // It takes any --out for a path below where it runs.
  const out = relative(root, copy)
  const flags = ['generate', '--dialect', 'postgresql', '--schema', schema, '--out', out]
  const { status, stdout, stderr } = spawnSync(process.execPath, [kit, ...flags], {
    cwd: root,
    encoding: 'utf8',
  })
  const inStep = status === 0 && stdout.includes('nothing to migrate')
  if (!inStep || migrations().length !== before) {
    process.stderr.write(`${stdout}${stderr}`)
    process.stderr.write('The schema and its migrations differ: run npm run db:generate\n')
    process.exitCode = 1
  } else {
    process.stdout.write('The schema and its migrations are in step.\n')
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
