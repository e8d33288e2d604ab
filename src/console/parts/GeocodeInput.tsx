import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../i18n/settings.ts'
import { type County, findCounties, loadCounties } from '../lib/counties.ts'
import { fieldId, useFormContext } from '../lib/form.ts'
import { words } from '../lib/i18n.ts'

export interface Geocode {
  readonly valueName: string
  readonly value: string
}

/** Counties by name, and codes of sets that the organisation has loaded. */
export function GeocodeInput({ at, label, hint }: { at: string; label: string; hint?: string }) {
  const { everywhere } = words()
  const { geocodes: text } = settingsWords()
  const form = useFormContext()
  form.know(at, label, false)
  const id = fieldId(at)
  const chosen = (form.read(at) ?? []) as readonly Geocode[]
  const fault = form.faultAt(at)
  const counties = useCounties()
  const [search, setSearch] = useState('')
  const [other, setOther] = useState<Geocode>({ valueName: '', value: '' })
  const write = (next: readonly Geocode[]) => form.write(at, next.length === 0 ? null : next)
  const add = (geocode: Geocode) => {
    const isIn = chosen.some(one => isSameCode(one, geocode))
    if (!isIn) write([...chosen, geocode])
  }
  const found = findCounties(counties, search)
  return (
    <fieldset class="field" id={id} tabIndex={-1}>
      <legend>{label}</legend>
      {hint && <span class="hint">{hint}</span>}
      {chosen.length > 0 && (
        <ul class="tags plain-inline">
          {chosen.map(geocode => (
            <li key={`${geocode.valueName} ${geocode.value}`} class="tag">
              {geocodeName(geocode, counties)}{' '}
              <button
                type="button"
                class="link-button"
                aria-label={`${everywhere.remove} ${geocodeName(geocode, counties)}`}
                onClick={() => write(chosen.filter(one => !isSameCode(one, geocode)))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <label for={`${id}-search`} class="small">
        {text.search}
      </label>
      <input
        id={`${id}-search`}
        class="input"
        type="search"
        autocomplete="off"
        value={search}
        placeholder={text.example}
        onInput={event => setSearch(event.currentTarget.value)}
      />
      <div role="status" class="small muted">
        {search.trim() !== '' && text.found(found.length)}
      </div>
      <div class="buttons">
        {found.map(({ fips, name }) => (
          <button
            key={fips}
            type="button"
            class="button quiet"
            onClick={() => {
              add({ valueName: 'FIPS', value: fips })
              setSearch('')
            }}
          >
            + {name}
          </button>
        ))}
      </div>
      <details>
        <summary>{text.other}</summary>
        <div class="filters">
          <label class="field">
            <span class="label">{text.valueName}</span>
            <input
              value={other.valueName}
              placeholder="UGC"
              onInput={event => setOther({ ...other, valueName: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            <span class="label">{text.value}</span>
            <input
              value={other.value}
              placeholder="TXC201"
              onInput={event => setOther({ ...other, value: event.currentTarget.value })}
            />
          </label>
          <button
            type="button"
            class="button quiet"
            onClick={() => {
              if (other.valueName === '' || other.value === '') return
              add(other)
              setOther({ valueName: other.valueName, value: '' })
            }}
          >
            {everywhere.add}
          </button>
        </div>
      </details>
      {fault && <span class="fault">{fault}</span>}
    </fieldset>
  )
}

const isSameCode = (a: Geocode, b: Geocode) => a.valueName === b.valueName && a.value === b.value

export function useCounties(): readonly County[] {
  const [counties, setCounties] = useState<readonly County[]>([])
  // Without the names codes stand in their place.
  useEffect(() => void loadCounties().then(setCounties, () => undefined), [])
  return counties
}

/** A county's name where it is one; else the code as it is. */
export function geocodeName({ valueName, value }: Geocode, counties: readonly County[]): string {
  const fips = valueName === 'SAME' ? value.slice(1).replace(/000$/, '') : value
  const county =
    valueName === 'FIPS' || valueName === 'SAME'
      ? counties.find(one => one.fips === fips)
      : undefined
  return county?.name ?? `${valueName} ${value}`
}
