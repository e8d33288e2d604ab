import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts'

/** A directory for an embedded database, and for whatever lies beside it. */
export interface TemporaryDirectory {
  readonly path: string
  /** Removes it, and the cluster in it or in the place that it names, once the server has ended. */
  remove(): Promise<void>
}

/** @param cluster where in the directory the cluster will be */
export async function temporaryDirectory(cluster = 'cluster'): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'tocsin-test-'))
  // The user whom a server of root's runs as may pass through.
  await chmod(path, 0o711)
  return {
    path,
    async remove() {
      await rm(await realpath(join(path, cluster)), { recursive: true, force: true })
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** A server of its own in a temporary directory, without the care for power cuts that tests can spare. */
export async function temporaryCluster(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ server: EmbeddedPostgres; end: () => Promise<void> }> {
  const directory = await temporaryDirectory()
  const server = await startEmbeddedPostgres({
    directory: directory.path,
    settings: { fsync: 'off', full_page_writes: 'off', ...settings },
  })
  return {
    server,
    async end() {
      await server.stop()
      await directory.remove()
    },
  }
}
