import { useState } from 'preact/hooks'
import { words } from '../lib/i18n.ts'
import { hasPasskeys, signInByPasskey } from '../lib/passkeys.ts'
import { Problem } from '../lib/problem.ts'
import { signIn } from '../lib/session.ts'
import { Field } from '../parts/Field.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Notice, ProblemNotice } from '../parts/Notice.tsx'

/** S1: who are you? */
export function SignIn() {
  const { frame } = words()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  useModeOfPage(frame.signInTitle)

  const enter = async (act: () => Promise<unknown>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await act()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const byPassword = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const [email, password] = [form.get('email'), form.get('password')]
    void enter(() => signIn({ grantType: 'password', email, password }))
  }
  return (
    <div class="sign-in stack">
      <h1>{frame.signInTitle}</h1>
      {problem instanceof Problem && problem.code === 'invalid_credentials' ? (
        <Notice kind="error" urgent>
          <p>{frame.wrongCredentials}</p>
        </Notice>
      ) : (
        <ProblemNotice problem={problem} />
      )}
      {hasPasskeys() && (
        <>
          <button
            type="button"
            class="button primary large"
            aria-disabled={isBusy}
            onClick={() => void (isBusy || enter(signInByPasskey))}
          >
            {frame.withPasskey}
          </button>
          <p class="muted">{frame.orPassword}</p>
        </>
      )}
      <form class="stack" onSubmit={byPassword}>
        <Field label={frame.email}>
          <input name="email" type="email" autocomplete="username" required />
        </Field>
        <Field label={frame.password}>
          <input name="password" type="password" autocomplete="current-password" required />
        </Field>
        <button type="submit" class="button large" aria-disabled={isBusy}>
          {isBusy ? frame.signingIn : frame.signIn}
        </button>
      </form>
    </div>
  )
}
