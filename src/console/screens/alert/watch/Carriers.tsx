import { count, words } from '../../../lib/i18n.ts'
import type { Progress } from '../../../lib/types.ts'
import { Shares } from './Shares.tsx'

const MARKS = { bound: '✓', throttled: '!', unbound: '✗', disabled: '–' } as const

/** Each carrier's own tally, from the first second: one that is silent must not hide among the others. */
export function Carriers({ of }: { of: Progress['byCarrier'] }) {
  const { watching } = words()
  if (of.length === 0) return <p class="muted">{watching.noCarrierYet}</p>
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{watching.carrier}</th>
          <th scope="col" class="number">
            {watching.phones}
          </th>
          <th scope="col">{watching.shares}</th>
          <th scope="col" class="number">
            {watching.deliveredHead}
          </th>
          <th scope="col" class="number">
            {watching.failedHead}
          </th>
          <th scope="col" class="number">
            {watching.speed}
          </th>
          <th scope="col">{watching.state}</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ carrierId, name, submitted, delivered, failed, perSecond, state }) => (
          <tr key={carrierId}>
            <th scope="row">{name}</th>
            <td class="number" data-label={watching.phones}>
              {count(submitted + delivered + failed)}
            </td>
            <td data-label={watching.shares}>
              <Shares
                of={submitted + delivered + failed}
                delivered={delivered}
                submitted={submitted}
                failed={failed}
              />
            </td>
            <td class="number" data-label={watching.deliveredHead}>
              {count(delivered)}
            </td>
            <td class="number" data-label={watching.failedHead}>
              {count(failed)}
            </td>
            <td class="number" data-label={watching.speed}>
              {watching.perSecond(count(perSecond))}
            </td>
            <td data-label={watching.state} class="carrier-state" data-state={state}>
              <span>
                <span aria-hidden="true">{MARKS[state]}</span> {watching.carrierStates[state]}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
