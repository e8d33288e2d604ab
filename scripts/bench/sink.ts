import { parseArgs } from 'node:util'
import { startMessageCentre } from '../../src/simulator/message-centre.ts'

/**
 * The other end of a bench: a message centre without a limit that counts and answers, in a process of its own.
 * Prints `{"port": …}` when it listens; its counts as one JSON line on SIGTERM, or when the process that forked it goes.
 * `--receipts` asks for a receipt of each message and keeps the whole list.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    receipts: { type: 'boolean', default: false },
    rate: { type: 'string' },
  },
})

const account = { systemId: 'bench', password: 'bench', aboveLimit: 'count' as const, binds: 64 }
const centre = await startMessageCentre({
  name: 'sink',
  port: Number(values.port),
  accounts: [
    values.rate === undefined ? account : { ...account, segmentsPerSecond: Number(values.rate) },
  ],
  ...(values.receipts ? {} : { list: 'counts' as const }),
})
process.stdout.write(`${JSON.stringify({ port: centre.port })}\n`)

const finish = () => {
  process.stdout.write(`${JSON.stringify(centre.stats()[0])}\n`, () => process.exit(0))
}
process.once('disconnect', finish)
process.once('SIGTERM', finish)
