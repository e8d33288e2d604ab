/** Fails when the schema in src/store/schema.ts has something that no migration brings. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from './prepare.mjs'

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
