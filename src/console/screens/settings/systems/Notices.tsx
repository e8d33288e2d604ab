import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { post } from '../../../lib/api.ts'
import { isTranslated, sayFault } from '../../../lib/faults.ts'
import { clock, dayAndClock } from '../../../lib/i18n.ts'
import { usePages } from '../../../lib/pages.ts'
import type { NoticeDelivery } from '../../../lib/setting-types.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { ProblemNotice } from '../../../parts/Notice.tsx'
import { PageList } from '../../../parts/Pages.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'

/** What a system was told, and what it answered. */
export function Notices({ path }: { path: string }) {
  const { aggregators, settings, subscribers } = settingsWords()
  const found = usePages<NoticeDelivery>(path, 20)
  const { isBusy, problem, run } = useAct()
  const resend = async (id: string) => {
    await post(`${path}/${id}/replay`)
    await found.refresh()
  }
  const again = (id: string) => run(() => resend(id))
  return (
    <>
      <ProblemNotice problem={problem} />
      <PageList
        of={found}
        what={subscribers.deliveries}
        empty={<Empty>{subscribers.deliveriesNone}</Empty>}
      >
        {items => (
          <table class="table rows">
            <thead>
              <tr>
                <th scope="col">{subscribers.what}</th>
                <th scope="col">{subscribers.when}</th>
                <th scope="col">{settings.state}</th>
                <th scope="col">{subscribers.answer}</th>
                <th scope="col">{settings.actions}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(one => (
                <tr key={one.id}>
                  <th scope="row">{one.event}</th>
                  <td data-label={subscribers.when}>{dayAndClock(one.at)}</td>
                  <td data-label={settings.state}>
                    <span>
                      {subscribers.deliveryState[one.state]}
                      {one.nextAttemptAt && `, ${subscribers.next(clock(one.nextAttemptAt))}`}
                    </span>
                  </td>
                  <td data-label={subscribers.answer}>
                    <Answer of={one} />
                  </td>
                  <td>
                    {one.state === 'unknown' && (
                      <SureButton question={aggregators.againQuestion} act={() => resend(one.id)}>
                        {subscribers.again}
                      </SureButton>
                    )}
                    {one.state !== 'waiting' && one.state !== 'unknown' && (
                      <button
                        type="button"
                        class="button quiet"
                        aria-disabled={isBusy}
                        onClick={() => void again(one.id)}
                      >
                        {subscribers.again}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </PageList>
      <button type="button" class="button quiet start" onClick={() => void found.refresh()}>
        {subscribers.refresh}
      </button>
    </>
  )
}

/** Of a post also which channels refused it, or why it was not posted. */
function Answer({ of }: { of: NoticeDelivery }) {
  const { aggregators } = settingsWords()
  const { lastStatus, lastFault, attempts, outcome } = of
  const known = lastFault === null ? undefined : aggregators.faults[lastFault]
  if (outcome === null) {
    return (
      <>
        {lastStatus ?? known ?? lastFault ?? '–'} ({attempts})
      </>
    )
  }
  const refusing = outcome.channels.filter(({ error }) => error)
  return (
    <div class="stack">
      <span>
        {known ?? lastFault ?? lastStatus ?? '–'} ({attempts})
      </span>
      {outcome.said !== null && <span class="mono">{outcome.said}</span>}
      {refusing.length + outcome.faults.length > 0 && (
        <ul>
          {refusing.map(({ channel, code, status }) => (
            <li key={channel + code} lang="en">
              {channel} {code} {status}
            </li>
          ))}
          {outcome.faults.map(fault => (
            <li key={fault.pointer + fault.detail} lang={isTranslated(fault) ? undefined : 'en'}>
              <span class="hash">{fault.pointer}</span> {sayFault(fault)}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
