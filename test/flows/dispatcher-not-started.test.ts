import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { startTocsin, until } from '../../scripts/rehearsal.ts'
import { generateMasterKey } from '../../src/signing/seal.ts'
import { test } from '../support/database.ts'
import { ADMINISTRATOR } from '../support/service.ts'

/** The system refuses the first processes that are asked for: one at once, one a moment later. */
const REFUSED = `
  const node = process.execPath
  const refused = ['no such\\0name', '/no/such/file']
  const isOurs = () => new Error().stack.includes('/cli/serve.js')
  Object.defineProperty(process, 'execPath', {
    get: () => (isOurs() ? refused.shift() : undefined) ?? node,
  })`

test(
  'while no dispatcher can be started the API runs on, and the next try is made',
  { timeout: 90_000 },
  async ({ databaseUrl, db }) => {
    const said: string[] = []
    const tocsin = await startTocsin(
      {
        DATABASE_URL: databaseUrl,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(REFUSED)}`,
        TOCSIN_LOG_LEVEL: 'error',
        TOCSIN_MASTER_KEY: generateMasterKey(),
        TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
        TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
      },
      line => said.push(line),
    )
    onTestFinished(() => tocsin.stop())
    await until(
      () =>
        db.execute(sql`
          select from pg_stat_activity
          where datname = current_database() and application_name = 'tocsin dispatch'
        `),
      connections => connections.length > 0,
      'a dispatcher is at work',
    )
    expect(said.filter(line => line.includes('the dispatcher could not be started'))).toHaveLength(
      2,
    )
    expect((await fetch(`${tocsin.url}/healthz`)).status).toBe(200)
  },
)
