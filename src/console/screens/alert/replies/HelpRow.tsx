import { useState } from 'preact/hooks'
import { replyWords } from '../../../i18n/replies.ts'
import { post } from '../../../lib/api.ts'
import { clock, words } from '../../../lib/i18n.ts'
import { usePeople } from '../../../lib/people.ts'
import { me } from '../../../lib/session.ts'
import type { HelpRequest } from '../../../lib/types.ts'
import { adviceOn } from '../../../parts/Notice.tsx'
import { HelpSteps } from './HelpSteps.tsx'
import { markOf } from './mark.ts'
import { worksOnRequests } from './rights.ts'

const COLUMNS = 6

/** What a point of the map leads to. */
export const rowIdOf = (requestId: string): string => `request-${requestId}`

/** One person who asked. Taking them is one press; all else is behind a second. */
export function HelpRow({
  request,
  area,
  isNew,
  choice,
  refresh,
}: {
  request: HelpRequest
  area: string | undefined
  isNew: boolean
  /** On the map; undefined: it is on none. */
  choice: { readonly isChosen: boolean; choose(): void } | undefined
  refresh: () => Promise<void>
}) {
  const { approve } = words()
  const replies = replyWords()
  const nameOf = usePeople()
  const [isOpen, setOpen] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const { id, revision, state, operatorId, outcome } = request
  const does = async (step: string, body: object = {}): Promise<boolean> => {
    setProblem(undefined)
    try {
      await post(`/v1/requests/${id}/${step}`, body, { revision })
      await refresh()
      return true
    } catch (error) {
      setProblem(error)
      await refresh()
      return false
    }
  }
  const name = nameOf(operatorId) ?? approve.somebody
  const isMine = operatorId === me.value?.id
  return (
    <>
      <tr id={rowIdOf(id)} tabIndex={-1} data-chosen={choice?.isChosen || undefined}>
        <th scope="row">
          <span class="help-mark" data-hollow={state !== 'open' || undefined} aria-hidden="true">
            {markOf(request)}
          </span>{' '}
          {clock(request.askedAt)} {isNew && <span class="help-new">{replies.isNew}</span>}
        </th>
        <td data-label={replies.phone}>
          <bdi>{request.phone}</bdi>
        </td>
        <td data-label={replies.area}>
          <span>
            {area ?? '–'}{' '}
            {choice && (
              <button
                type="button"
                class="link-button on-map"
                aria-label={replies.onMap}
                aria-pressed={choice.isChosen}
                onClick={choice.choose}
              >
                {replies.mapShort}
              </button>
            )}
          </span>
        </td>
        <td data-label={replies.says}>
          <span>
            “<span dir="auto">{request.text?.trim()}</span>”{' '}
            {!request.certain && <span class="muted">({replies.perhaps})</span>}
            {request.texts > 1 && <span class="muted"> {replies.texts(request.texts)}</span>}
          </span>
        </td>
        <td data-label={replies.state}>
          {state === 'open'
            ? replies.isOpen
            : state === 'taken'
              ? replies.withWhom(name)
              : replies.closedAs(outcome === null ? name : replies.outcomes[outcome])}
        </td>
        <td>
          {worksOnRequests() && (
            <span class="buttons">
              {state === 'open' && (
                <button type="button" class="button primary" onClick={() => void does('take')}>
                  {replies.take}
                </button>
              )}
              {state === 'taken' && isMine && (
                <button type="button" class="button quiet" onClick={() => void does('reopen')}>
                  {replies.giveBack}
                </button>
              )}
              {state === 'closed' && (
                <button type="button" class="button quiet" onClick={() => void does('reopen')}>
                  {replies.reopen}
                </button>
              )}
              <button
                type="button"
                class="button quiet"
                aria-expanded={isOpen}
                onClick={() => setOpen(!isOpen)}
              >
                {isOpen ? replies.hide : replies.details}
              </button>
            </span>
          )}
          {problem !== undefined && (
            <p class="fault" role="alert">
              {adviceOn(problem)}
            </p>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={COLUMNS}>
            <HelpSteps request={request} does={does} />
          </td>
        </tr>
      )}
    </>
  )
}
