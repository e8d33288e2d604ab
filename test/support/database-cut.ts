/**
 * A client whose database connections are cut in the middle of a transaction, in a process of its own: what the
 * driver throws then would otherwise be the test runner's. Prints `survived` when a later query is answered.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../src/store/database.ts'

const target = new URL(process.argv[2] ?? '')
const serverPort = Number(target.port)
const clients = new Set<Socket>()
const proxy = createServer(client => {
  const server = connect(serverPort, target.hostname)
  clients.add(client)
  client.pipe(server).pipe(client)
  for (const socket of [client, server]) socket.on('error', () => undefined)
})
await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
target.port = String((proxy.address() as AddressInfo).port)

const { db } = openDatabase(target.href, { max: 2, deadlineMs: 3_000 })
for (let round = 0; round < 3; round++) {
  const transaction = db.transaction(async tx => {
    await tx.execute(sql`select 1`)
    await tx.execute(sql`select pg_sleep(2)`)
  })
  const ended = transaction.then(
    () => 'done',
    () => 'refused',
  )
  await new Promise(resolve => setTimeout(resolve, 200))
  // An orderly end, as from a proxy or a server that shuts down.
  for (const client of clients) client.end()
  clients.clear()
  if ((await ended) !== 'refused') throw new Error('a transaction outlived its connection')
}
await db.execute(sql`select 1`)
process.stdout.write('survived\n', () => process.exit(0))
