/** Whether the answers to HELP, STOP and START can be what they are for, by language. */
import { isReservedWord, normaliseAnswer } from '../cap/keywords.ts'
import { measureText } from '../encoding/segments.ts'
import { AppError, type Fault } from '../errors.ts'
import type { Policy } from '../store/organisation.ts'

const KINDS = ['helpTexts', 'optOutTexts', 'optInTexts'] as const

/** What 320 characters of GSM-7 take. They go ahead of every alert, from its own rate. */
const MOST_SEGMENTS = 3

/** @throws AppError `invalid_organisation` */
export function assertAnswerTexts(policy: {
  readonly [Kind in (typeof KINDS)[number]]?: Policy[Kind] | undefined
}): void {
  const faults = KINDS.flatMap(kind => {
    const texts = Object.entries(policy[kind] ?? {})
    return texts.flatMap(([language, text], no) => {
      const isSame = ([other]: [string, string]) => other.toLowerCase() === language.toLowerCase()
      const details = texts.findIndex(isSame) < no ? ['is there in another spelling'] : []
      // A `/` can't stand in a language tag: nothing in the pointer is to be escaped.
      return [...details, ...faultsOf(text)].map((detail): Fault => ({
        pointer: `/policy/${kind}/${language}`,
        detail,
      }))
    })
  })
  if (faults.length > 0) {
    throw new AppError('invalid_organisation', 'answers can not be sent as they stand', { faults })
  }
}

function faultsOf(text: string): string[] {
  const faults: string[] = []
  const { alphabet, segments, forcedBy = [] } = measureText(text)
  if (segments > MOST_SEGMENTS) {
    const cause = alphabet === 'UCS2' ? `: GSM-7 lacks ${forcedBy.slice(0, 10).join(' ')}` : ''
    faults.push(
      `takes ${segments} segments in ${alphabet}, at most ${MOST_SEGMENTS} are sent${cause}`,
    )
  }
  const said = normaliseAnswer(text)
  if (said === '') faults.push('says nothing')
  // A machine that sends it back would be taken at its word.
  if (isReservedWord(said) || said === 'yes') faults.push('is a keyword itself')
  return faults
}
