import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { AlertDraft, ReplyOption } from './alert.ts'
import { isReservedWord, normaliseAnswer } from './keywords.ts'

/** What tallies count besides options; none of them may be an option's code. */
const TALLY_WORDS = ['other', 'optedout', 'recipients', 'full']

/**
 * Each word that people may answer must mean one thing, and never what STOP or HELP means.
 *
 * @returns each at its place below `/replies/options`
 */
export function replyFaults(options: readonly ReplyOption[]): Fault[] {
  const owners = new Map<string, number>()
  return options.flatMap((option, no) => {
    const at = `/replies/options/${no}`
    const answers = [
      { pointer: `${at}/code`, word: option.code },
      { pointer: `${at}/label`, word: option.label },
      ...option.words.map((word, i) => ({ pointer: `${at}/words/${i}`, word })),
    ]
    return answers.flatMap(({ pointer, word }): Fault[] => {
      const normal = normaliseAnswer(word)
      if (normal === '') {
        // A word may be an emoji; a code has to be typed on any phone.
        return pointer.endsWith('/code') ? [faultAt(pointer, 'not_typeable')] : []
      }
      if (isReservedWord(normal)) {
        return [faultAt(pointer, 'reserved_word')]
      }
      if (pointer.endsWith('/code') && TALLY_WORDS.includes(normal)) {
        return [faultAt(pointer, 'tally_word')]
      }
      const owner = owners.get(normal)
      owners.set(normal, owner ?? no)
      if (owner === undefined || owner === no) return []
      return [faultAt(pointer, 'answer_of_other', { other: owner })]
    })
  })
}

/** The code that names an alert in an answer ("12 1") must not be an answer itself. */
export function replyCodeFaults({ code, options }: AlertDraft['replies']): Fault[] {
  if (code === undefined) return []
  const pointer = '/replies/code'
  const normal = normaliseAnswer(code)
  if (!/^[\p{L}\p{N}]+$/u.test(normal)) {
    return [faultAt(pointer, 'not_one_word')]
  }
  if (isReservedWord(normal)) {
    return [faultAt(pointer, 'reserved_word')]
  }
  const words = options.flatMap(option => [option.code, option.label, ...option.words])
  return words.some(word => normaliseAnswer(word).split(' ').includes(normal))
    ? [faultAt(pointer, 'in_an_answer')]
    : []
}

/**
 * A quota must be told of, and a deadline leave people time.
 *
 * @param expires of each block
 */
export function pollFaults(
  { options, deadline, quotaTexts }: AlertDraft['replies'],
  expires: readonly (string | undefined)[],
  now: Date,
): Fault[] {
  const faults: Fault[] = []
  const limited = options.findIndex(({ quota }) => quota !== undefined)
  if (limited >= 0 && quotaTexts === undefined) {
    faults.push(faultAt(`/replies/options/${limited}/quota`, 'quota_texts_required'))
  }
  if (limited < 0 && quotaTexts !== undefined) {
    faults.push(faultAt('/replies/quotaTexts', 'no_quota'))
  }
  if (deadline === undefined) return faults
  const pointer = '/replies/deadline'
  const end = Date.parse(deadline)
  if (options.length === 0) faults.push(faultAt(pointer, 'needs_options'))
  if (end <= now.getTime()) faults.push(faultAt(pointer, 'in_the_past'))
  if (expires.every(one => one !== undefined && Date.parse(one) < end)) {
    faults.push(faultAt(pointer, 'after_expiry'))
  }
  return faults
}
