import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { isAppError } from '../errors.ts'
import { generateMasterKey, keyCheck, parseMasterKey } from '../signing/seal.ts'
import type { Database } from '../store/database.ts'
import { countOperators } from '../store/operators.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_RETENTION,
  ensureOrganisation,
  findMasterKeyCheck,
} from '../store/organisation.ts'
import { createOperator } from './operators.ts'

const DEFAULT_EMAIL = 'administrator@localhost'

/**
 * The key that secrets are sealed under: from the configuration, else from `master.key` in the data directory
 * (0600), made there at the first start.
 *
 * @throws AppError `invalid_key` if what is configured or in the file is no key
 */
export async function loadMasterKey(
  config: Pick<Config, 'masterKey' | 'dataDirectory'>,
): Promise<Uint8Array> {
  if (config.masterKey !== undefined) return parseMasterKey(config.masterKey)
  const path = join(config.dataDirectory, 'master.key')
  try {
    return parseMasterKey(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  await makeMasterKey(path)
  return parseMasterKey(await readFile(path, 'utf8'))
}

/** Linked into place whole: another process that starts at once must never read half a key. */
async function makeMasterKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, `${generateMasterKey()}\n`, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, path)
  } catch (error) {
    // The other process was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
}

/**
 * Makes a new database usable: the organisation with its defaults, and the first administrator.
 *
 * @returns the administrator that was made, with the password if it was made up here: it is shown once and
 *   stored nowhere; undefined at every later start
 * @throws Error if the database's secrets were sealed under another master key
 */
export async function ensureFirstAdministrator(
  db: Database,
  config: Pick<Config, 'publicUrl' | 'adminEmail' | 'adminPassword'>,
  masterKey: Uint8Array,
): Promise<{ email: string; password?: string } | undefined> {
  await ensureOrganisation(db, {
    name: 'Tocsin',
    timeZone: 'America/New_York',
    country: 'US',
    sender: `tocsin@${new URL(config.publicUrl).hostname}`,
    languages: ['en-US'],
    policy: DEFAULT_POLICY,
    retention: DEFAULT_RETENTION,
    masterKeyCheck: keyCheck(masterKey),
  })
  await assertMasterKey(db, masterKey)
  if ((await countOperators(db)) > 0) return undefined
  const email = config.adminEmail ?? DEFAULT_EMAIL
  const password = config.adminPassword ?? randomBytes(15).toString('base64url')
  const draft = { email, name: 'Administrator', password, roles: ['administrator'] as const }
  try {
    await createOperator(db, undefined, draft, new Date())
  } catch (error) {
    // Another node that starts at the same moment was first.
    if (isAppError(error) && error.code === 'already_exists') return undefined
    throw error
  }
  return config.adminPassword === undefined ? { email, password } : { email }
}

/**
 * For whoever only reads secrets, such as a dispatcher. A database that has not been set up yet takes any key.
 *
 * @throws Error if its secrets were sealed under another master key
 */
export async function assertMasterKey(db: Database, masterKey: Uint8Array): Promise<void> {
  const check = await findMasterKeyCheck(db)
  if (check === undefined || check === keyCheck(masterKey)) return
  throw new Error(
    'The master key is not the one that this database was set up with. Restore the master.key file of the ' +
      'data directory, or set TOCSIN_MASTER_KEY to the former key: without it its secrets cannot be read.',
  )
}
