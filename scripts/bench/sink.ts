import { parseArgs } from 'node:util'
import { judge, markList } from '../../src/simulator/judge.ts'
import { startMessageCentre } from '../../src/simulator/message-centre.ts'
import { createPhones } from '../../src/simulator/phones.ts'
import { languageNoOf, textsOf } from './cases.ts'
import type { Arrived, Asked, Chorus, Counts, Spoken } from './sink-process.ts'

/**
 * The other end of a bench: a message centre without a limit that answers and keeps the list of all that arrived,
 * in a process of its own, with the accounts `bench`, `bench2` and `bench3`. Prints `{"port": …}` when it listens;
 * its counts as one JSON line on SIGTERM, or when the process that forked it goes.
 *
 * A message `'counts'` asks for the `Counts` of the first account; `'owed'` for how many receipts and answers are
 * still to be acknowledged; `Asked` what became of the phones +15550000001 … since it was asked before; a `Chorus` lets
 * phones speak of themselves, at its rate, and is answered with when they did. `--receipts`
 * sends a receipt for each segment; `--replies 0.2` lets so many phones answer what is not the loop's by hand;
 * `--throttle` refuses what is above `--rate`, which else is only counted; `--counts` keeps no list.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    receipts: { type: 'boolean', default: false },
    replies: { type: 'string', default: '0' },
    rate: { type: 'string' },
    throttle: { type: 'boolean', default: false },
    counts: { type: 'boolean', default: false },
  },
})

const account = {
  password: 'bench',
  aboveLimit: values.throttle ? ('throttle' as const) : ('count' as const),
  binds: 64,
}
const say = (text: string, weight: number) => ({
  weight,
  say: [{ text, means: `option:${text}` as const }],
})
const centre = await startMessageCentre({
  name: 'sink',
  port: Number(values.port),
  accounts: ['bench', 'bench2', 'bench3'].map(systemId => ({
    ...account,
    systemId,
    ...(values.rate === undefined ? {} : { segmentsPerSecond: Number(values.rate) }),
  })),
  ...(values.counts ? { list: 'counts' as const } : {}),
  ...(values.receipts ? {} : { behaviour: { receipts: 'none' as const } }),
  ...(values.replies === '0'
    ? {}
    : {
        phones: createPhones({
          seed: 1,
          rules: [
            {
              when: '(warning|inundación) [1-9]',
              share: Number(values.replies),
              delay: { ms: 200, spreadMs: 600 },
              choices: [say('1', 4), say('2', 1)],
            },
          ],
        }),
      }),
})
process.stdout.write(`${JSON.stringify({ port: centre.port })}\n`)

let mark = markList(centre.list)
process.on('message', (asked: 'counts' | 'owed' | Asked | Chorus) => {
  if (asked === 'counts') {
    const counts = centre.stats()[0]
    const answer: Counts = {
      most: counts?.mostOfferedInASecond ?? 0,
      first: counts?.firstTakenAt ?? 0,
      last: counts?.lastTakenAt ?? 0,
      now: centre.list.now(),
      taken: counts?.submitted.ESME_ROK ?? 0,
      throttled: counts?.submitted.ESME_RTHROTTLED ?? 0,
    }
    process.send!(answer)
  } else if (asked === 'owed') process.send!(centre.owed)
  else if ('voices' in asked) void sing(asked).then(spoken => process.send!(spoken))
  else {
    const verdict = judge(centre.list, expectedPhones(asked), mark)
    mark = markList(centre.list)
    const { reached, twice, tally } = verdict
    process.send!({ reached, twice: twice.length, replied: tally.replied } satisfies Arrived)
  }
})

const TICK_MS = 5

async function sing({ voices, perSecond, accounts, to }: Chorus): Promise<Spoken> {
  const spoken: { at: number; said: number }[] = []
  const startedAt = performance.now()
  for (let said = 0; said < voices;) {
    await new Promise(resolve => setTimeout(resolve, TICK_MS))
    const due = Math.min(voices, Math.floor(((performance.now() - startedAt) / 1000) * perSecond))
    for (; said < due; said++) {
      const text = said % 5 === 4 ? '2' : '1'
      const from = `+1555${String(said + 1).padStart(7, '0')}`
      centre.say(accounts[said % accounts.length]!, from, to, { text, means: `option:${text}` })
    }
    spoken.push({ at: performance.timeOrigin + performance.now(), said })
  }
  return spoken
}

function* expectedPhones({
  recipients,
  texts,
  round,
}: Asked): Generator<readonly [string, string]> {
  const all = textsOf(texts, round)
  for (let i = 1; i <= recipients; i++) {
    yield [`+1555${String(i).padStart(7, '0')}`, all[languageNoOf(texts, i)]!]
  }
}

const finish = () => {
  process.stdout.write(`${JSON.stringify(centre.stats())}\n`, () => process.exit(0))
}
process.once('disconnect', finish)
process.once('SIGTERM', finish)
