import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  assertMasterKey,
  ensureFirstAdministrator,
  loadMasterKey,
} from '../../src/operators/first-start.ts'
import { signIn } from '../../src/operators/sign-in.ts'
import { openTokenKeys } from '../../src/operators/token-keys.ts'
import { generateMasterKey, parseMasterKey } from '../../src/signing/seal.ts'
import { test } from '../support/database.ts'

const config = {
  publicUrl: 'https://alerts.example.org',
  adminEmail: undefined,
  adminPassword: undefined,
}

test('two nodes that start at once make one administrator', async ({ db }) => {
  const masterKey = parseMasterKey(generateMasterKey())
  // A database that has not been set up takes any key.
  await assertMasterKey(db, parseMasterKey(generateMasterKey()))
  const made = await Promise.all([1, 2].map(() => ensureFirstAdministrator(db, config, masterKey)))
  expect(made.filter(one => one !== undefined)).toHaveLength(1)
  await db.execute('delete from operators')
  await db.execute('delete from organisation')
})

test('the first start makes an administrator, whose password is shown once and works', async ({
  db,
}) => {
  const masterKey = parseMasterKey(generateMasterKey())
  const first = await ensureFirstAdministrator(db, config, masterKey)
  expect(first?.email).toBe('administrator@localhost')
  expect(first?.password?.length).toBeGreaterThanOrEqual(20)

  const keys = await openTokenKeys(db, masterKey, config.publicUrl, new Date())
  const grant = { ...first, mode: 'live', address: '192.0.2.1' } as Parameters<typeof signIn>[2]
  const { operator } = await signIn(db, keys, grant, new Date())
  expect(operator.roles).toEqual(['administrator'])

  expect(await ensureFirstAdministrator(db, config, masterKey)).toBeUndefined()
  await assertMasterKey(db, masterKey)
  const other = parseMasterKey(generateMasterKey())
  await expect(assertMasterKey(db, other)).rejects.toThrow(/master key is not the one/)
  await expect(ensureFirstAdministrator(db, config, other)).rejects.toThrow(
    /master key is not the one/,
  )
})

test('the master key is made once, for its owner alone, and read again', async ({ db: _db }) => {
  const dataDirectory = join(await mkdtemp(join(tmpdir(), 'tocsin-key-')), 'data')
  const keys = await Promise.all(
    [1, 2].map(() => loadMasterKey({ masterKey: undefined, dataDirectory })),
  )
  expect(keys[0]).toEqual(keys[1])
  const path = join(dataDirectory, 'master.key')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const text = (await readFile(path, 'utf8')).trim()
  expect(await loadMasterKey({ masterKey: text, dataDirectory: '/nonexistent' })).toEqual(keys[0])

  await writeFile(path, 'not a key')
  await expect(loadMasterKey({ masterKey: undefined, dataDirectory })).rejects.toMatchObject({
    code: 'invalid_key',
  })
})
