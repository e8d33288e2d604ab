import { percent, words } from '../../../lib/i18n.ts'

/** A bar of what arrived, what has no report yet (hatched) and what failed, and its share in figures. */
export function Shares({
  of,
  delivered,
  submitted,
  failed,
}: {
  of: number
  delivered: number
  submitted: number
  failed: number
}) {
  const { watching } = words()
  const width = (part: number) => ({ width: `${of === 0 ? 0 : (100 * part) / of}%` })
  return (
    <div class="shares">
      <div class="bar" aria-hidden="true">
        <span data-part="delivered" style={width(delivered)} />
        <span data-part="submitted" style={width(submitted)} />
        <span data-part="failed" style={width(failed)} />
      </div>
      <span class="small">
        <span class="visually-hidden">{watching.deliveredHead} </span>
        {percent(delivered, of)}
      </span>
    </div>
  )
}
