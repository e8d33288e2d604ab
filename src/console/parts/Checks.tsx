import type { Check } from '../lib/check.ts'
import { words } from '../lib/i18n.ts'

export type { Check }

const MARKS = { ok: '✓', warn: '!', error: '✗' } as const

/** A mark, a word and a sentence a check. */
export function Checks({
  checks,
  words: hasWords = true,
}: {
  checks: readonly Check[]
  words?: boolean
}) {
  const { everywhere } = words()
  const heads = { ok: everywhere.passed, warn: everywhere.look, error: everywhere.fault }
  return (
    <ul class="checks">
      {checks.map(({ kind, text }, no) => (
        <li key={no} data-kind={kind}>
          <span class="mark" aria-hidden="true">
            {MARKS[kind]}
          </span>
          <span>
            {hasWords ? (
              <strong>{heads[kind]} </strong>
            ) : (
              <span class="visually-hidden">{heads[kind]} </span>
            )}
            {text}
          </span>
        </li>
      ))}
    </ul>
  )
}
