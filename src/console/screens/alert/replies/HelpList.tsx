import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import { replyWords } from '../../../i18n/replies.ts'
import { useResource } from '../../../lib/resource.ts'
import { me } from '../../../lib/session.ts'
import type { Area, HelpRequest, Page } from '../../../lib/types.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { Field, Segments } from '../../../parts/Field.tsx'
import { ProblemNotice } from '../../../parts/Notice.tsx'
import { Waiting } from '../../../parts/Waiting.tsx'
import { HelpMap } from './HelpMap.tsx'
import { HelpRow } from './HelpRow.tsx'
import { seesPlaces } from './rights.ts'

const ASK_AGAIN_MS = 3_000
/** As many as one can work on before the next turn; the rest is one press away. */
const PAGE = 25
const MOST = 1000
const SHOWN = ['open', 'taken', 'closed', 'all'] as const
type Shown = (typeof SHOWN)[number]

/** The work list: who asked first comes first, and nothing jumps while one works on it. */
export function HelpList({
  alertId,
  areas,
  drawn,
}: {
  alertId: string
  areas: readonly string[]
  /** Of the alert, for the map. */
  drawn: readonly Area[]
}) {
  const replies = replyWords()
  const [shown, setShown] = useState<Shown>('open')
  const [area, setArea] = useState('')
  const [most, setMost] = useState(PAGE)
  const [isMine, setMine] = useState(false)
  const [chosen, setChosen] = useState<string>()
  const [openedAt] = useState(() => new Date().toISOString())
  const query = new URLSearchParams({
    limit: String(most),
    ...(shown !== 'all' && { state: shown }),
    ...(area !== '' && { area }),
    ...(isMine && me.value && { operator: me.value.id }),
  })
  const list = useResource<Page<HelpRequest>>(
    `/v1/alerts/${alertId}/requests?${query.toString()}`,
    ASK_AGAIN_MS,
  )
  const items = list.data.value?.items
  const hasMore = Boolean(list.data.value?.nextCursor)
  return (
    <div class="stack">
      <div class="row filters">
        <Segments<Shown>
          legend={replies.show}
          name="help-state"
          value={shown}
          options={SHOWN.map(value => ({ value, label: replies.states[value] }))}
          onChoose={setShown}
        />
        {areas.length > 1 && (
          <Field label={replies.area}>
            <select value={area} onChange={event => setArea(event.currentTarget.value)}>
              <option value="">{replies.everywhere}</option>
              {areas.map((name, no) => (
                <option key={no} value={String(no)}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={isMine}
            onChange={event => setMine(event.currentTarget.checked)}
          />
          {replies.mine}
        </label>
      </div>
      {items === undefined ? (
        list.problem.value ? (
          <ProblemNotice problem={list.problem.value} retry={() => void list.refresh()} />
        ) : (
          <Waiting what={replies.needHelp} />
        )
      ) : items.length === 0 ? (
        <Empty>{replies.none}</Empty>
      ) : (
        <div class="help-work">
          {seesPlaces() ? (
            <HelpMap
              areas={drawn}
              requests={items}
              hasMore={hasMore}
              chosen={chosen}
              onChoose={setChosen}
            />
          ) : (
            <div>
              <ByArea of={items} areas={areas} />
              <p class="hint">{replies.noMap}</p>
            </div>
          )}
          <div>
            <table class="table rows">
              <thead>
                <tr>
                  <th scope="col">{replies.asked}</th>
                  <th scope="col">{replies.phone}</th>
                  <th scope="col">{replies.area}</th>
                  <th scope="col">{replies.says}</th>
                  <th scope="col">{replies.state}</th>
                  <th scope="col">{replies.act}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(request => (
                  <HelpRow
                    key={request.id}
                    request={request}
                    area={request.areaNo === null ? undefined : areas[request.areaNo]}
                    isNew={request.lastAt > openedAt}
                    choice={
                      request.locations?.length
                        ? {
                            isChosen: request.id === chosen,
                            choose: () => setChosen(request.id === chosen ? undefined : request.id),
                          }
                        : undefined
                    }
                    refresh={() => list.refresh()}
                  />
                ))}
              </tbody>
            </table>
            {hasMore && most < MOST && (
              <button
                type="button"
                class="button quiet"
                onClick={() => setMost(Math.min(MOST, most * 4))}
              >
                {replies.more}
              </button>
            )}
          </div>
        </div>
      )}
    </div>
  )
}

/** Where they are, as near as who may not read contacts is told: how many of the list in each of the alert's areas. */
function ByArea({ of, areas }: { of: readonly HelpRequest[]; areas: readonly string[] }) {
  const replies = replyWords()
  const counted = areas
    .map((name, no) => ({ no, name, asked: of.filter(({ areaNo }) => areaNo === no).length }))
    .filter(({ asked }) => asked > 0)
    .toSorted((a, b) => b.asked - a.asked)
  const elsewhere = of.filter(({ areaNo }) => areaNo === null).length
  return (
    <dl class="facts" aria-label={replies.listedByArea}>
      {counted.map(({ no, name, asked }) => (
        <Fragment key={no}>
          <dt>{name}</dt>
          <dd>{replies.asking(asked)}</dd>
        </Fragment>
      ))}
      {elsewhere > 0 && (
        <>
          <dt>{replies.inNoArea}</dt>
          <dd>{replies.asking(elsewhere)}</dd>
        </>
      )}
    </dl>
  )
}
