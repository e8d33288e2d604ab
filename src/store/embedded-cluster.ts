/** The data of an embedded PostgreSQL: made where there is none, and found with whom it belongs to. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../errors.ts'
import {
  canUse,
  chooseServerUser,
  exists,
  findServerBinaries,
  firstOwnDirectory,
  serverEnvironment,
  type ServerUser,
} from './embedded-binaries.ts'
import { signalProcess } from './signal-process.ts'

const run = promisify(execFile)

export interface EmbeddedPostgresOptions {
  /** Made if absent. */
  readonly directory: string
  /** If absent, the port of the last run, or a free one. */
  readonly port?: number
  /** A port that somebody else is about to listen at. */
  readonly notPort?: number
  /** Server settings over the defaults. `fsync: 'off'` also spares the syncing of a new cluster. */
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The only role of a cluster. */
export const ROLE = 'tocsin'

export interface Cluster {
  /** The data directory itself, links resolved: the server's command line names it. */
  readonly path: string
  readonly user: ServerUser
  readonly binaries: string
  readonly password: string
  readonly logFile: string
}

export async function prepareCluster(
  directory: string,
  options: EmbeddedPostgresOptions,
): Promise<Cluster> {
  if (process.platform === 'win32') {
    throw new AppError(
      'unavailable',
      'The embedded PostgreSQL does not run on Windows: set DATABASE_URL',
    )
  }
  try {
    const isNew = (await mkdir(directory, { recursive: true })) !== undefined
    // Root's server user may pass through, and see nothing.
    if (isNew) await chmod(directory, process.getuid?.() === 0 ? 0o711 : 0o700)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AppError('unavailable', `The data directory ${directory} cannot be made: ${code}`, {
      cause,
    })
  }

  const link = join(directory, 'cluster')
  if (!(await exists(link))) {
    const user = await chooseServerUser(undefined)
    await initialise(link, directory, user, await findServerBinaries(user), options)
  }
  const path = await realpath(link).catch(async () => {
    throw new AppError(
      'unavailable',
      `The database of ${directory} is gone: it was in ${await readlink(link)}. Restore it, or remove ${link} to begin with an empty one`,
    )
  })
  const owner = (await stat(path)).uid
  const user = await chooseServerUser(owner)
  if (!(await canUse(path, user))) {
    throw new AppError(
      'unavailable',
      `The database in ${path} belongs to the user with number ${owner}, who is not you or can't reach it: start Tocsin as that user, or as root from a directory that others may enter`,
    )
  }
  return {
    path,
    user,
    binaries: await findServerBinaries(user),
    password: (await readFile(join(path, 'tocsin.password'), 'utf8')).trim(),
    logFile: join(directory, 'server.log'),
  }
}

async function initialise(
  link: string,
  directory: string,
  user: ServerUser,
  binaries: string,
  options: EmbeddedPostgresOptions,
): Promise<void> {
  await removeUnfinished(directory)
  let staging = await makeStaging(directory, user)
  let destination = link
  if (!(await canUse(staging, user))) {
    await rm(staging, { recursive: true })
    const home = await firstOwnDirectory(['/var/lib/tocsin', '/var/tmp/tocsin'])
    staging = await makeStaging(home, user)
    // Named at random, so that a new checkout in an old place never finds the old one's database.
    destination = join(home, randomBytes(8).toString('hex'))
  }
  try {
    const passwordFile = join(staging, 'password')
    const fresh = join(staging, 'cluster')
    await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
    if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid)
    const flags = [
      `--pgdata=${fresh}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sorts by bytes like C, and knows the case of letters beyond ASCII.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(options.settings?.['fsync'] === 'off' ? ['--no-sync'] : []),
    ]
    await run(join(binaries, 'initdb'), flags, {
      ...user,
      ...(options.signal && { signal: options.signal }),
      cwd: '/',
      env: serverEnvironment,
    }).catch((cause: unknown) => {
      const said = (cause as { stderr?: string }).stderr?.trim().split('\n')
      const reason = said?.find(line => line.startsWith('initdb: error')) ?? said?.at(-1)
      throw new AppError(
        'unavailable',
        `A database cannot be made in ${directory}: ${reason || String(cause)}. Mend that, or set DATABASE_URL`,
        { cause },
      )
    })
    await rename(passwordFile, join(fresh, 'tocsin.password'))
    await moveInPlace(fresh, destination, link)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Whoever comes second finds the other's cluster in place and drops its own. */
async function moveInPlace(fresh: string, destination: string, link: string): Promise<void> {
  const lostTheRace = (error: NodeJS.ErrnoException) => {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(error.code ?? '')) throw error
  }
  if (destination === link) return rename(fresh, link).catch(lostTheRace)
  await rename(fresh, destination)
  await symlink(destination, link).catch(async (error: NodeJS.ErrnoException) => {
    await rm(destination, { recursive: true })
    lostTheRace(error)
  })
}

async function makeStaging(parent: string, user: ServerUser): Promise<string> {
  const staging = join(parent, `staging-${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(staging, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('unavailable', `${parent} cannot be written: ${cause.code}`, { cause })
  })
  if (user.uid !== undefined) await chown(staging, user.uid, user.gid)
  return staging
}

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const maker = /^staging-(\d+)-/.exec(name)?.[1]
    if (maker !== undefined && !signalProcess(Number(maker), 0)) {
      await rm(join(directory, name), { recursive: true, force: true })
    }
  }
}
