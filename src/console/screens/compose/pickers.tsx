/** The ways to an area that need no map. */
import { useEffect, useState } from 'preact/hooks'
import type { Position } from '../../../geometry/geojson.ts'
import { composeWords } from '../../i18n/compose.ts'
import { get } from '../../lib/api.ts'
import { findCounties } from '../../lib/counties.ts'
import { count } from '../../lib/i18n.ts'
import type { Area } from '../../lib/types.ts'
import type { CountyAt } from '../../map/county-at.ts'
import { Field } from '../../parts/Field.tsx'
import { useCounties } from '../../parts/GeocodeInput.tsx'
import { readAreas } from './area-files.ts'
import { closed, readCorners } from './areas.ts'
import { pointed, pointsAt } from './pointed.ts'
import type { GroupSummary } from './What.tsx'

type Add = (areas: readonly Area[]) => void

/** @param fips - of a county or, in two digits, of a state */
export function countyArea({ fips, name }: { fips: string; name: string }): Area {
  // 47 CFR 11.31(f): the whole of the county, or with 000 of the state.
  const value = `0${fips.padEnd(5, '0')}`
  return { areaDesc: name, geocode: [{ valueName: 'SAME', value }] }
}

export function CountyPicker({ onAdd, hasMap }: { onAdd: Add; hasMap: boolean }) {
  const { compose: text } = composeWords()
  const counties = useCounties()
  const [search, setSearch] = useState('')
  const found = findCounties(counties, search)
  return (
    <div class="picker">
      <Field label={text.countySearch} hint={hasMap ? text.countyHintMap : text.countyHint}>
        <input
          type="search"
          autocomplete="off"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      </Field>
      <p role="status" class="small muted">
        {search.trim() !== '' && found.length === 0 && text.noneFound}
      </p>
      <div class="buttons">
        {found.map(({ fips, name }) => (
          <button
            key={fips}
            type="button"
            class="button quiet"
            onClick={() => onAdd([countyArea({ fips, name })])}
          >
            + {name}
          </button>
        ))}
      </div>
    </div>
  )
}

interface Place {
  readonly name: string
  readonly population: number
  readonly longitude: number
  readonly latitude: number
}

const RADII_KM = [1, 2, 5, 10, 20, 50]
const SEARCH_MS = 150

export function PlacePicker({ onAdd, near }: { onAdd: Add; near: () => Position | undefined }) {
  const { compose: text } = composeWords()
  const [search, setSearch] = useState('')
  const [radiusKm, setRadius] = useState(5)
  const [found, setFound] = useState<readonly Place[]>()
  const countyAt = useCountyAt()
  useEffect(() => {
    if (search.trim() === '') return setFound(undefined)
    const turn = new AbortController()
    const timer = setTimeout(() => {
      const query = new URLSearchParams({ q: search.trim(), limit: '8' })
      const at = near()
      if (at) {
        query.set('longitude', String(at[0]))
        query.set('latitude', String(at[1]))
      }
      get<{ items: Place[] }>(`/v1/places?${query.toString()}`, { signal: turn.signal }).then(
        ({ items }) => setFound(items),
        () => undefined,
      )
    }, SEARCH_MS)
    return () => {
      clearTimeout(timer)
      turn.abort()
    }
  }, [search])
  return (
    <div class="picker">
      <div class="pair">
        <Field label={text.placeSearch}>
          <input
            type="search"
            autocomplete="off"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </Field>
        <Field label={text.radius}>
          <select
            value={radiusKm}
            onChange={({ currentTarget }) => setRadius(Number(currentTarget.value))}
          >
            {RADII_KM.map(km => (
              <option key={km} value={km}>
                {text.km(count(km))}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <p role="status" class="small muted">
        {found?.length === 0 && text.noneFound}
      </p>
      <div class="buttons">
        {found?.map(({ name, population, longitude, latitude }) => (
          <button
            key={`${longitude} ${latitude} ${name}`}
            type="button"
            class="button quiet"
            onClick={() =>
              onAdd([
                {
                  areaDesc: text.within(text.km(count(radiusKm)), name),
                  circle: [{ center: [longitude, latitude], radiusKm }],
                },
              ])
            }
          >
            + {name}{' '}
            <span class="muted small">
              {[
                countyAt?.([longitude, latitude]),
                text.members(count(population)),
                `${count(latitude)}, ${count(longitude)}`,
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </button>
        ))}
      </div>
    </div>
  )
}

/** Many towns share a name: their county tells them apart. */
function useCountyAt(): CountyAt | undefined {
  const [loaded, setLoaded] = useState<{ readonly countyAt: CountyAt }>()
  useEffect(() => {
    import('../../map/county-at.ts').then(
      async ({ loadCountyAt }) => setLoaded({ countyAt: await loadCountyAt() }),
      () => undefined,
    )
  }, [])
  return loaded?.countyAt
}

export function SavedPicker({ groups, onAdd }: { groups: readonly GroupSummary[]; onAdd: Add }) {
  const { compose: text } = composeWords()
  const saved = groups.flatMap(({ area, ...group }) => (area === null ? [] : [{ ...group, area }]))
  if (saved.length === 0) return <p class="picker hint">{text.savedNone}</p>
  return (
    <div class="picker buttons">
      {saved.map(({ id, name, area, members }) => (
        <button
          key={id}
          type="button"
          class="button quiet"
          {...pointsAt(id)}
          onClick={() => {
            pointed.value = undefined
            onAdd([area])
          }}
        >
          + {name} <span class="muted small">{text.members(count(members))}</span>
        </button>
      ))}
    </div>
  )
}

export function TypedCorners({ onAdd }: { onAdd: (ring: readonly Position[]) => void }) {
  const { compose: text } = composeWords()
  const [typed, setTyped] = useState('')
  const [fault, setFault] = useState<string>()
  const make = () => {
    const corners = readCorners(typed)
    if (corners === undefined) return setFault(text.pasteWrong)
    if (corners.length < 3) return setFault(text.pasteFew)
    onAdd(closed(corners))
  }
  return (
    <div class="picker stack">
      <Field label={text.paste} hint={text.pasteExample} fault={fault}>
        <textarea
          rows={5}
          class="mono"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value)
            setFault(undefined)
          }}
        />
      </Field>
      <button type="button" class="button start" onClick={make}>
        {text.makeArea}
      </button>
    </div>
  )
}

export function FilePicker({ onAdd, name }: { onAdd: Add; name: string }) {
  const { compose: text } = composeWords()
  const [fault, setFault] = useState<string>()
  const take = async (file: File | undefined) => {
    if (file === undefined) return
    const areas = readAreas(await file.text(), file.name.replace(/\.[^.]*$/, '') || name)
    if (areas === undefined) setFault(text.fileWrong)
    else onAdd(areas)
  }
  return (
    <div class="picker">
      <Field label={text.fileLabel} fault={fault}>
        <input
          type="file"
          accept=".json,.geojson,.xml,.cap,application/json,application/geo+json,application/xml"
          onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
        />
      </Field>
    </div>
  )
}
