import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { understandReply, type Understood } from '../../src/inbound/keywords.ts'

const listOf = (...lines: readonly string[]) => lines.flatMap(line => line.split(', '))

/** An alert that asks in six languages. */
const options = [
  {
    code: '1',
    label: 'Safe',
    words: listOf(
      'safe, ok, yes, 👍, sí, a salvo, estoy bien, seguro',
      'oui, en sécurité, sain et sauf, 安全, 平安, an toàn, tôi ổn',
      'نعم, آمن, بخير',
    ),
    urgent: false,
  },
  {
    code: '2',
    label: 'Need help',
    words: listOf(
      "help me, can't leave, trapped, मदद, necesito ayuda, atrapado",
      "besoin d'aide, coincé, 需要帮助, 被困, cần giúp đỡ, mắc kẹt",
      'أحتاج مساعدة, عالق',
    ),
    urgent: true,
  },
  {
    code: 'B7',
    label: 'Evacuated',
    words: ['gone', 'evacuado', 'évacué', '已撤离', 'đã sơ tán', 'تم الإخلاء'],
    urgent: false,
  },
]

const option = (code: string): Understood => ({ kind: 'option', code })
const kind = (name: 'optOut' | 'optIn' | 'help' | 'other'): Understood => ({ kind: name })

/** A line each: the language, what was meant, the text as JSON. Judged by hand. */
const TABLE = readFileSync(new URL('../data/replies.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => {
    const [language = '', meant = '', text = ''] = line.split('\t')
    return { language, meant, text: JSON.parse(text) as string }
  })

const inWords = ({ kind: name, code, urgent, review, automatic }: Understood) =>
  [
    name,
    ...(code === undefined ? [] : [code]),
    ...(urgent === true ? ['urgent'] : []),
    ...(review === undefined ? [] : ['review']),
    ...(automatic === true ? ['automatic'] : []),
  ].join(' ')

test('the table has hundreds of replies, in six languages at the least', () => {
  expect(TABLE.length).toBeGreaterThan(300)
  expect(new Set(TABLE.map(({ language }) => language)).size).toBeGreaterThanOrEqual(6)
})

test.each(TABLE)('pitfall 37: $language $text is $meant', ({ text, meant }) => {
  expect(inWords(understandReply(text, options))).toBe(meant)
})

const NEGATIONS = listOf(
  "not, no, never, isn't, un, no estoy, nunca, tampoco, ne suis pas, pas",
  '不, 没, 没有, 未, 还没, không, chưa, غير, لست, ليس, لا, لسنا',
)

test('pitfall 37: whatever is denied, doubted or asked is no acknowledgement', () => {
  const words = options.flatMap(({ label, words: others }) => [label, ...others])
  for (const word of words) {
    for (const no of NEGATIONS) {
      for (const text of [`${no} ${word}`, `${no}${word}`, `I am ${no} ${word}`, `${word} ${no}`]) {
        expect([text, understandReply(text, options).kind]).not.toEqual([text, 'option'])
      }
    }
    for (const text of [`${word}?`, `${word} ？`, `هل ${word}؟`, `${word} ❌`, `if ${word}`]) {
      expect([text, understandReply(text, options).kind]).not.toEqual([text, 'option'])
    }
  }
})

test('pitfall 37: a slip is heard in long words alone, and never where it is another word', () => {
  const asks = [{ code: '1', label: 'Going', words: ['here now', 'injured'], urgent: false }]
  for (const text of ['goign', 'gonig', 'goong', 'gooing', 'injurd', 'we are injuerd']) {
    expect([text, understandReply(text, asks)]).toEqual([text, option('1')])
  }
  for (const text of ['doing', 'goin', 'hers now', 'here nov', 'uninjured', 'gnoi']) {
    expect([text, understandReply(text, asks).kind]).toEqual([text, 'other'])
  }
  const near = [
    { code: '1', label: 'Forty', words: [], urgent: false },
    { code: '2', label: 'Forth', words: [], urgent: false },
  ]
  expect(understandReply('fortt', near)).toEqual(kind('other'))
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
