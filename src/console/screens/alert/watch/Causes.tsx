import { count, span, words } from '../../../lib/i18n.ts'
import type { Outcomes } from '../../../lib/types.ts'

const TOP = 3

/** Why messages did not arrive, the three most frequent in words. */
export function Causes({
  outcomes,
  failed,
}: {
  outcomes: Outcomes
  /** As counted now: the outcomes are a little older. */
  failed: number
}) {
  const { watching } = words()
  const names: Readonly<Record<string, string | undefined>> = watching.causeNames
  const sums = new Map<string, number>()
  for (const { cause, recipients } of outcomes.causes) {
    sums.set(cause, (sums.get(cause) ?? 0) + recipients)
  }
  const top = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, TOP)
  return top.length === 0 ? (
    <p class="muted">{failed === 0 ? watching.noFailures : watching.causesToCome}</p>
  ) : (
    <ul class="plain">
      {top.map(([cause, recipients]) => (
        <li key={cause}>
          <strong>{count(recipients)}</strong> {names[cause] ?? watching.causeNames.other}
        </li>
      ))}
    </ul>
  )
}

/** How fast it arrived where it did. */
export function Times({ of: { timesTo } }: { of: Outcomes }) {
  const { watching } = words()
  const { half, ninety } = timesTo.delivered
  if (half === null) return null
  return (
    <p class="muted">
      {ninety === null ? watching.timesHalf(span(half)) : watching.times(span(half), span(ninety))}
    </p>
  )
}
