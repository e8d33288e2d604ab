/** The first records of a CSV (RFC 4180), its header not counted; the rest of a large file is not fetched. */
export async function firstRecords(response: Response, most: number): Promise<string[][]> {
  const found: string[][] = []
  for await (const records of recordsIn(response)) {
    found.push(...records)
    if (found.length > most) break
  }
  return found.slice(1, most + 1)
}

/** A few milliseconds' work, however much comes at once. */
const PIECE = 32_768

/** The records of a CSV as they come, some at once. What is left early is not fetched to its end. */
export async function* recordsIn(response: Response): AsyncGenerator<string[][], void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) return
  const read = csvReader()
  try {
    for (;;) {
      const { done, value = '' } = await reader.read()
      for (let at = 0; at < value.length; at += PIECE)
        yield read(value.slice(at, at + PIECE), false)
      if (done) return yield read('', true)
    }
  } finally {
    await reader.cancel()
  }
}

/** @param isWhole - false: a last record without its line's end is not there yet */
export const recordsOf = (text: string, isWhole: boolean): string[][] => csvReader()(text, isWhole)

/** Reads a CSV in pieces, which may end anywhere. @returns the records that each piece brings to their end */
function csvReader(): (piece: string, isLast: boolean) => string[][] {
  let record: string[] = []
  let field = ''
  let isQuoted = false
  // Inside quotes, a quote ends them unless another follows.
  let isAfterQuote = false
  return (piece, isLast) => {
    const records: string[][] = []
    for (const character of piece) {
      if (isAfterQuote) {
        isAfterQuote = false
        isQuoted = character === '"'
        if (isQuoted) {
          field += character
          continue
        }
      }
      if (isQuoted) {
        if (character === '"') isAfterQuote = true
        else field += character
      } else if (character === '"') isQuoted = true
      else if (character === ',') {
        record.push(field)
        field = ''
      } else if (character === '\n') {
        records.push([...record, field])
        record = []
        field = ''
      } else if (character !== '\r') field += character
    }
    if (isLast && (field !== '' || record.length > 0)) records.push([...record, field])
    return records
  }
}

/** With U+FEFF before it, by which spreadsheets know UTF-8. */
export const csvBlob = (parts: readonly BlobPart[]) =>
  new Blob(['\uFEFF', ...parts], { type: 'text/csv;charset=utf-8' })
