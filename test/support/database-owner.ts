/** A process that owns an embedded database until it is told, or made, to end: `stop`, `exit`, or a kill. */
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'

const server = await startEmbeddedPostgres({
  directory: process.argv[2]!,
  settings: { fsync: 'off' },
})
process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid })}\n`)
process.stdin.once('data', () => process.exit(0))
