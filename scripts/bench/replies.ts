/**
 * bench:replies: what it costs to understand a reply, and how many a second are recorded, each in the rows and
 * counters that make it durable, by one process, with a recount at the end. The limits are the contract's: 10,000 a
 * second; a reply in a few microseconds, however it is written.
 *
 * `--recipients 200000`, of whom each replies once, some twice; `--carriers 2` of them, heard at the same time.
 * `--flood 100000`: then one phone sends so many texts, no two of them the same, and a hundred others one each in
 * the midst: how long the slowest of those waits for its turn, behind a window of a thousand.
 * Starts a PostgreSQL of its own in a temporary directory.
 */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import { understandReply } from '../../src/inbound/keywords.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { recount } from '../../src/reports/recount.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { aCarrier, aPhone, aSentAlert } from '../../test/support/sent-alert.ts'
import { scratchDirectory } from '../rehearsal.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '200000' },
    carriers: { type: 'string', default: '2' },
    flood: { type: 'string', default: '100000' },
  },
})
const GOAL = 10_000
const MICROS = { short: 10, chat: 50, long: 1_000 }
/** As the dispatcher writes them at the most. */
const BATCH = 1_000

const options = [
  { code: '1', label: 'Safe', words: ['safe', 'ok', 'a salvo'], urgent: false },
  { code: '2', label: 'Need help', words: ['help me', 'necesito ayuda'], urgent: true },
]
const SHORT = ['1', ' 2 ', '1.', 'Safe!', 'ok', 'Help me', 'STOP', 'necesito ayuda', 'We are safe']
const CHAT = [
  'we lost power and the creek is at the door 😟',
  'Which road is still open?',
  "I'm not safe, my mother can't walk",
  '¿Dónde está el refugio? No estamos en casa',
]
const LONG = ['safe '.repeat(2_000), '\n'.repeat(10_000), '“don’t stop '.repeat(900)]

const say = (line: string) => process.stdout.write(`${line}\n`)
let isSlow = false
const judged = (what: string, figure: number, limit: number, isWithin: boolean, unit: string) => {
  isSlow ||= !isWithin
  say(
    `${what.padEnd(34)} ${figure.toLocaleString('en')} ${unit} (limit ${limit.toLocaleString('en')})`,
  )
}

for (const [what, texts, limit] of [
  ['short', SHORT, MICROS.short],
  ['chat', CHAT, MICROS.chat],
  ['long', LONG, MICROS.long],
] as const) {
  const rounds = what === 'long' ? 3_000 : 200_000
  const read = (count: number) => {
    for (let i = 0; i < count; i++) understandReply(texts[i % texts.length]!, options)
  }
  read(rounds / 10)
  const startedAt = performance.now()
  read(rounds)
  const micros = Number((((performance.now() - startedAt) * 1_000) / rounds).toFixed(2))
  judged(`${what} texts understood`, micros, limit, micros <= limit, 'µs each')
}

const directory = await scratchDirectory('bench')
const server = await startEmbeddedPostgres({ directory })
try {
  await migrateDatabase(server.url)
  const { db, close } = openDatabase(server.url, { deadlineMs: 600_000 })
  const count = Number(values.carriers)
  const carriers: string[] = []
  while (carriers.length < count) carriers.push(await aCarrier(db))
  await sustained(db, carriers)
  await flooded(db, carriers[0]!)
  await close()
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}
process.exitCode = isSlow ? 1 : 0

async function sustained(db: Database, carriers: readonly string[]): Promise<void> {
  const recipients = Array.from({ length: Number(values.recipients) }, (_one, i) => ({
    phone: aPhone(),
    carrierId: carriers[i % carriers.length]!,
    groupNos: i % 3 === 0 ? [0] : [],
  }))
  const groups = [{ id: randomUUID(), name: 'Schools' }]
  const alertId = await aSentAlert(db, { options, groups, recipients })
  let heard = 0
  const startedAt = performance.now()
  await Promise.all(
    carriers.map(async carrierId => {
      const mine = recipients.filter(recipient => recipient.carrierId === carrierId)
      const texts = mine.flatMap(({ phone }, i) => {
        const text = (i % 12 === 0 ? CHAT : SHORT)[i % 4]!
        const first = { from: phone, to: '72345', text }
        return i % 10 === 0 ? [first, { ...first, text: '1' }] : [first]
      })
      for (let at = 0; at < texts.length; at += BATCH) {
        await recordReplies(db, carrierId, texts.slice(at, at + BATCH))
      }
      heard += texts.length
    }),
  )
  const perSecond = Math.round((heard * 1_000) / (performance.now() - startedAt))
  judged('replies recorded', perSecond, GOAL, perSecond >= GOAL, 'a second')
  await assertRecount(db, alertId, recipients.length)
}

async function assertRecount(db: Database, alertId: string, replied: number): Promise<void> {
  const { tallies } = await recount(db, alertId)
  const { counters, rows } = tallies
  if (JSON.stringify(counters) !== JSON.stringify(rows)) throw new Error('the tallies are off')
  const total = counters.filter(one => one.dimension === 'total' && one.option !== 'optedOut')
  const counted = total.reduce((sum, one) => sum + one.count, 0)
  say(
    `${counted.toLocaleString('en')} of ${replied.toLocaleString('en')} recipients replied; counters equal a recount`,
  )
}

async function flooded(db: Database, carrierId: string): Promise<void> {
  const flooding = aPhone()
  const others = Array.from({ length: 100 }, () => aPhone())
  const alertId = await aSentAlert(db, {
    options,
    recipients: [flooding, ...others].map(phone => ({ phone, carrierId })),
  })
  const flood = Number(values.flood)
  const texts = Array.from({ length: flood }, (_one, i) => ({
    from: flooding,
    to: '72345',
    text: i % 2 === 0 ? `${(i % 4) / 2 + 1}` : `still here ${i}`,
  }))
  const every = Math.floor(flood / others.length)
  for (const [i, from] of others.entries()) {
    texts.splice((i + 1) * every - 1, 0, { from, to: '72345', text: 'HELP' })
  }
  let slowest = 0
  const startedAt = performance.now()
  for (let at = 0; at < texts.length; at += BATCH) {
    const batchAt = performance.now()
    await recordReplies(db, carrierId, texts.slice(at, at + BATCH))
    slowest = Math.max(slowest, performance.now() - batchAt)
  }
  const perSecond = Math.round((texts.length * 1_000) / (performance.now() - startedAt))
  judged('of one phone’s flood, recorded', perSecond, GOAL, perSecond >= GOAL, 'a second')
  // Who is heard while a batch is written is in the next.
  judged('the slowest of the others', Math.round(2 * slowest), 2_000, slowest < 1_000, 'ms')
  const urgent = await db.execute(sql`
    select distinct phone from inbound where alert_id = ${alertId}::uuid and urgent and phone <> ${flooding}
  `)
  if (urgent.length !== others.length) throw new Error('somebody who needs help was not seen')
  await assertRecount(db, alertId, others.length + 1)
}
