import { expect, test } from 'vitest'
import { Arrivals } from '../../src/simulator/arrivals.ts'
import { answersAsCsv, listAsJsonLines, segmentsAsCsv } from '../../src/simulator/list-export.ts'

function aList(messages: number): Arrivals {
  const list = new Arrivals()
  const account = list.addAccount({ carrier: 'North', systemId: 'tocsin' })
  const text = list.texts.numberOf('Say "1", or 2')
  for (let i = 0; i < messages; i++) {
    list.addSegment(
      {
        account,
        phone: 15_550_000_000 + i,
        source: list.sourceNumber('72345'),
        text,
        part: 1,
        total: 1,
        reference: 0,
        validSeconds: 60,
        fate: 'delivered',
      },
      i,
    )
  }
  return list
}

const lines = (chunks: Iterable<string>, end: string) =>
  [...chunks].join('').split(end).slice(0, -1)

test('finds each of many phones again', () => {
  const list = aList(50_000)
  expect(list.phones).toBe(50_000)
  for (const i of [0, 1, 1023, 1024, 2047, 2048, 33_333, 49_999]) {
    const phone = `+${15_550_000_000 + i}`
    expect(list.messagesOf(phone).map(message => [message.phone, message.at])).toEqual([[phone, i]])
  }
  expect(list.messagesOf('+15559999999')).toEqual([])
})

test('a million messages take less than 100 MB', () => {
  const before = process.memoryUsage()
  const list = aList(1_000_000)
  const after = process.memoryUsage()
  const grown = after.arrayBuffers - before.arrayBuffers
  expect(list.messages).toBe(1_000_000)
  expect(grown / 1e6).toBeLessThan(100)
})

test('exports every segment and answer as JSON lines', () => {
  const list = aList(2_001)
  const answer = list.addAnswer(15_550_000_001, '1', 'option:1', 1)
  list.acknowledgeAnswer(answer)
  list.addAnswer(15_550_000_002, 'STOP', 'optOut', -1)
  const rows = lines(listAsJsonLines(list), '\n').map(line => JSON.parse(line) as object)
  expect(rows).toHaveLength(2_003)
  expect(rows[1]).toMatchObject({
    row: 'segment',
    phone: '+15550000001',
    at: 1,
    messageId: list.firstMessageId + 1,
    text: 'Say "1", or 2',
  })
  expect(rows[2_001]).toMatchObject({
    row: 'answer',
    phone: '+15550000001',
    meaning: 'option:1',
    answers: list.firstMessageId + 1,
  })
  expect(rows[2_002]).toMatchObject({ text: 'STOP', answers: null })
})

test('exports CSV with what needs quotes in quotes', () => {
  const list = aList(1)
  list.addAnswer(15_550_000_000, 'yes, "both"', 'other', 0)
  const segments = lines(segmentsAsCsv(list), '\r\n')
  expect(segments).toEqual([
    'phone,at,carrier,systemId,source,messageId,part,total,reference,validSeconds,fate,text',
    `+15550000000,0,North,tocsin,72345,${list.firstMessageId},1,1,0,60,delivered,"Say ""1"", or 2"`,
  ])
  expect(lines(answersAsCsv(list), '\r\n')[1]).toMatch(
    /^\+15550000000,[\d.]+,,other,"yes, ""both"""$/,
  )
})

test('awaiting what does not come ends with an error', async () => {
  const list = aList(1)
  await expect(list.until(() => list.messages === 2, 20)).rejects.toThrow('20 ms')
})
