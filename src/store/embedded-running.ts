import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Where the embedded server of a directory listens, if one runs: for tools that only read beside its owner.
 * Needs the owner's rights on the directory, for the password lies in it.
 */
export async function findRunningServer(directory: string): Promise<string | undefined> {
  const cluster = join(directory, 'cluster')
  try {
    // PostgreSQL's own file: process, directory, start, port, one a line.
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
    const [pid, , , port] = lines
    process.kill(Number(pid), 0)
    const password = (await readFile(join(cluster, 'tocsin.password'), 'utf8')).trim()
    return `postgres://tocsin:${password}@127.0.0.1:${port}/tocsin`
  } catch {
    return undefined
  }
}
