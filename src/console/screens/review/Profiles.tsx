import { useState } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { type ApiFault, isTranslated, sayFault } from '../../lib/faults.ts'
import { useResource } from '../../lib/resource.ts'
import type { ProfileVerdict } from '../../lib/types.ts'
import { Field } from '../../parts/Field.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

/** How the draft stands with the network that one chooses: told before it is signed, and no hindrance by itself. */
export function Profiles({ alertId }: { alertId: string }) {
  const { importCap: text } = composeWords()
  const [chosen, setChosen] = useState('')
  const verdicts = useResource<{ profiles: readonly ProfileVerdict[] }>(
    `/v1/alerts/${alertId}/profiles`,
  )
  return (
    <section class="card stack" aria-labelledby="r-profiles">
      <h2 id="r-profiles">{text.profiles}</h2>
      <Loaded of={verdicts} what={text.profiles} lines={2}>
        {({ profiles }) => {
          const one = profiles.find(({ id }) => id === chosen) ?? worst(profiles)
          return (
            <>
              <Field label={text.profile} hint={text.profilesHint}>
                <select
                  value={one?.id ?? ''}
                  onChange={event => setChosen(event.currentTarget.value)}
                >
                  {profiles.map(({ id, title, faults, warnings }) => (
                    <option key={id} value={id}>
                      {title} {faults.length > 0 ? '✗' : warnings.length > 0 ? '!' : '✓'}
                    </option>
                  ))}
                </select>
              </Field>
              {one && <Findings of={one} />}
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

/** The first that is shown is one that has something to say. */
const worst = (profiles: readonly ProfileVerdict[]) =>
  profiles.find(({ faults }) => faults.length > 0) ??
  profiles.find(({ warnings }) => warnings.length > 0) ??
  profiles[0]

function Findings({ of: { faults, warnings } }: { of: ProfileVerdict }) {
  const { importCap: text } = composeWords()
  return (
    <div role="status">
      {faults.length + warnings.length === 0 && <p>✓ {text.fits}</p>}
      {faults.length > 0 && <List title={text.faults} of={faults} />}
      {warnings.length > 0 && <List title={text.warnings} of={warnings} />}
    </div>
  )
}

function List({ title, of }: { title: string; of: readonly ApiFault[] }) {
  return (
    <>
      <p>
        <strong>{title}</strong>
      </p>
      <ul class="plain">
        {of.map((fault, no) => (
          <li key={no} lang={isTranslated(fault) ? undefined : 'en'}>
            <span class="mono small">{fault.pointer}</span> {sayFault(fault)}
          </li>
        ))}
      </ul>
    </>
  )
}
