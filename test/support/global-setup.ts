import type { TestProject } from 'vitest/node'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { unpackBrowser } from './browser.ts'
import { temporaryCluster } from './cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty database that nobody connects to: each test file clones it. */
    templateUrl: string
  }
}

/** One cluster a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await unpackBrowser()
  const { server, end } = await temporaryCluster({ synchronous_commit: 'off' })
  await migrateDatabase(server.url)
  project.provide('templateUrl', server.url)
  return end
}
