/** The first records of a CSV (RFC 4180), its header not counted; the rest of a large file is not fetched. */
export async function firstRecords(response: Response, most: number): Promise<string[][]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) return []
  let text = ''
  for (;;) {
    const { done, value = '' } = await reader.read()
    text += value
    const records = recordsOf(text, done)
    if (done || records.length > most) {
      await reader.cancel()
      return records.slice(1, most + 1)
    }
  }
}

/** @param isWhole - false: a last record without its line's end is not there yet */
export function recordsOf(text: string, isWhole: boolean): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let field = ''
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (isQuoted) {
      if (character !== '"') field += character
      else if (text[i + 1] === '"') field += text[++i]
      else isQuoted = false
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
  if (isWhole && (field !== '' || record.length > 0)) records.push([...record, field])
  return records
}
