/** The number of phones, typed by whoever sends to many: so that it was read. */
import { desk } from '../../lib/desk.ts'
import { count, words } from '../../lib/i18n.ts'
import type { Alert, Estimate } from '../../lib/types.ts'

/** A quarter of all contacts is an alert for everybody, however small the county. */
const MUCH = 0.25

export function mustType({ mode }: Alert, estimate: Estimate | undefined): boolean {
  if (estimate === undefined || mode !== 'live') return false
  const { recipients, contacts } = estimate
  return (
    recipients > (desk.value.policy?.typedCountAbove ?? 0) || recipients > contacts.total * MUCH
  )
}

/** As a button names them: none are named before they are counted. */
export function phonesOf(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '…'
  return words().alerts.phones(estimate.recipients, count(estimate.recipients))
}

export const isTyped = (typed: string, recipients: number): boolean =>
  typed.replaceAll(/\D/g, '') === String(recipients)

export function TypedCount({
  recipients,
  typed,
  onType,
}: {
  recipients: number
  typed: string
  onType: (typed: string) => void
}) {
  return (
    <div class="field">
      <label for="typed-count">{words().approve.typeCount(count(recipients))}</label>
      <input
        id="typed-count"
        class="typed-count"
        inputMode="numeric"
        autoComplete="off"
        value={typed}
        onInput={event => onType(event.currentTarget.value)}
      />
    </div>
  )
}
