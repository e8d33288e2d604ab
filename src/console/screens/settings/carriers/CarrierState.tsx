import { settingsWords } from '../../../i18n/settings.ts'
import type { Carrier } from '../../../lib/setting-types.ts'

const MARKS = { bound: '✓', throttled: '!', unbound: '✗', disabled: '–' } as const
const KINDS = { bound: 'ok', throttled: 'warn', unbound: 'error', disabled: 'off' } as const

/** A mark and a word; what the carrier said last stands below. */
export function CarrierState({ of: { state, draining, lastError } }: { of: Carrier }) {
  const { carriers } = settingsWords()
  // A carrier's own words stand as they are.
  const known: Readonly<Record<string, string>> = carriers.lastErrors
  return (
    <span>
      <span class="carrier-state" data-kind={KINDS[state]}>
        <span aria-hidden="true">{MARKS[state]}</span> {carriers.state[state]}
      </span>
      {draining && state !== 'disabled' && <div class="small">{carriers.draining}</div>}
      {lastError !== null && state !== 'disabled' && (
        <div class="small muted">
          {carriers.lastError}: {known[lastError] ?? lastError}
        </div>
      )}
    </span>
  )
}
