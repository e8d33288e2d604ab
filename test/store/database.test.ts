import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { test } from '../support/database.ts'

const script = fileURLToPath(new URL('../support/database-cut.ts', import.meta.url))

test('connections that are cut in a transaction fail it, and end no process', async ({
  databaseUrl,
}) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, databaseUrl],
    { timeout: 60_000, env: { ...process.env, TOCSIN_LOG_LEVEL: 'silent' } },
  )
  expect(stdout).toBe('survived\n')
}, 60_000)
