import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createIntake } from '../../src/dispatch/intake.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { understandReply } from '../../src/inbound/keywords.ts'
import { test } from '../support/database.ts'
import { fc } from '../support/property.ts'
import { answersTo, inboundOf, later, noon, say, tallyOf } from '../support/replies.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const options = [
  { code: '1', label: 'Safe', words: ['safe'], urgent: false },
  { code: '2', label: 'Need help', words: [], urgent: true },
]

test('texts of ten kilobytes and of any octets are kept, and count as nothing that was not said', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const long = ['1'.repeat(10_000), 'safe '.repeat(2_000), '\n'.repeat(10_000), '“'.repeat(10_000)]
  const binary = ['latin1', 'utf16le', 'utf8', 'binary'].map(encoding =>
    randomBytes(10_240).toString(encoding as BufferEncoding),
  )
  const texts = [...long, ...binary, '\0'.repeat(10_000), '\ud800'.repeat(5_000), '']
  const phones = texts.map(() => aPhone())
  const recipients = phones.map(phone => ({ phone, carrierId }))
  const alertId = await aSentAlert(db, { options, recipients })
  await recordReplies(
    db,
    carrierId,
    texts.map((text, i) => say(phones[i]!, text)),
    noon,
  )
  expect(await tallyOf(db, alertId)).toEqual({ other: texts.length })
  const [kept] = await inboundOf(db, phones[1]!)
  expect(kept?.text).toBe(long[1])
})

test('no text is too strange to be understood', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom(
      '1',
      ' ',
      '\n',
      '>',
      '“',
      '-- ',
      'safe',
      'stop',
      'HELP',
      '不',
      'لا',
      '\ufe0f',
      '?',
    ),
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 30 }), pieces => {
      const text = pieces.join('')
      const { kind, code } = understandReply(text, options)
      // Whatever counts is made of what somebody can have meant by it.
      if (kind === 'option') expect(text).toMatch(/[12١٢１２①②]|safe|one|two/iu)
      if (kind === 'option') expect(['1', '2']).toContain(code)
    }),
    { numRuns: 2_000 },
  )
})

test('a text that comes a thousand times is one', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const [named, unnamed] = [aPhone(), aPhone()]
  const recipients = [named, unnamed].map(phone => ({ phone, carrierId }))
  const alertId = await aSentAlert(db, { options, recipients })
  for (let round = 0; round < 10; round++) {
    const replayed = Array.from({ length: 100 }, () => [
      { ...say(named, 'HELP'), id: 'SM1' },
      say(unnamed, 'HELP'),
    ])
    await recordReplies(db, carrierId, replayed.flat(), later(round / 2))
  }
  expect(await tallyOf(db, alertId)).toEqual({ 2: 2 })
  for (const phone of [named, unnamed]) {
    expect(await inboundOf(db, phone)).toHaveLength(1)
    expect(await answersTo(db, phone)).toEqual(['help'])
  }
})

test('a phone counts in the alerts that it was sent, and in no other', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const [mine, theirs, nobodys] = [aPhone(), aPhone(), aPhone()]
  const here = await aSentAlert(db, {
    options,
    code: '5',
    recipients: [{ phone: mine, carrierId }],
  })
  const there = await aSentAlert(db, { options, recipients: [{ phone: theirs, carrierId }] })
  const texts = [theirs, nobodys].flatMap(phone => [say(phone, '5 1'), say(phone, '2')])
  await recordReplies(db, carrierId, texts, noon)
  expect(await tallyOf(db, here)).toEqual({})
  expect(await tallyOf(db, there)).toEqual({ 2: 1 })
})

test(
  'a phone that floods us holds nobody back, and hides nobody who needs help',
  { timeout: 120_000 },
  async ({ db }) => {
    const carrierId = await aCarrier(db)
    const flooding = aPhone()
    const others = Array.from({ length: 200 }, () => aPhone())
    const recipients = [flooding, ...others].map(phone => ({ phone, carrierId }))
    const alertId = await aSentAlert(db, { options, recipients })
    const ids = new MessageIds(db, carrierId)
    const intake = createIntake(
      db,
      ids,
      startCounts(),
      () => Promise.resolve(),
      () => undefined,
    )
    const FLOOD = 20_000
    const stored = new Map<string, number>()
    let refused = 0
    const hear = (from: string, text: string) =>
      intake.reply({
        ...say(from, text),
        acknowledge(isStored) {
          if (isStored) stored.set(from, (stored.get(from) ?? 0) + 1)
          else refused++
        },
      })
    const said = ['1', '2', 'STOP', 'START', 'HELP', 'x']
    for (let i = 0; i < FLOOD; i++) {
      hear(flooding, `${said[i % said.length]}${i % 12 < 6 ? '' : ` ${i}`}`)
      if (i % 100 === 0) hear(others[i / 100]!, i % 1_000 === 0 ? 'HELP' : '1')
    }
    await intake.flush()
    expect(refused).toBe(0)
    expect(stored.get(flooding)).toBe(FLOOD)
    expect(others.filter(phone => stored.get(phone) !== 1)).toEqual([])
    const tally = await tallyOf(db, alertId)
    expect((tally['1'] ?? 0) + (tally['2'] ?? 0)).toBe(201)
    expect(tally['2']).toBeGreaterThanOrEqual(20)
    const urgent = await db.execute(sql`
      select distinct phone from inbound
      where alert_id = ${alertId}::uuid and urgent and phone <> ${flooding}
    `)
    expect(urgent).toHaveLength(20)
    // It is answered as any phone is: one of each kind.
    expect((await answersTo(db, flooding)).toSorted()).toEqual(['help', 'optIn', 'optOut'])
  },
)
