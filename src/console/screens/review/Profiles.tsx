import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { type ApiFault, isTranslated, sayFault } from '../../lib/faults.ts'
import { languageName } from '../../lib/i18n.ts'
import { useResource } from '../../lib/resource.ts'
import type { ProfileVerdict } from '../../lib/types.ts'
import { Field } from '../../parts/Field.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

/** How the draft stands with the network that one chooses: told before it is signed, and no hindrance by itself. */
export function Profiles({
  alertId,
  languages,
}: {
  alertId: string
  /** Of the alert's blocks, in their order. */
  languages: readonly string[]
}) {
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
              {one && <Findings of={one} languages={languages} />}
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

function Findings({
  of: { faults, warnings },
  languages,
}: {
  of: ProfileVerdict
  languages: readonly string[]
}) {
  const { importCap: text } = composeWords()
  return (
    <div role="status" class="stack">
      {faults.length + warnings.length === 0 && <p>✓ {text.fits}</p>}
      {faults.length > 0 && (
        <div>
          <h3>{text.faults}</h3>
          <Sentences of={faults} languages={languages} />
        </div>
      )}
      {warnings.length > 0 && (
        <details>
          <summary>{text.warnings(warnings.length)}</summary>
          <Sentences of={warnings} languages={languages} />
        </details>
      )}
    </div>
  )
}

/** Each once, with all its places: what an alert lacks in one language it mostly lacks in the others. */
function Sentences({ of, languages }: { of: readonly ApiFault[]; languages: readonly string[] }) {
  const bySentence = new Map<string, ApiFault[]>()
  for (const fault of of) {
    const sentence = sayFault(fault)
    bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), fault])
  }
  return (
    <dl class="findings">
      {[...bySentence].map(([sentence, found]) => (
        <Fragment key={sentence}>
          <dt lang={found.every(isTranslated) ? undefined : 'en'}>{sentence}</dt>
          <dd>
            <ul class="plain small muted">
              {found.map(({ pointer }) => (
                <li key={pointer}>
                  <span class="mono">{pointer}</span>
                  {blockOf(pointer, languages)}
                </li>
              ))}
            </ul>
          </dd>
        </Fragment>
      ))}
    </dl>
  )
}

function blockOf(pointer: string, languages: readonly string[]): string {
  const tag = languages[Number(/^\/info\/(\d+)/.exec(pointer)?.[1])]
  return tag === undefined ? '' : ` · ${languageName(tag)}`
}
