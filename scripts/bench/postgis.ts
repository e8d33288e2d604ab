/**
 * PostGIS as Debian packages it, in a cluster of its own that goes with its directory. Where it is missing and
 * we are root, apt is asked for it once.
 */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { chooseServerUser, serverEnvironment } from '../../src/store/embedded-binaries.ts'
import { scratchDirectory, until } from '../rehearsal.ts'
import { freePorts } from '../ports.ts'

const run = promisify(execFile)
const PACKAGE = 'postgresql-15-postgis-3'
const APT_MS = 300_000

export interface Postgis {
  /** "PostgreSQL 15.8, PostGIS 3.3" */
  readonly version: string
  readonly url: string
  readonly directory: string
  /** Of the server's first process. */
  readonly pid: number
  stop(): Promise<void>
}

/** @returns why there is none, where there is none */
export async function startPostgis(
  settings: Readonly<Record<string, string>>,
): Promise<Postgis | string> {
  const major = (await findInstalled()) ?? (await install())
  if (major === undefined) {
    return `Debian's ${PACKAGE} is not installed, and can't be had here (apt-get, as root)`
  }
  const binaries = `/usr/lib/postgresql/${major}/bin`
  const directory = await scratchDirectory('postgis')
  const data = join(directory, 'data')
  const user = await chooseServerUser(undefined)
  const as = { ...user, cwd: '/', env: serverEnvironment }
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(directory, 'password')
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user.uid !== undefined) {
    for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid)
  }
  const flags = ['-D', data, '-U', 'bench', '--no-sync', '--locale=C', '--encoding=UTF8']
  await run(
    join(binaries, 'initdb'),
    [...flags, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    as,
  )
  const [port = 0] = await freePorts(1)
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    fsync: 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(binaries, 'postgres'), ['-D', data, ...options], {
    ...as,
    stdio: 'ignore',
  })
  const exited = once(server, 'exit')
  const atExit = () => server.kill('SIGINT')
  process.on('exit', atExit)
  const url = `postgres://bench:${password}@127.0.0.1:${port}/postgres`
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await until(
    () => sql`select 1`.catch(() => undefined),
    answer => answer !== undefined,
    'PostGIS to start',
  )
  await sql`create extension postgis`
  const [found] = await sql<{ server: string; postgis: string }[]>`
    select current_setting('server_version') as server, postgis_lib_version() as postgis`
  await sql.end()
  return {
    version: `PostgreSQL ${found?.server}, PostGIS ${found?.postgis}`,
    url,
    directory,
    pid: server.pid!,
    async stop() {
      process.off('exit', atExit)
      server.kill('SIGINT')
      await exited
    },
  }
}

/** @returns the major version of the PostgreSQL that has it */
async function findInstalled(): Promise<string | undefined> {
  const majors = await readdir('/usr/share/postgresql').catch((): string[] => [])
  for (const major of majors.toSorted((a, b) => Number(b) - Number(a))) {
    const extensions = await readdir(`/usr/share/postgresql/${major}/extension`).catch(
      (): string[] => [],
    )
    if (extensions.includes('postgis.control')) return major
  }
  return undefined
}

async function install(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined
  console.log(`installing Debian's ${PACKAGE}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...flags: string[]) => run('apt-get', ['-qq', ...flags], { env, timeout: APT_MS })
  try {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', PACKAGE)
  } catch {
    return undefined
  }
  return findInstalled()
}
