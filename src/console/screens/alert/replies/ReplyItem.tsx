import { replyWords } from '../../../i18n/replies.ts'
import type { Reply } from '../../../lib/types.ts'

/** A text that somebody sent, and what is known of it. */
export function ReplyItem({
  of: reply,
  at,
  counted,
}: {
  of: Reply
  at: string
  /** The option that it counts for. */
  counted: string | undefined
}) {
  const replies = replyWords()
  const known = [
    reply.urgent && replies.needHelp,
    counted !== undefined && replies.counted(counted),
    reply.late && replies.late,
    reply.automatic && replies.automatic,
    reply.partial && replies.partial,
  ]
  return (
    <li data-urgent={reply.urgent || undefined}>
      <span class="muted small">
        {at} <bdi>{reply.phone}</bdi>
      </span>{' '}
      <q dir="auto">{reply.text}</q>
      <span class="muted small">{known.filter(Boolean).map(text => ` · ${String(text)}`)}</span>
    </li>
  )
}
