import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { understandReply, type Understood } from '../../src/inbound/keywords.ts'

const options = [
  { code: '1', label: 'Safe', words: ['safe', 'ok', 'yes', 'sí', '👍'], urgent: false },
  { code: '2', label: 'Need help', words: ['help me', "can't leave", 'मदद'], urgent: true },
  { code: 'B7', label: 'Evacuated', words: ['gone'], urgent: false },
]

const option = (code: string): Understood => ({ kind: 'option', code })
const kind = (name: 'optOut' | 'optIn' | 'help' | 'other'): Understood => ({ kind: name })

const TABLE: readonly (readonly [text: string, meant: Understood])[] = [
  // Codes, as phones write them.
  ['1', option('1')],
  ['1.', option('1')],
  [' 1 !', option('1')],
  ['#1', option('1')],
  ['①', option('1')],
  ['1️⃣', option('1')],
  ['１', option('1')],
  ['١', option('1')],
  ['۲', option('2')],
  ['१', option('1')],
  ['২', option('2')],
  ['"2"', option('2')],
  ['(2)', option('2')],
  ['“1”', option('1')],
  ['\n1\r\n', option('1')],
  ['1\u200b', option('1')],
  ['b7', option('B7')],
  ['B7.', option('B7')],
  ['1 please', option('1')],
  ['1 thanks', option('1')],
  // Words.
  ['Safe', option('1')],
  ['SAFE!!!', option('1')],
  ['ok 👍🏽', option('1')],
  ['👍🏽', option('1')],
  ['Si', option('1')],
  ['SÍ', option('1')],
  ['si\u0301', option('1')],
  ['Yes', option('1')],
  ['need help', option('2')],
  ['HELP ME', option('2')],
  ['help  me please', option('2')],
  ['cant leave', option('2')],
  ['Can’t leave', option('2')],
  ['मदद', option('2')],
  ['1 safe', option('1')],
  ['1, Safe.', option('1')],
  ['2 - need help', option('2')],
  ['Evacuated', option('B7')],
  // Chat is never an acknowledgement.
  ['I am not safe', kind('other')],
  ['not safe', kind('other')],
  ['safe?', kind('other')],
  ['is it safe', kind('other')],
  ['1 not safe', kind('other')],
  ['1 need help', kind('other')],
  ['2 safe', kind('other')],
  ['12', kind('other')],
  ['1 2', kind('other')],
  ['1/2', kind('other')],
  ['½', kind('other')],
  ['1.5', kind('other')],
  ['11', kind('other')],
  ['one of us is safe', kind('other')],
  ['ok but my mother needs help', kind('other')],
  ['3', kind('other')],
  ['', kind('other')],
  ['   ', kind('other')],
  ['🆘', kind('other')],
  ['unsafe', kind('other')],
  // Opt-outs.
  ['Stop', kind('optOut')],
  ['STOP.', kind('optOut')],
  [' Stop. ', kind('optOut')],
  ['STOP STOP stop', kind('optOut')],
  ['stop please', kind('optOut')],
  ['STOP\0', kind('optOut')],
  ['«Stop»', kind('optOut')],
  ['S T O P', kind('optOut')],
  ['s.t.o.p', kind('optOut')],
  ['Arrêtez', kind('optOut')],
  ['ARRÊTER svp', kind('optOut')],
  ['i want to opt out', kind('other')],
  ['please stop', kind('optOut')],
  ['Stop, thank you!', kind('optOut')],
  ['ＳＴＯＰ', kind('optOut')],
  ['🛑 STOP 🛑', kind('optOut')],
  ['"stop"', kind('optOut')],
  ['opt-out', kind('optOut')],
  ['Opt Out', kind('optOut')],
  ['OPTOUT', kind('optOut')],
  ['stop-all', kind('optOut')],
  ['arrêt', kind('optOut')],
  ['ARRE\u0302T', kind('optOut')],
  ['arret svp', kind('optOut')],
  ['stopp', kind('optOut')],
  ['STOOOOP', kind('optOut')],
  ['sotp', kind('optOut')],
  ['unsubcribe', kind('optOut')],
  ['unsubscrible', kind('optOut')],
  ['END', kind('optOut')],
  ['Cancel', kind('optOut')],
  // Not opt-outs; a person reads them.
  ["don't stop", kind('other')],
  ['bus stop flooded', kind('other')],
  ['shop', kind('other')],
  ['step', kind('other')],
  ['top', kind('other')],
  ['stops', kind('other')],
  ['please stop texting me', kind('other')],
  ['when does it end', kind('other')],
  ['1 stop', kind('other')],
  // Help and opting in again.
  ['HELP', kind('help')],
  ['help?', kind('help')],
  ['Info', kind('help')],
  ['AIDE', kind('help')],
  ['START', kind('optIn')],
  ['Unstop!', kind('optIn')],
]

test.each(TABLE)('pitfall 37: %j is understood', (text, meant) => {
  expect(understandReply(text, options)).toEqual(meant)
})

test('pitfall 37: every official word is what its carrier says it is, whatever an alert asks', () => {
  const official = JSON.parse(
    readFileSync(new URL('../data/reply-keywords.json', import.meta.url), 'utf8'),
  ) as Record<'opt_out' | 'opt_in' | 'help', { text: string }[]>
  const asks = [{ code: '1', label: 'Safe', words: [], urgent: false }]
  for (const { text } of official.opt_out) {
    expect([text, understandReply(text, [])]).toEqual([text, kind('optOut')])
    expect([text, understandReply(text, asks)]).toEqual([text, kind('optOut')])
  }
  for (const { text } of official.help) expect(understandReply(text, asks)).toEqual(kind('help'))
  for (const { text } of official.opt_in) expect(understandReply(text, [])).toEqual(kind('optIn'))
})

test('pitfall 37: an opt-out beats an option that has taken its word', () => {
  const careless = [{ code: 'END', label: 'Stop', words: ['cancel', 'quit'], urgent: false }]
  for (const text of ['end', 'STOP', 'cancel', 'Quit']) {
    expect(understandReply(text, careless)).toEqual(kind('optOut'))
  }
})

test('pitfall 47: YES answers an alert that asks, and opts in only where none does', () => {
  const asks = [{ code: '1', label: 'Safe', words: ['safe'], urgent: false }]
  expect(understandReply('YES', options)).toEqual(option('1'))
  expect(understandReply('YES', asks)).toEqual(kind('other'))
  expect(understandReply('YES', [])).toEqual(kind('optIn'))
})

test('a word that two options share is none of them', () => {
  const twins = [
    { code: '1', label: 'Here', words: ['ok'], urgent: false },
    { code: '2', label: 'There', words: ['OK'], urgent: false },
  ]
  expect(understandReply('ok', twins)).toEqual(kind('other'))
})

test('a text as long as any is understood at once', () => {
  const long = 'stop it '.repeat(20_000)
  const before = performance.now()
  expect(understandReply(long, options)).toEqual(kind('other'))
  expect(performance.now() - before).toBeLessThan(500)
})
