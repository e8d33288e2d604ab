import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { post } from '../../../lib/api.ts'
import { browserName } from '../../../lib/browser-name.ts'
import { day } from '../../../lib/i18n.ts'
import { enrolKey, keptKey } from '../../../lib/keys.ts'
import { place } from '../../../lib/place.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn, me } from '../../../lib/session.ts'
import type { SigningKey } from '../../../lib/setting-types.ts'
import { Checks } from '../../../parts/Checks.tsx'
import { Empty } from '../../../parts/Empty.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { KeyProblem } from './Passkeys.tsx'

/** Keys of every browser of mine; one is made here, for the mode one is in. */
export function SigningKeys() {
  const { account } = settingsWords()
  const { mode = 'exercise' } = place.value
  const personId = me.value?.id ?? ''
  const keys = useResource<{ items: readonly SigningKey[] }>('/v1/me/keys?limit=1000')
  const [here, setHere] = useState<string>()
  const { isBusy, problem, run } = useAct()
  useEffect(() => {
    void keptKey(personId, mode).then(
      key => setHere(key?.kid),
      () => undefined,
    )
  }, [personId, mode])

  const make = async () => {
    setHere((await enrolKey(personId, mode, browserName())).kid)
    await keys.refresh()
  }
  const revoke = async (kid: string) => {
    await post(`/v1/me/keys/${kid}/revoke`)
    await keys.refresh()
  }
  const items = keys.data.value?.items ?? []
  const works = items.some(key => key.kid === here && key.revokedAt === null)
  return (
    <>
      <p>{account.keysText}</p>
      <Loaded of={keys} what={account.keys} lines={2}>
        {loaded =>
          loaded.items.length === 0 ? (
            <Empty>{account.keysNone}</Empty>
          ) : (
            <KeyTable of={loaded.items} here={here} revoke={revoke} />
          )
        }
      </Loaded>
      <KeyProblem problem={problem} />
      {works ? (
        <Checks words={false} checks={[{ kind: 'ok', text: account.keyWorks }]} />
      ) : (
        isIn('author', 'approver') && (
          <button
            type="button"
            class="button start"
            aria-disabled={isBusy}
            onClick={() => void run(make)}
          >
            {isBusy
              ? account.makingKey
              : mode === 'live'
                ? account.makeKeyLive
                : account.makeKeyExercise}
          </button>
        )
      )}
    </>
  )
}

function KeyTable({
  of: keys,
  here,
  revoke,
}: {
  of: readonly SigningKey[]
  here: string | undefined
  revoke: (kid: string) => Promise<void>
}) {
  const { account, settings } = settingsWords()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{settings.name}</th>
          <th scope="col">{account.keyMode}</th>
          <th scope="col">{account.fingerprint}</th>
          <th scope="col">{settings.created}</th>
          <th scope="col">{settings.state}</th>
          <th scope="col">{settings.actions}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map(({ kid, label, mode, createdAt, revokedAt }) => (
          <tr key={kid}>
            <th scope="row">
              {label} {kid === here && <span class="tag">{account.thisBrowser}</span>}
            </th>
            <td data-label={account.keyMode}>
              {mode === 'live' ? account.forLive : account.forExercise}
            </td>
            <td data-label={account.fingerprint}>
              <span class="hash">{kid.slice(0, 12)}…</span>
            </td>
            <td data-label={settings.created}>{day(createdAt)}</td>
            <td data-label={settings.state}>
              {revokedAt === null ? account.inUse : settings.revoked(day(revokedAt))}
            </td>
            <td>
              {revokedAt === null && (
                <SureButton question={account.revokeKey(label)} act={() => revoke(kid)}>
                  {settings.revoke}
                </SureButton>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
