/** What zod finds, as faults with their codes. */
import type { z } from 'zod'
import { faultOfWords, type FaultWords, wordsOfFault } from './faults.ts'

/** A value that does not fit its schema. */
export interface SchemaFault {
  readonly path: readonly PropertyKey[]
  readonly words: FaultWords
}

/** All that a schema found at once, in the words of faults. */
export function schemaFaults(error: z.core.$ZodError | undefined): SchemaFault[] {
  return (error?.issues ?? []).flatMap(issue => flatten(issue, []))
}

function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): SchemaFault[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const words = wordsOfFault('unknown_field')
    return issue.keys.map(key => ({ path: [...path, key], words }))
  }
  if (issue.code === 'invalid_union') {
    // The branch that came nearest says most; one that was refused as a whole says nothing of the inside.
    const nearest = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)
    const best = nearest[0]
    if (best !== undefined && depthOf(best) > 0) return best.flatMap(inner => flatten(inner, path))
  }
  return [{ path, words: wordsOfIssue(issue) }]
}

/** The schema's own words say it most closely; the code says it in few words, where there is one. */
function wordsOfIssue(issue: z.core.$ZodIssue): FaultWords {
  const { message: detail } = issue
  return { ...codeOfIssue(issue), detail }
}

function codeOfIssue(issue: z.core.$ZodIssue): FaultWords | undefined {
  const own = faultOfWords(issue.message)
  if (own !== undefined) return own
  switch (issue.code) {
    case 'invalid_type':
      return wordsOfFault(issue.message.endsWith('received undefined') ? 'required' : 'wrong_type')
    case 'invalid_union':
      return wordsOfFault('wrong_type')
    case 'invalid_format':
      if (issue.format === 'email') return wordsOfFault('not_email')
      // What a schema says in words of its own is more than that it is wrong.
      return issue.message.startsWith('Invalid ') ? wordsOfFault('wrong_form') : undefined
    case 'invalid_value':
      return wordsOfFault('not_one_of', { values: issue.values.map(String).join(', ') })
    case 'too_small': {
      const least = Number(issue.minimum)
      if (issue.origin === 'string') {
        return least === 1 ? wordsOfFault('blank') : wordsOfFault('too_short', { least })
      }
      const isList = issue.origin === 'array' || issue.origin === 'set'
      return wordsOfFault(isList ? 'too_few' : 'below_least', { least })
    }
    case 'too_big': {
      const most = Number(issue.maximum)
      if (issue.origin === 'string') return wordsOfFault('too_long', { most })
      const isList = issue.origin === 'array' || issue.origin === 'set'
      return wordsOfFault(isList ? 'too_many' : 'above_most', { most })
    }
    case 'custom':
      return (issue.params as { readonly fault?: FaultWords } | undefined)?.fault
    default:
      return undefined
  }
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.min(...issues.map(issue => issue.path.length))
}

/** RFC 6901. Names of unknown fields come from the caller: they are cut to what one can read. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map(step => `/${String(step).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
