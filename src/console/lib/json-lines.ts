/** A few milliseconds' work, however much comes at once. */
const MOST_LINES = 250

/** The values of a body of JSON lines as they come, some at once. What is left early is not fetched to its end. */
export async function* jsonLines<Value>(response: Response): AsyncGenerator<Value[], void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) return
  let rest = ''
  try {
    for (;;) {
      const { done, value = '' } = await reader.read()
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (let at = 0; at < lines.length; at += MOST_LINES) {
        yield lines.slice(at, at + MOST_LINES).map(line => JSON.parse(line) as Value)
      }
      if (done) return
    }
  } finally {
    await reader.cancel()
  }
}

/** The first of them; the rest of a large body is not fetched. */
export async function firstLines<Value>(response: Response, most: number): Promise<Value[]> {
  const found: Value[] = []
  for await (const values of jsonLines<Value>(response)) {
    found.push(...values)
    if (found.length >= most) break
  }
  return found.slice(0, most)
}
