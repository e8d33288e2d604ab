import { AppError } from '../errors.ts'
import type { Shape } from '../geometry/shape.ts'
import type { Jurisdiction } from '../store/operators.ts'
import { liesWithin } from './jurisdiction.ts'
import type { Operator, Role } from './operator.ts'

/** What an alert would do, as far as authority goes. */
export interface Undertaking {
  /** The alert's: the highest of its blocks. */
  readonly severity: string
  /** Of all its blocks. */
  readonly events: readonly string[]
  /** Counted, or its ceiling; undefined while neither is known. */
  readonly recipients: number | undefined
  /** All ground that it names: its areas' and its geographic groups'. None: people are named, not places. */
  readonly grounds: readonly Shape[]
}

/**
 * Whether an operator may do something with an alert: by a role, within their jurisdiction and limits.
 *
 * @param shapeOf resolves a jurisdiction, its geocodes too: they belong to a room that this one doesn't see
 * @throws AppError `forbidden`, `over_limits` naming each limit, `outside_jurisdiction`
 */
export async function assertMay(
  operator: Operator,
  roles: readonly Role[],
  what: Undertaking,
  shapeOf: (jurisdiction: Jurisdiction) => Shape,
): Promise<void> {
  if (!roles.some(role => operator.roles.includes(role))) {
    throw new AppError('forbidden', `this takes the role ${roles.join(' or ')}`)
  }
  const over = limitFaults(operator, what)
  if (over.length > 0) {
    throw new AppError('over_limits', `your limits don't cover this alert: ${over.join('; ')}`)
  }
  if (operator.jurisdiction === undefined || what.grounds.length === 0) return
  const jurisdiction = shapeOf(operator.jurisdiction)
  for (const ground of what.grounds) {
    if (!(await liesWithin(ground, jurisdiction))) {
      throw new AppError('outside_jurisdiction', 'part of the alert lies outside your jurisdiction')
    }
  }
}

function limitFaults({ limits }: Operator, what: Undertaking): string[] {
  const { severities, events, maxRecipients = Infinity } = limits ?? {}
  const event =
    events && what.events.find(name => !events.some(allowed => sameEvent(allowed, name)))
  return [
    severities?.includes(what.severity) === false ? `the severity ${what.severity}` : undefined,
    event === undefined ? undefined : 'an event that is not among yours',
    (what.recipients ?? 0) > maxRecipients ? `more than ${maxRecipients} recipients` : undefined,
  ].filter(fault => fault !== undefined)
}

/** Events are free text in CAP (§3.2.2): people write one of them in more than one case. */
function sameEvent(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
