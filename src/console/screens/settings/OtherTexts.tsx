import { settingsWords } from '../../i18n/settings.ts'
import { dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import type { Reply } from '../../lib/setting-types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { ReplyItem } from '../alert/replies/ReplyItem.tsx'

/** Texts that came in and answer no alert: they stand on no alert's page. */
export function OtherTexts() {
  const { otherTexts } = settingsWords()
  const found = usePages<Reply>('/v1/replies?list=unattributed')
  return (
    <TitledList of={found} title={otherTexts.title} intro={otherTexts.intro} none={otherTexts.none}>
      {items => (
        <ul class="plain reply-list">
          {items.map(reply => (
            <ReplyItem
              key={reply.id}
              of={reply}
              at={dayAndClock(reply.receivedAt)}
              counted={undefined}
            />
          ))}
        </ul>
      )}
    </TitledList>
  )
}
