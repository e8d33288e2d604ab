import { useState } from 'preact/hooks'
import { replyWords } from '../../../i18n/replies.ts'
import { clock } from '../../../lib/i18n.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Alert, Page, Reply } from '../../../lib/types.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { Segments } from '../../../parts/Field.tsx'
import { Waiting } from '../../../parts/Waiting.tsx'
import { ReplyItem } from './ReplyItem.tsx'

const ASK_AGAIN_MS = 5_000
const PAGE = 25
const KINDS = ['other', 'optOut', 'all'] as const
type Kind = (typeof KINDS)[number]

/** What no rule could count: somebody has to read it. */
export function OtherReplies({
  alertId,
  options,
}: {
  alertId: string
  options: Alert['replies']['options']
}) {
  const replies = replyWords()
  const [kind, setKind] = useState<Kind>('other')
  const [most, setMost] = useState(PAGE)
  const query = new URLSearchParams({
    limit: String(Math.min(1000, most)),
    ...(kind === 'other' && { kind: 'other' }),
    ...(kind === 'optOut' && { review: 'optOut' }),
  })
  const page = useResource<Page<Reply>>(
    `/v1/alerts/${alertId}/replies?${query.toString()}`,
    ASK_AGAIN_MS,
  ).data.value
  const labelOf = (code: string) => {
    const option = options.find(one => one.code === code)
    return option === undefined ? code : `${code} ${option.label}`
  }
  return (
    <div class="stack">
      <Segments<Kind>
        legend={replies.show}
        name="reply-kind"
        value={kind}
        options={KINDS.map(value => ({ value, label: replies.kinds[value] }))}
        onChoose={setKind}
      />
      {page === undefined ? (
        <Waiting what={replies.others} />
      ) : page.items.length === 0 ? (
        <Empty>{replies.noOthers}</Empty>
      ) : (
        <ul class="plain reply-list">
          {page.items.map(reply => (
            <ReplyItem
              key={reply.id}
              of={reply}
              at={clock(reply.receivedAt)}
              counted={reply.option === null ? undefined : labelOf(reply.option)}
            />
          ))}
        </ul>
      )}
      {page?.nextCursor && most < 1000 && (
        <button type="button" class="button quiet start" onClick={() => setMost(most * 4)}>
          {replies.more}
        </button>
      )}
    </div>
  )
}
