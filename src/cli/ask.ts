import { createInterface } from 'node:readline/promises'

/**
 * Asks whoever types.
 *
 * @throws Error where the input ends without an answer, which says what to do `instead`
 */
export async function ask(
  question: string,
  { instead, echo = 'shown' }: { readonly instead: string; readonly echo?: 'shown' | 'hidden' },
): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: true })
  // Readline leaves a question open for ever, and Node then ends by itself as if nothing had been asked.
  const closed = new Promise<never>((_resolve, reject) => {
    terminal.once('close', () => reject(new Error(`no answer: ${instead}`)))
  })
  const answer = terminal.question(question)
  // Readline has no hidden mode: what it would echo from now on is swallowed.
  if (echo === 'hidden')
    (terminal as unknown as { _writeToOutput: () => void })._writeToOutput = () => undefined
  try {
    return (await Promise.race([answer, closed])).trim()
  } catch (error) {
    process.stderr.write('\n')
    throw error
  } finally {
    terminal.close()
    if (echo === 'hidden') process.stderr.write('\n')
  }
}

/** True if they say yes, or have said so beforehand. */
export async function confirm(
  { yes }: { readonly yes?: true | undefined },
  question: string,
): Promise<boolean> {
  if (yes === true) return true
  return /^y(es)?$/i.test(await ask(question, { instead: 'with --yes nothing is asked' }))
}
