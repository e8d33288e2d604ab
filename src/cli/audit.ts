import { join } from 'node:path'
import type { Config } from '../config.ts'
import { verifyChain, type ChainVerdict } from '../signing/hash-chain.ts'
import { readAuditChain } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { findRunningServer } from '../store/embedded-running.ts'
import { startEmbeddedPostgres } from '../store/embedded.ts'

/** Recomputes the audit trail's chain, beside a running service or without one. */
export async function verifyTrail(config: Config): Promise<ChainVerdict> {
  const directory = join(config.dataDirectory, 'postgres')
  const running = config.databaseUrl ?? (await findRunningServer(directory))
  if (running !== undefined) return verifyAt(running)
  const server = await startEmbeddedPostgres({ directory })
  try {
    return await verifyAt(server.url)
  } finally {
    await server.stop()
  }
}

async function verifyAt(url: string): Promise<ChainVerdict> {
  const database = openDatabase(url, { max: 1, applicationName: 'tocsin audit' })
  try {
    return await verifyChain(readAuditChain(database.db))
  } finally {
    await database.close()
  }
}
