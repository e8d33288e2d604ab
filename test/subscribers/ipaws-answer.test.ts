import { expect, test } from 'vitest'
import { readPostAnswer } from '../../src/subscribers/ipaws/answer.ts'
import { judgeChannels, refusingChannels } from '../../src/subscribers/ipaws/outcome.ts'
import { type Item, postAnswer, soapFault, TAKEN } from '../support/aggregator.ts'
import { fc } from '../support/property.ts'

const ID = '018f0000-0000-7000-8000-000000000000'
const read = (xml: string, id = ID) => readPostAnswer(Buffer.from(xml), id)

/** What an answer with these items comes to. */
function judged(items: readonly Item[]) {
  const answer = read(postAnswer(ID, items))
  if (answer.kind !== 'channels') throw new Error(answer.kind)
  return { ...judgeChannels(answer.channels), refusing: refusingChannels(answer.channels) }
}

test.for<[string, readonly Item[], ReturnType<typeof judged>]>([
  ['all have taken it', TAKEN, { state: 'delivered', fault: null, refusing: '' }],
  [
    'one channel that says both has not taken it',
    [...TAKEN, ['EAS', '511', 'Y', 'cog-not-permitted']],
    { state: 'partial', fault: 'channel_error', refusing: 'EAS 511' },
  ],
  [
    'none has taken it',
    [['IPAWS', '307', 'Y', 'reference-element-invalid']],
    { state: 'failed', fault: 'channel_error', refusing: 'IPAWS 307' },
  ],
  [
    'a bad signature, whatever else is said',
    [
      ['CAPEXCH', '200', 'N', 'Ack'],
      ['CAPEXCH', '208', 'Y', 'alert-signature-is-not-valid'],
      ['PUBLIC', '800', 'N', 'Ack'],
    ],
    { state: 'failed', fault: 'bad_signature', refusing: 'CAPEXCH 208' },
  ],
  [
    'a certificate that is not trusted',
    [['CAPEXCH', '221', 'Y', 'not-trusted']],
    { state: 'failed', fault: 'bad_signature', refusing: 'CAPEXCH 221' },
  ],
  [
    'a duplicate is there already',
    [['CAPEXCH', '222', 'Y', 'Duplicate-Message']],
    { state: 'delivered', fault: 'duplicate', refusing: 'CAPEXCH 222' },
  ],
  [
    'a duplicate beside another error is no arrival',
    [
      ['CAPEXCH', '222', 'Y', 'duplicate-message'],
      ['EAS', '511', 'Y', 'cog-not-permitted'],
    ],
    { state: 'failed', fault: 'channel_error', refusing: 'CAPEXCH 222, EAS 511' },
  ],
])('%s', ([, items, expected]) => {
  expect(judged(items)).toEqual(expected)
})

test('a fault is theirs to word, in one line that one can read', () => {
  const said = `\u0007${'long '.repeat(200)}`.replace('\u0007', '&#x202e;')
  const answer = read(soapFault('S:Client', said))
  expect(answer).toMatchObject({ kind: 'fault' })
  if (answer.kind !== 'fault') return
  expect(answer.said).toMatch(/^S:Client: +long long/)
  expect(answer.said.length).toBeLessThanOrEqual(300)
  expect(answer.said).not.toMatch(/\p{Cf}/u)
})

test('what a channel is called and its code go to the trail: neither holds prose', () => {
  for (const item of [
    ['call +15550100001 now', '200', 'N', 'Ack'],
    ['EAS', '200 or so', 'N', 'Ack'],
    ['EAS', '', 'N', 'Ack'],
  ] as const) {
    expect(read(postAnswer(ID, [item]))).toEqual({ kind: 'nothing' })
  }
})

test('an answer that is cut or changed anywhere says nothing that the whole one does not', () => {
  const whole = postAnswer(ID, TAKEN)
  const taken = read(whole)
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(40),
      fc.string({ maxLength: 4 }),
      (at, removed, put) => {
        const changed = whole.slice(0, at) + put + whole.slice(at + removed)
        const answer = read(changed)
        if (answer.kind !== 'channels') return
        // Fewer items or other words, maybe; never one without its error, and never of another message.
        for (const { channel, code, error } of answer.channels) {
          expect([typeof channel, typeof error]).toEqual(['string', 'boolean'])
          expect(code).toMatch(/^\d+$/)
        }
        expect(changed.includes(ID) || !changed.includes('>identifier<')).toBe(true)
      },
    ),
  )
  for (let cut = 1; cut < whole.length; cut += 7) {
    expect(read(whole.slice(0, -cut)).kind).toBe('nothing')
  }
  expect(taken.kind).toBe('channels')
  expect(read(whole, 'another').kind).toBe('nothing')
})
