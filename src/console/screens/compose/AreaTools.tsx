import { useEffect, useRef, useState } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { useAct } from '../../lib/act.ts'
import { post } from '../../lib/api.ts'
import { count } from '../../lib/i18n.ts'
import { pathTo } from '../../lib/place.ts'
import type { Area, ComposedArea } from '../../lib/types.ts'
import { Field } from '../../parts/Field.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { areaFault, areaFrom, replaced } from './areas.ts'
import type { GroupSummary } from './What.tsx'

const OPERATIONS = ['union', 'difference', 'intersection', 'buffer'] as const
type Operation = (typeof OPERATIONS)[number]

interface Tools {
  readonly areas: readonly Area[]
  readonly groups: readonly GroupSummary[]
  readonly onChange: (areas: readonly Area[]) => void
}

/** Areas joined, taken from one another, kept where they overlap, widened; and what the alert leaves out or has twice. */
export function AreaTools({ areas, groups, onChange }: Tools) {
  const { compose: text } = composeWords()
  if (areas.length === 0) return <p class="picker hint">{text.combineNone}</p>
  return (
    <div class="picker stack">
      <Combine areas={areas} onChange={onChange} />
      <Checked areas={areas} groups={groups} onChange={onChange} />
    </div>
  )
}

function Combine({ areas, onChange }: Omit<Tools, 'groups'>) {
  const { compose: text } = composeWords()
  const [operation, setOperation] = useState<Operation>(areas.length > 1 ? 'union' : 'buffer')
  const [chosen, setChosen] = useState(0)
  const [without, setWithout] = useState<ReadonlySet<number>>(new Set())
  const [metres, setMetres] = useState('500')
  const [done, setDone] = useState<{ readonly said: string; readonly of: readonly Area[] }>()
  const latest = useRef(areas)
  latest.current = areas
  const act = useAct()
  const first = Math.min(chosen, areas.length - 1)
  const isOrdered = operation === 'difference' || operation === 'buffer'
  const others =
    operation === 'buffer'
      ? []
      : [...areas.keys()].filter(no => !(isOrdered && no === first) && !without.has(no))
  const nos = isOrdered ? [first, ...others] : others
  const width = Number(metres.replace(',', '.'))
  const isReady = operation === 'buffer' ? Number.isFinite(width) && width !== 0 : nos.length > 1
  const combine = () =>
    act.run(async () => {
      const given = nos.map(no => areas[no]!)
      const { polygon, people, areaKm2, corners } = await post<ComposedArea>('/v1/areas', {
        areas: given,
        ...(operation === 'buffer' ? { bufferMetres: width } : { operation }),
      })
      if (latest.current !== areas)
        return setDone({ said: text.combineChanged, of: latest.current })
      if (polygon === null) return setDone({ said: text.combineNothing, of: areas })
      const next = replaced(areas, nos, areaFrom(given, polygon, operation === 'union'))
      onChange(next)
      setChosen(Math.min(...nos))
      setWithout(new Set())
      const size = text.km2(count(Math.round(areaKm2 * 10) / 10))
      setDone({ said: text.combined(count(people), size, corners), of: next })
    })
  return (
    <form
      class="stack"
      onSubmit={event => {
        event.preventDefault()
        if (isReady) void combine()
      }}
    >
      <div class="pair">
        <Field label={text.operation}>
          <select
            value={operation}
            onChange={({ currentTarget }) => setOperation(currentTarget.value as Operation)}
          >
            {OPERATIONS.map(one => (
              <option key={one} value={one}>
                {text.operations[one]}
              </option>
            ))}
          </select>
        </Field>
        {isOrdered && (
          <Field label={operation === 'buffer' ? text.widened : text.takenFrom}>
            <select
              value={first}
              onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}
            >
              {areas.map(({ areaDesc }, no) => (
                <option key={no} value={no}>
                  {areaDesc}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      {operation === 'buffer' ? (
        <Field label={text.widenBy} hint={text.widenHint}>
          <input
            class="input short"
            inputMode="numeric"
            value={metres}
            onInput={({ currentTarget }) => setMetres(currentTarget.value)}
          />
        </Field>
      ) : (
        <fieldset class="field">
          <legend>{operation === 'difference' ? text.takenAway : text.areas}</legend>
          {areas.map(
            ({ areaDesc }, no) =>
              !(isOrdered && no === first) && (
                <label key={no} class="check">
                  <input
                    type="checkbox"
                    checked={!without.has(no)}
                    onChange={({ currentTarget }) => {
                      const next = new Set(without)
                      if (currentTarget.checked) next.delete(no)
                      else next.add(no)
                      setWithout(next)
                    }}
                  />{' '}
                  {areaDesc}
                </label>
              ),
          )}
          {!isReady && <p class="hint">{text.combineFew}</p>}
        </fieldset>
      )}
      <button class="button start" disabled={!isReady || act.isBusy}>
        {text.operations[operation]}
      </button>
      <p role="status">{done?.of === areas && done.said}</p>
      <ProblemNotice problem={act.problem} />
    </form>
  )
}

const ASK_MS = 300

/** Which alerts in force reach the same ground, and whom within the incident's perimeter none does. */
function Checked({ areas, groups, onChange }: Tools) {
  const { compose: text } = composeWords()
  const [perimeterId, setPerimeter] = useState('')
  const [found, setFound] = useState<ComposedArea>()
  const [problem, setProblem] = useState<unknown>()
  const saved = groups.flatMap(({ id, name, area }) => (area === null ? [] : [{ id, name, area }]))
  const perimeter = saved.find(({ id }) => id === perimeterId)?.area
  const key = JSON.stringify([areas, perimeterId])
  useEffect(() => {
    setFound(undefined)
    setProblem(undefined)
    if (areas.some(area => areaFault(area) !== undefined)) return
    const turn = new AbortController()
    const timer = setTimeout(() => {
      post<ComposedArea>('/v1/areas', { areas, perimeter }, { signal: turn.signal }).then(
        setFound,
        error => !turn.signal.aborted && setProblem(error),
      )
    }, ASK_MS)
    return () => {
      clearTimeout(timer)
      turn.abort()
    }
  }, [key])
  const gaps = found?.gaps ?? []
  const left = gaps.reduce((people, gap) => people + gap.people, 0)
  return (
    <div class="stack">
      {saved.length > 0 && (
        <Field label={text.perimeter} hint={text.perimeterHint}>
          <select
            value={perimeterId}
            onChange={({ currentTarget }) => setPerimeter(currentTarget.value)}
          >
            <option value="">{text.perimeterNone}</option>
            {saved.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      )}
      <div role="status" class="stack">
        {found && perimeter && (
          <p>{gaps.length === 0 ? text.noGaps : text.gaps(gaps.length, count(left))}</p>
        )}
        {found && (
          <p>
            {found.overlaps.length === 0 ? text.noOverlaps : text.overlaps}{' '}
            {found.overlaps.map(({ alertId, areaDesc }, no) => (
              <span key={no}>
                {no > 0 && ', '}
                <a href={pathTo('alerts', alertId)} target="_blank" rel="noreferrer">
                  {areaDesc}
                </a>
              </span>
            ))}
          </p>
        )}
      </div>
      {gaps.length > 0 && (
        <button
          type="button"
          class="button quiet start"
          onClick={() =>
            onChange([
              ...areas,
              ...gaps.map(({ polygon }, no) =>
                areaFrom([{ areaDesc: text.gap(no + 1) }], polygon, false),
              ),
            ])
          }
        >
          {text.addGaps}
        </button>
      )}
      <ProblemNotice problem={problem} />
    </div>
  )
}
