import type { ComponentChildren } from 'preact'
import { type ApiFault, isTranslated, sayFault } from '../lib/faults.ts'
import { language, type Words, words } from '../lib/i18n.ts'
import { isTooEarly, Problem } from '../lib/problem.ts'

export type Kind = 'ok' | 'warn' | 'error' | 'info'

/** What must be read stays on the screen. `urgent` is spoken at once by a screen reader. */
export function Notice({
  kind,
  urgent = false,
  children,
}: {
  kind: Kind
  urgent?: boolean
  children: ComponentChildren
}) {
  return (
    <div class="notice" data-kind={kind} role={urgent ? 'alert' : undefined}>
      {children}
    </div>
  )
}

/** What went wrong and what to do about it. */
export function ProblemNotice({ problem, retry }: { problem: unknown; retry?: () => void }) {
  if (problem === undefined) return null
  return (
    <Notice kind="error" urgent>
      <p>{adviceOn(problem)}</p>
      {problem instanceof Problem && isKnown(problem.code) && !isTooEarly(problem) && (
        <OwnWords of={problem} />
      )}
      {problem instanceof Problem && problem.errors.length > 0 && <Faults of={problem.errors} />}
      {retry && (
        <button type="button" class="button quiet" onClick={retry}>
          {words().everywhere.tryAgain}
        </button>
      )}
    </Notice>
  )
}

/** Each fault in the console's words, or in the API's where it has none; with its place where several have one. */
function Faults({ of }: { of: readonly ApiFault[] }) {
  return (
    <ul class="small">
      {of.map(fault => (
        <li key={fault.pointer + fault.detail} lang={isTranslated(fault) ? undefined : 'en'}>
          {sayFault(fault)}
        </li>
      ))}
    </ul>
  )
}

/** The API's words say it more closely, and in English. */
function OwnWords({ of: { message } }: { of: Problem }) {
  const own = (
    <p class="small muted" lang="en">
      {message}
    </p>
  )
  if (language.value === 'en') return own
  return (
    <details>
      <summary class="small">{words().everywhere.inEnglish}</summary>
      {own}
    </details>
  )
}

export function adviceOn(problem: unknown): string {
  const { whatToDo } = words().everywhere
  if (!(problem instanceof Problem)) return String(problem)
  if (isTooEarly(problem)) return whatToDo.tooEarly
  switch (problem.code) {
    case 'unreachable':
      return whatToDo.unreachable
    case 'too_many_requests':
      return whatToDo.tooMany(problem.retryAfterSeconds ?? 5)
    case 'passkey_cancelled':
      return whatToDo.passkeyCancelled
    case 'insecure_page':
      return whatToDo.insecurePage
    case 'no_key':
      return whatToDo.noKey
    default:
      // Of a server that is newer than this page there may be others.
      return isKnown(problem.code) ? words().problems[problem.code] : problem.message
  }
}

const isKnown = (code: string): code is keyof Words['problems'] => code in words().problems
