import { useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { post } from '../../../lib/api.ts'
import { browserName } from '../../../lib/browser-name.ts'
import { day } from '../../../lib/i18n.ts'
import { enrolPasskey, hasPasskeys } from '../../../lib/passkeys.ts'
import { isSignInTooOld } from '../../../lib/problem.ts'
import { useResource } from '../../../lib/resource.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { Field } from '../../../parts/Field.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'

/** `GET /v1/me/passkeys` */
export interface Passkey {
  readonly id: string
  readonly label: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly backedUp: boolean
  readonly revokedAt: string | null
  readonly suspectedAt: string | null
}

export function Passkeys() {
  const { account } = settingsWords()
  const passkeys = useResource<{ items: readonly Passkey[] }>('/v1/me/passkeys')
  const [label, setLabel] = useState(browserName)
  const { isBusy, problem, run } = useAct()
  const add = async () => {
    await enrolPasskey(label)
    await passkeys.refresh()
  }
  const revoke = async ({ id }: Passkey) => {
    await post(`/v1/me/passkeys/${id}/revoke`)
    await passkeys.refresh()
  }
  return (
    <>
      <p>{account.passkeysText}</p>
      <Loaded of={passkeys} what={account.passkeys} lines={2}>
        {({ items }) => <PasskeyTable of={items} none={account.passkeysNone} revoke={revoke} />}
      </Loaded>
      {hasPasskeys() ? (
        <>
          <KeyProblem problem={problem} />
          <div class="filters">
            <Field label={account.passkeyName}>
              <input
                value={label}
                maxLength={100}
                onInput={event => setLabel(event.currentTarget.value)}
              />
            </Field>
            <button
              type="button"
              class="button"
              aria-disabled={isBusy}
              onClick={() => void run(add)}
            >
              {isBusy ? account.addingPasskey : account.addPasskey}
            </button>
          </div>
        </>
      ) : (
        <p class="muted">{account.passkeysNotHere}</p>
      )}
    </>
  )
}

export function PasskeyTable({
  of: passkeys,
  none,
  revoke,
}: {
  of: readonly Passkey[]
  none: string
  revoke?: (passkey: Passkey) => Promise<void>
}) {
  const { account, settings } = settingsWords()
  if (passkeys.length === 0) return <Empty>{none}</Empty>
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{settings.name}</th>
          <th scope="col">{settings.created}</th>
          <th scope="col">{account.lastUsed}</th>
          <th scope="col">{settings.state}</th>
          {revoke && <th scope="col">{settings.actions}</th>}
        </tr>
      </thead>
      <tbody>
        {passkeys.map(passkey => (
          <tr key={passkey.id}>
            <th scope="row">{passkey.label}</th>
            <td data-label={settings.created}>{day(passkey.createdAt)}</td>
            <td data-label={account.lastUsed}>
              {passkey.lastUsedAt === null ? settings.never : day(passkey.lastUsedAt)}
            </td>
            <td data-label={settings.state}>
              {passkey.suspectedAt !== null
                ? account.suspected
                : passkey.revokedAt !== null
                  ? settings.revoked(day(passkey.revokedAt))
                  : passkey.backedUp
                    ? account.backedUp
                    : account.inUse}
            </td>
            {revoke && (
              <td>
                {passkey.revokedAt === null && (
                  <SureButton
                    question={account.revokePasskey(passkey.label)}
                    act={() => revoke(passkey)}
                  >
                    {settings.revoke}
                  </SureButton>
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A key is made soon after signing in: the refusal says what to do. */
export function KeyProblem({ problem }: { problem: unknown }) {
  if (!isSignInTooOld(problem)) return <ProblemNotice problem={problem} />
  return (
    <Notice kind="warn" urgent>
      <p>{settingsWords().account.tooOld}</p>
    </Notice>
  )
}
