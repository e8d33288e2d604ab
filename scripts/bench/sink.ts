import { parseArgs } from 'node:util'
import { judge, markList } from '../../src/simulator/judge.ts'
import { startMessageCentre } from '../../src/simulator/message-centre.ts'
import { TEXT } from './hand-loop.ts'
import type { Arrived, Counts } from './sink-process.ts'

/**
 * The other end of a bench: a message centre without a limit that answers and keeps the list of all that arrived,
 * in a process of its own. Prints `{"port": …}` when it listens; its counts as one JSON line on SIGTERM, or when
 * the process that forked it goes.
 *
 * A message `'counts'` asks for the most in any sliding second and the times of the first and the last; one of
 * `{recipients}` what became of the phones +15550000001 … since the one before: how many were
 * reached, and how many more than once. `--receipts` sends a receipt for each message.
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
  ...(values.receipts ? {} : { behaviour: { receipts: 'none' as const } }),
})
process.stdout.write(`${JSON.stringify({ port: centre.port })}\n`)

let mark = markList(centre.list)
process.on('message', (asked: 'counts' | { recipients: number }) => {
  if (asked === 'counts') {
    const counts = centre.stats().at(-1)
    const answer: Counts = {
      most: counts?.mostOfferedInASecond ?? 0,
      first: counts?.firstTakenAt ?? 0,
      last: counts?.lastTakenAt ?? 0,
    }
    process.send!(answer)
    return
  }
  const { recipients } = asked
  const verdict = judge(centre.list, expectedPhones(recipients), mark)
  mark = markList(centre.list)
  process.send!({ reached: verdict.reached, twice: verdict.twice.length } satisfies Arrived)
})

function* expectedPhones(recipients: number): Generator<readonly [string, string]> {
  for (let i = 1; i <= recipients; i++) yield [`+1555${String(i).padStart(7, '0')}`, TEXT]
}

const finish = () => {
  process.stdout.write(`${JSON.stringify(centre.stats()[0])}\n`, () => process.exit(0))
}
process.once('disconnect', finish)
process.once('SIGTERM', finish)
