import { useState } from 'preact/hooks'
import type { Position } from '../../../geometry/geojson.ts'
import { RADIANS } from '../../../geometry/sphere.ts'
import { composeWords } from '../../i18n/compose.ts'
import { count, words } from '../../lib/i18n.ts'

const STEPS_M = [10, 100, 1_000, 5_000]
/** Of latitude. */
const M_A_DEGREE = 111_195
const ARROWS = { north: '↑', south: '↓', west: '←', east: '→' } as const
const WAYS = { north: [0, 1], south: [0, -1], west: [-1, 0], east: [1, 0] } as const

/** Corners as numbers: every drag on the map has this other way (WCAG 2.5.7). */
export function CornerTable({
  corners,
  onChange,
}: {
  corners: readonly Position[]
  onChange: (corners: readonly Position[]) => void
}) {
  const { compose: text } = composeWords()
  const [step, setStep] = useState(100)
  const put = (no: number, [x, y]: Position) => {
    const moved: Position = [
      Math.min(180, Math.max(-180, rounded(x))),
      Math.min(90, Math.max(-90, rounded(y))),
    ]
    onChange(corners.map((one, at) => (at === no ? moved : one)))
  }
  const nudge = (no: number, [x, y]: Position, way: keyof typeof WAYS) => {
    const [east, north] = WAYS[way]
    const degrees = step / M_A_DEGREE
    put(no, [x + (east * degrees) / Math.max(0.01, Math.cos(y * RADIANS)), y + north * degrees])
  }
  return (
    <div class="corner-table">
      <label class="row small">
        {text.step}
        <select
          class="input short"
          value={step}
          onChange={({ currentTarget }) => setStep(Number(currentTarget.value))}
        >
          {STEPS_M.map(metres => (
            <option key={metres} value={metres}>
              {metres < 1000 ? text.metres(count(metres)) : text.km(count(metres / 1000))}
            </option>
          ))}
        </select>
      </label>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{text.corner}</th>
            <th scope="col">{text.latitude}</th>
            <th scope="col">{text.longitude}</th>
            <th scope="col">{text.nudge}</th>
            <th>
              <span class="visually-hidden">{words().everywhere.remove}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {corners.map((corner, no) => {
            const [x, y] = corner
            return (
              <tr key={no}>
                <th scope="row">{no + 1}</th>
                <td data-label={text.latitude}>
                  <Degrees
                    label={`${text.latitude} ${no + 1}`}
                    value={y}
                    onWrite={value => put(no, [x, value])}
                  />
                </td>
                <td data-label={text.longitude}>
                  <Degrees
                    label={`${text.longitude} ${no + 1}`}
                    value={x}
                    onWrite={value => put(no, [value, y])}
                  />
                </td>
                <td data-label={text.nudge}>
                  <span class="nudges">
                    {(Object.keys(WAYS) as (keyof typeof WAYS)[]).map(way => (
                      <button
                        key={way}
                        type="button"
                        class="button quiet nudge"
                        aria-label={`${text.corner} ${no + 1}: ${text.nudges[way]}`}
                        onClick={() => nudge(no, corner, way)}
                      >
                        {ARROWS[way]}
                      </button>
                    ))}
                  </span>
                </td>
                <td>
                  <button
                    type="button"
                    class="button quiet nudge"
                    aria-label={text.removeCorner(no + 1)}
                    onClick={() => onChange(corners.filter((_, at) => at !== no))}
                  >
                    ✕
                  </button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      <button
        type="button"
        class="button quiet"
        onClick={() => {
          const [first, last] = [corners[0], corners.at(-1)]
          const fresh: Position =
            first && last ? [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2] : [0, 0]
          onChange([...corners, [rounded(fresh[0]), rounded(fresh[1])]])
        }}
      >
        {text.addCorner}
      </button>
    </div>
  )
}

const rounded = (degrees: number) => Math.round(degrees * 1e6) / 1e6

/** Written when it is left, so that `-` and `95.` on the way to a number are no corner yet. */
function Degrees({
  label,
  value,
  onWrite,
}: {
  label: string
  value: number
  onWrite: (value: number) => void
}) {
  return (
    <input
      class="input degrees"
      aria-label={label}
      inputMode="decimal"
      value={value}
      onChange={({ currentTarget }) => {
        const typed = Number(currentTarget.value.replace(',', '.'))
        if (Number.isFinite(typed)) onWrite(typed)
        else currentTarget.value = String(value)
      }}
    />
  )
}
