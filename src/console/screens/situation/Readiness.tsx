import { useEffect, useState } from 'preact/hooks'
import { browserName } from '../../lib/browser-name.ts'
import { desk } from '../../lib/desk.ts'
import { clockShort, count, span, words } from '../../lib/i18n.ts'
import { enrolKey, keyStanding, type KeyStanding } from '../../lib/keys.ts'
import { place } from '../../lib/place.ts'
import { Problem } from '../../lib/problem.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn, me } from '../../lib/session.ts'
import { type Check, Checks } from '../../parts/Checks.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
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
    <div class="stack">
      <Checks words={false} checks={checksOf(answer)} />
      {isIn('author', 'approver') && <SigningKey />}
    </div>
  )
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
    approvers.all === 0
      ? { kind: 'warn', text: situation.noApprovers }
      : {
          kind: approvers.online > 0 ? 'ok' : 'warn',
          text: situation.approvers(approvers.all, approvers.online),
        },
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

function SigningKey() {
  const { situation } = words()
  const { mode = 'exercise' } = place.value
  const personId = me.value?.id ?? ''
  const [standing, setStanding] = useState<KeyStanding>()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    keyStanding(personId, mode).then(setStanding, setProblem)
  }, [personId, mode])

  const enrol = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const key = await enrolKey(personId, mode, browserName())
      setStanding({ kind: 'works', key })
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  const isTooLate = problem instanceof Problem && problem.code === 'sign_in_too_old'
  if (standing === undefined) return <ProblemNotice problem={problem} />
  if (standing.kind === 'works') {
    return <Checks words={false} checks={[{ kind: 'ok', text: situation.keyWorks }]} />
  }
  return (
    <Notice kind="warn">
      <p>
        <strong>{standing.kind === 'missing' ? situation.keyMissing : situation.keyRevoked}</strong>
      </p>
      {isTooLate ? <p>{situation.keyTooOld}</p> : <ProblemNotice problem={problem} />}
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        onClick={() => void (isBusy || enrol())}
      >
        {isBusy ? situation.makingKey : situation.enrolKey}
      </button>
    </Notice>
  )
}
