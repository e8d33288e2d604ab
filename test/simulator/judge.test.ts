import { expect, test } from 'vitest'
import { Arrivals, type Meaning } from '../../src/simulator/arrivals.ts'
import { judge, markList } from '../../src/simulator/judge.ts'

const FLOOD = 'Flash flood. Reply 1 or 2.'
const [ANN, BEN, CAT, DAN] = ['+15550000001', '+15550000002', '+15550000003', '+15550000004']

/** A list in which these texts came to these phones, each in one segment, in this order. */
function aList(...came: readonly (readonly [phone: string, text: string])[]): Arrivals {
  const list = new Arrivals()
  list.addAccount({ carrier: 'North', systemId: 'tocsin' })
  for (const [phone, text] of came) arrive(list, phone, text)
  return list
}

function arrive(list: Arrivals, phone: string, text: string): void {
  const segment = {
    account: 0,
    phone: Number(phone.slice(1)),
    source: list.sourceNumber('72345'),
    text: list.texts.numberOf(text),
    part: 1,
    total: 1,
    reference: 0,
    validSeconds: 0,
    fate: 'delivered' as const,
  }
  list.addSegment(segment, list.now())
}

function answer(list: Arrivals, phone: string, ...meanings: readonly Meaning[]): void {
  for (const meaning of meanings) {
    list.acknowledgeAnswer(list.addAnswer(Number(phone.slice(1)), meaning, meaning, -1))
  }
}

const expected = [ANN, BEN, CAT].map(phone => [phone, FLOOD] as const)

test('all reached once, with the right text, is faultless', () => {
  const verdict = judge(aList([ANN, FLOOD], [BEN, FLOOD], [CAT, FLOOD]), expected)
  expect(verdict).toMatchObject({
    expected: 3,
    reached: 3,
    missed: [],
    refused: [],
    outside: [],
    twice: [],
    extraCopies: 0,
    wrongText: [],
  })
})

test('names who was missed, reached outside, reached twice and sent another text', () => {
  const list = aList([ANN, FLOOD], [ANN, FLOOD], [ANN, FLOOD], [BEN, 'Fire.'], [DAN, FLOOD])
  expect(judge(list, expected)).toMatchObject({
    reached: 1,
    missed: [BEN, CAT],
    outside: [DAN],
    twice: [ANN],
    extraCopies: 2,
    wrongText: [BEN],
  })
})

test('a phone that the carrier refused for good was not missed', () => {
  const list = aList([ANN, FLOOD], [BEN, FLOOD])
  list.addRefusal(Number(CAT.slice(1)))
  expect(judge(list, expected)).toMatchObject({ missed: [], refused: [CAT] })
})

test('parts that never became a message reached nobody', () => {
  const list = aList([ANN, FLOOD], [BEN, FLOOD])
  const text = list.texts.numberOf(FLOOD)
  list.addSegment(
    {
      account: 0,
      phone: Number(CAT.slice(1)),
      source: list.sourceNumber('72345'),
      text,
      part: 1,
      total: 2,
      reference: 1,
      validSeconds: 0,
      fate: 'delivered',
    },
    list.now(),
  )
  expect(judge(list, expected).missed).toEqual([CAT])
})

test('an answer to a STOP, START or HELP is no wrong text, and one each is allowed', () => {
  const list = aList([ANN, FLOOD], [BEN, FLOOD], [CAT, FLOOD])
  answer(list, ANN, 'optOut')
  answer(list, DAN, 'help')
  arrive(list, ANN, 'You are unsubscribed.')
  arrive(list, DAN, 'Call the county.')
  expect(judge(list, expected)).toMatchObject({ outside: [], wrongText: [] })
  arrive(list, ANN, 'You are unsubscribed.')
  expect(judge(list, expected).wrongText).toEqual([ANN])
})

test('a phone counts once, by its last option; an opt-out and HELP are no reply', () => {
  const list = aList([ANN, FLOOD], [BEN, FLOOD], [CAT, FLOOD])
  answer(list, ANN, 'other', 'option:1', 'option:2', 'other')
  answer(list, BEN, 'help', 'optOut')
  answer(list, DAN, 'option:1')
  const verdict = judge(list, expected)
  expect(verdict.tally).toEqual({
    replied: 1,
    noReply: 2,
    byOption: { 2: 1 },
    other: 0,
    optedOut: 1,
    help: 1,
  })
  expect([...verdict.answers]).toEqual([[ANN, 'option:2']])
})

test('free text alone is a reply of its own kind; START takes a STOP back', () => {
  const list = aList([ANN, FLOOD], [BEN, FLOOD])
  answer(list, ANN, 'other')
  answer(list, BEN, 'optOut', 'optIn')
  expect(judge(list, expected).tally).toMatchObject({
    replied: 1,
    byOption: {},
    other: 1,
    optedOut: 0,
  })
})

test('what nobody acknowledged counts nowhere but as such', () => {
  const list = aList([ANN, FLOOD])
  list.addAnswer(Number(ANN.slice(1)), '1', 'option:1', 0)
  expect(judge(list, expected)).toMatchObject({ unacknowledged: 1, tally: { replied: 0 } })
})

test('an alert can be judged by itself, from a mark on', () => {
  const list = aList([ANN, FLOOD], [DAN, FLOOD])
  answer(list, ANN, 'option:1')
  const mark = markList(list)
  for (const phone of [ANN, BEN, CAT]) arrive(list, phone, FLOOD)
  expect(judge(list, expected, mark)).toMatchObject({
    missed: [],
    outside: [],
    twice: [],
    tally: { replied: 0 },
  })
})
