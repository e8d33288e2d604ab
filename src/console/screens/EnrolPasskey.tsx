import { useState } from 'preact/hooks'
import { browserName } from '../lib/browser-name.ts'
import { words } from '../lib/i18n.ts'
import { enrolPasskey } from '../lib/passkeys.ts'
import { signOut } from '../lib/session.ts'
import { useModeOfPage } from '../parts/Frame.tsx'
import { ProblemNotice } from '../parts/Notice.tsx'

/** Policy asks for passkeys: the one thing that may be done before one is there. */
export function EnrolPasskey() {
  const { frame } = words()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  useModeOfPage(frame.enrolPasskeyTitle)
  const enrol = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await enrolPasskey(browserName())
      // From now on it is the way in.
      await signOut()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <div class="sign-in stack">
      <h1>{frame.enrolPasskeyTitle}</h1>
      <p>{frame.enrolPasskeyText}</p>
      <ProblemNotice problem={problem} />
      <button
        type="button"
        class="button primary large"
        aria-disabled={isBusy}
        onClick={() => void (isBusy || enrol())}
      >
        {frame.enrolPasskey}
      </button>
      <button type="button" class="button quiet" onClick={() => void signOut()}>
        {frame.signOut}
      </button>
    </div>
  )
}
