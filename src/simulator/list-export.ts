import type { Arrivals } from './arrivals.ts'

/** Rows a chunk: large enough to be quick, small enough that the message centre goes on answering between. */
const ROWS_A_CHUNK = 2_000

/**
 * The list as JSON lines in chunks: a row for each segment (`"row":"segment"`), then a row for each answer
 * (`"row":"answer"`). `at` is in milliseconds since the list began.
 */
export function* listAsJsonLines(list: Arrivals): Generator<string> {
  yield* inChunks(list.segments, i => JSON.stringify({ row: 'segment', ...list.segment(i) }))
  yield* inChunks(list.answers, i => {
    const { message, ...answer } = list.answer(i)
    const answers = message < 0 ? null : list.segment(list.message(message).segment).messageId
    return JSON.stringify({ row: 'answer', ...answer, answers })
  })
}

const COLUMNS = [
  'phone',
  'at',
  'carrier',
  'systemId',
  'source',
  'messageId',
  'part',
  'total',
  'reference',
  'validSeconds',
  'fate',
  'text',
] as const

/** The segments as CSV (RFC 4180) in chunks. */
export function* segmentsAsCsv(list: Arrivals): Generator<string> {
  yield `${COLUMNS.join(',')}\r\n`
  yield* inChunks(
    list.segments,
    i => {
      const segment = list.segment(i)
      return COLUMNS.map(column => quoted(String(segment[column]))).join(',')
    },
    '\r\n',
  )
}

/** The answers as CSV (RFC 4180) in chunks. */
export function* answersAsCsv(list: Arrivals): Generator<string> {
  yield 'phone,at,acknowledgedAt,meaning,text\r\n'
  yield* inChunks(
    list.answers,
    i => {
      const { phone, at, acknowledgedAt, meaning, text } = list.answer(i)
      return [phone, at, acknowledgedAt ?? '', meaning, text].map(v => quoted(String(v))).join(',')
    },
    '\r\n',
  )
}

function* inChunks(rows: number, row: (i: number) => string, end = '\n'): Generator<string> {
  for (let from = 0; from < rows; from += ROWS_A_CHUNK) {
    let chunk = ''
    for (let i = from; i < Math.min(rows, from + ROWS_A_CHUNK); i++) chunk += row(i) + end
    yield chunk
  }
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
