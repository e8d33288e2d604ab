import { desk } from '../../lib/desk.ts'
import { clockShort, count, span, words } from '../../lib/i18n.ts'
import { place } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import type { Check } from '../../lib/check.ts'
import { Checks } from '../../parts/Checks.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { SigningKey } from '../../parts/SigningKey.tsx'
import { Waiting } from '../../parts/Waiting.tsx'

/** `GET /v1/readiness` */
interface Answer {
  readonly carriers: { up: number; all: number; segmentsPerSecond: number }
  readonly approvers: { all: number; online: number }
  readonly contacts: {
    total: number
    stale: number
    staleAfterDays: number
    newestChangeAt: string | null
  }
}

/** Whether an alert could go out now: looked at here, and not found out at 4 a.m. */
export function Readiness() {
  const { situation } = words()
  const readiness = useResource<Answer>('/v1/readiness', 10_000)
  const answer = readiness.data.value
  if (answer === undefined) {
    return readiness.problem.value ? (
      <ProblemNotice problem={readiness.problem.value} retry={() => void readiness.refresh()} />
    ) : (
      <Waiting lines={4} what={situation.ready} />
    )
  }
  return (
    <div class="stack readiness">
      <Checks words={false} checks={checksOf(answer)} />
      {isIn('author', 'approver') && <SigningKey />}
    </div>
  )
}

/** By policy: of drills usually not, so nobody is missed in one. */
function isApprovalAsked(): boolean {
  const secondPerson = desk.value.policy?.secondPerson ?? 'actual'
  return secondPerson === 'all' || (secondPerson === 'actual' && place.value.mode === 'live')
}

function approversCheck({ all, online }: Answer['approvers']): Check {
  const { situation } = words()
  if (all === 0) {
    const { noApprovers, noApproversAtAll } = situation
    return { kind: 'warn', text: isIn('approver') ? noApprovers : noApproversAtAll }
  }
  return { kind: online > 0 ? 'ok' : 'warn', text: situation.approvers(all, online) }
}

function checksOf({ carriers, approvers, contacts }: Answer): Check[] {
  const { situation } = words()
  const { exercise } = desk.value
  return [
    carriers.all === 0
      ? { kind: 'error', text: situation.noCarriers }
      : {
          kind: carriers.up === carriers.all ? 'ok' : carriers.up === 0 ? 'error' : 'warn',
          text: situation.carriersUp(carriers.up, carriers.all, count(carriers.segmentsPerSecond)),
        },
    ...(isApprovalAsked() ? [approversCheck(approvers)] : []),
    contacts.total === 0
      ? { kind: 'error', text: situation.noContacts }
      : { kind: 'ok', text: situation.contacts(count(contacts.total)) },
    ...(contacts.newestChangeAt === null ? [] : [ageOf(contacts.newestChangeAt)]),
    ...(contacts.stale === 0
      ? []
      : [
          {
            kind: 'warn',
            text: situation.stale(count(contacts.stale), contacts.staleAfterDays),
          } as const,
        ]),
    ...(exercise === undefined
      ? []
      : [{ kind: 'ok', text: situation.exerciseEnds(clockShort(exercise.endsAt)) } as const]),
  ]
}

/** A list that nobody has touched for a week is worth a look. */
const OLD_SECONDS = 7 * 86_400

function ageOf(changedAt: string): Check {
  const seconds = (Date.now() - Date.parse(changedAt)) / 1000
  const text = words().situation.listAge(span(seconds))
  return { kind: seconds > OLD_SECONDS ? 'warn' : 'ok', text }
}
