import type { ComponentChildren } from 'preact'
import { words } from '../lib/i18n.ts'
import { Problem } from '../lib/problem.ts'

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
      {problem instanceof Problem && problem.errors.length > 0 && (
        <ul class="small">
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer + detail}>{detail}</li>
          ))}
        </ul>
      )}
      {retry && (
        <button type="button" class="button quiet" onClick={retry}>
          {words().everywhere.tryAgain}
        </button>
      )}
    </Notice>
  )
}

export function adviceOn(problem: unknown): string {
  const { whatToDo } = words().everywhere
  if (!(problem instanceof Problem)) return String(problem)
  switch (problem.code) {
    case 'unreachable':
      return whatToDo.unreachable
    case 'forbidden':
      return `${whatToDo.forbidden} (${problem.message})`
    case 'not_found':
      return whatToDo.notFound
    case 'stale_revision':
      return whatToDo.changedSince
    case 'invalid_token':
      return whatToDo.signInAgain
    case 'too_many_requests':
      return whatToDo.tooMany(problem.retryAfterSeconds ?? 5)
    case 'passkey_cancelled':
      return whatToDo.passkeyCancelled
    default:
      return problem.message
  }
}
