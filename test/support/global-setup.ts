import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty database that nobody connects to: each test file clones it. */
    templateUrl: string
  }
}

/** One cluster a run, without the care for power cuts that a database of tests can spare. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'tocsin-test-'))
  await chmod(directory, 0o711)
  const server = await startEmbeddedPostgres({
    directory,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  })
  await migrateDatabase(server.url)
  project.provide('templateUrl', server.url)
  return async () => {
    await server.stop()
    await rm(await realpath(join(directory, 'cluster')), { recursive: true })
    await rm(directory, { recursive: true })
  }
}
