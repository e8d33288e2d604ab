/**
 * CSV (RFC 4180) as it comes from people: read as a stream, and never given up on for one bad line.
 *
 * A quote that is opened and not closed is the hard case: it may belong to a value of several lines, or be a
 * slip that swallows all that follows. So a value may run over a few lines; past that its first line is broken,
 * and reading goes on with the next. (csv-parse 7 loses the rest of the file there, and takes three times as
 * long.)
 */
import { FAULTS } from '../faults.ts'

export interface CsvSink {
  /** `line`: where the record begins, the header being 1. */
  record(line: number, fields: string[]): void
  /** `reason`: the words of a fault. */
  broken(line: number, reason: string, text: string): void
}

export interface CsvReader {
  push(text: string): void
  /** No more text: what is unfinished is read as it stands. */
  end(): void
}

/** No row of people's data is as long; past this a line is skipped, so that memory stays flat. */
const MAX_LINE_LENGTH = 65_536
/** Lines and characters of one quoted value, line breaks included. */
const MAX_RECORD = { lines: 20, length: 16_384 }

export function readCsv(sink: CsvSink): CsvReader {
  let unfinished = ''
  let line = 0
  let isSkipping = false
  let open: string[] = []

  function push(text: string): void {
    let from = 0
    for (;;) {
      const end = text.indexOf('\n', from)
      if (end === -1) break
      const tail = text.slice(from, end)
      from = end + 1
      finishLine(tail)
    }
    if (isSkipping) return
    unfinished += text.slice(from)
    if (unfinished.length > MAX_LINE_LENGTH) {
      sink.broken(line + 1, FAULTS.csv_too_long, unfinished)
      unfinished = ''
      isSkipping = true
    }
  }

  function finishLine(tail: string): void {
    line++
    if (isSkipping) {
      isSkipping = false
      return
    }
    let text = unfinished === '' ? tail : unfinished + tail
    unfinished = ''
    if (text.endsWith('\r')) text = text.slice(0, -1)
    takeLine(line, text)
  }

  function takeLine(at: number, text: string): void {
    if (open.length === 0 && !text.includes('"')) {
      if (text !== '') sink.record(at, text.split(','))
      return
    }
    open.push(text)
    const first = at - open.length + 1
    const record = open.join('\n')
    const fields = splitQuoted(record)
    if (typeof fields !== 'string') {
      open = []
      sink.record(first, fields)
    } else if (fields !== OPEN || tooLong(record)) {
      // Closed by another line's quote and followed by nonsense: it was never meant to be closed there.
      giveUp(at, open.length > 1 ? OPEN : fields)
    }
  }

  function tooLong(record: string): boolean {
    return open.length >= MAX_RECORD.lines || record.length > MAX_RECORD.length
  }

  /** The first open line is broken; the others may be rows of their own. */
  function giveUp(at: number, reason: string): void {
    const lines = open
    open = []
    const first = at - lines.length + 1
    sink.broken(first, reason, lines[0] ?? '')
    for (let no = 1; no < lines.length; no++) takeLine(first + no, lines[no]!)
  }

  return {
    push,
    end() {
      if (unfinished !== '') finishLine('')
      while (open.length > 0) giveUp(line, OPEN)
    },
  }
}

const OPEN = FAULTS.csv_open_quote

/** The fields of a record with quotes, or what is wrong with it. */
function splitQuoted(record: string): string[] | string {
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (record[at] === '"') {
      let value = ''
      for (;;) {
        const quote = record.indexOf('"', at + 1)
        if (quote === -1) return OPEN
        value += record.slice(at + 1, quote)
        at = quote + 1
        if (record[at] !== '"') break
        value += '"'
      }
      if (at < record.length && record[at] !== ',') return FAULTS.csv_after_quote
      fields.push(value)
    } else {
      const comma = record.indexOf(',', at)
      const value = record.slice(at, comma === -1 ? undefined : comma)
      if (value.includes('"')) return FAULTS.csv_inner_quote
      // An unquoted value ends with its line: what follows belongs to another record.
      if (value.includes('\n')) return OPEN
      fields.push(value)
      at = comma === -1 ? record.length : comma
    }
    if (at >= record.length) return fields
    at++
    if (at === record.length) {
      fields.push('')
      return fields
    }
  }
}
