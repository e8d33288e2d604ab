import { useEffect, useState } from 'preact/hooks'
import { browserName } from '../lib/browser-name.ts'
import { words } from '../lib/i18n.ts'
import { enrolKey, keyStanding, type KeyStanding } from '../lib/keys.ts'
import { place } from '../lib/place.ts'
import { isSignInTooOld } from '../lib/problem.ts'
import { me } from '../lib/session.ts'
import { Checks } from './Checks.tsx'
import { Notice, ProblemNotice } from './Notice.tsx'

/**
 * Whether this browser can sign, and the way to make it so.
 *
 * @param quiet - nothing is said while it can
 * @param onStanding - told how the key stands, once it is known and when one was made
 */
export function SigningKey({
  quiet = false,
  onStanding,
}: {
  quiet?: boolean
  onStanding?: ((standing: KeyStanding) => void) | undefined
}) {
  const { situation } = words()
  const { mode = 'exercise' } = place.value
  const personId = me.value?.id ?? ''
  const [standing, setStanding] = useState<KeyStanding>()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    keyStanding(personId, mode).then(found => {
      setStanding(found)
      onStanding?.(found)
    }, setProblem)
  }, [personId, mode])

  const enrol = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const key = await enrolKey(personId, mode, browserName())
      setStanding({ kind: 'works', key })
      onStanding?.({ kind: 'works', key })
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  const isTooLate = isSignInTooOld(problem)
  if (standing === undefined) return <ProblemNotice problem={problem} />
  if (standing.kind === 'works') {
    if (quiet) return null
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
