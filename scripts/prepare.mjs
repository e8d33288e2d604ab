/**
 * Makes a checkout ready to run, whatever it lacks: a fresh clone has no dependencies and no build. Plain
 * JavaScript without dependencies, and what it says goes to stderr, so that it can stand before any command.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const at = (...path) => join(root, ...path)

/** Ends with one line that says what is wrong and what to do. */
export function fail(message) {
  process.stderr.write(`tocsin: ${message}\n`)
  process.exit(1)
}

/** @param {'dependencies' | 'build'} what - `build` includes the dependencies */
export function prepare(what) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed, 24 is recommended`)
  }
  if (isReady(what)) return
  requireWritable(isInstalled() ? 'Tocsin cannot be built' : 'the dependencies cannot be installed')
  const endTurn = takeTurn()
  if (!isInstalled()) install()
  if (!isReady(what)) build()
  endTurn()
}

function isReady(what) {
  if (!isInstalled()) return false
  if (what === 'dependencies') return true
  const stamp = at('dist', '.stamp')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashSources()
}

/** Of two commands on one checkout, say a demo and the tests, the second waits and finds the work done. */
function takeTurn() {
  const lock = at('.prepare.lock')
  const endTurn = () => rmSync(lock, { force: true })
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      process.once('exit', endTurn)
      return () => {
        process.off('exit', endTurn)
        endTurn()
      }
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!waited) process.stderr.write('Waiting for another command to prepare this checkout…\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    if (wasLeft(lock)) endTurn()
  }
}

function wasLeft(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function isInstalled() {
  // npm writes this file last, so an install that broke off doesn't count.
  const installed = statSync(at('node_modules', '.package-lock.json'), { throwIfNoEntry: false })
  return installed !== undefined && installed.mtimeMs >= statSync(at('package-lock.json')).mtimeMs
}

function install() {
  process.stderr.write('Installing the dependencies, at the first start only…\n')
  const env = { ...process.env }
  if (!hasNpmCache()) env['npm_config_cache'] = join(tmpdir(), `tocsin-npm-${process.getuid?.()}`)
  const flags = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  const npm = process.env['npm_execpath'] ?? ''
  const options = { cwd: root, env, stdio: ['ignore', process.stderr, 'inherit'] }
  const { status, error } =
    basename(npm) === 'npm-cli.js'
      ? spawnSync(process.execPath, [npm, ...flags], options)
      : spawnSync('npm', flags, { ...options, shell: process.platform === 'win32' })
  if (error?.code === 'ENOENT') {
    fail('npm is needed to install the dependencies and is not in the PATH: it comes with Node')
  }
  if (status !== 0) fail('the dependencies could not be installed: what npm says stands above')
}

/** Without a home that can be written, npm has nowhere to keep what it downloads. */
function hasNpmCache() {
  try {
    const cache = process.env['npm_config_cache'] ?? join(homedir(), '.npm')
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Built aside and moved in place, so that `dist` is always whole, and holds nothing of deleted sources. */
function build() {
  const stamp = hashSources()
  process.stderr.write('Building…\n')
  const fresh = at(`dist.${process.pid}`)
  const tsc = [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')]
  const vite = [
    at('node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--logLevel=warn',
    '--config',
    at('src', 'console', 'vite.config.ts'),
  ]
  for (const [program, ...flags] of [
    [...tsc, '--outDir', fresh],
    [...vite, '--outDir', join(fresh, 'console')],
  ]) {
    const options = { cwd: root, stdio: ['ignore', process.stderr, 'inherit'] }
    const { status } = spawnSync(process.execPath, [program, ...flags], options)
    if (status === 0) continue
    rmSync(fresh, { recursive: true, force: true })
    fail('the build failed: what the compiler says stands above')
  }
  writeFileSync(join(fresh, '.stamp'), stamp)
  rmSync(at('dist'), { recursive: true, force: true })
  renameSync(fresh, at('dist'))
}

function hashSources() {
  const hash = createHash('sha256')
  const sources = readdirSync(at('src'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
  for (const file of [...sources, at('package-lock.json'), at('tsconfig.json')]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function requireWritable(consequence) {
  try {
    accessSync(root, constants.W_OK)
  } catch {
    fail(`${root} cannot be written by you, so ${consequence}: copy it to a place that can`)
  }
}
