import { clockShort, count, day, span, words } from '../../lib/i18n.ts'
import type { SignedContent } from '../../lib/types.ts'
import { PhonePreviews, type PhoneText } from '../../parts/PhonePreview.tsx'

/**
 * Every text that can go out on these signatures, as it stands in the signed bytes: what people read now at once, what
 * may follow folded, for it is read second.
 */
export function Texts({ content }: { content: SignedContent }) {
  const { approve } = words()
  const { replies, texts, link } = content
  return (
    <>
      <PhonePreviews texts={texts} linkBase={link?.base} />
      <dl class="facts">
        <dt>{approve.answers}</dt>
        <dd>
          {replies.options.length === 0
            ? approve.noAnswers
            : replies.options
                .map(({ code, label, quota }) =>
                  quota === undefined
                    ? `${code} ${label}`
                    : `${code} ${label} ${approve.firstOnly(count(quota))}`,
                )
                .join(', ')}
        </dd>
        {replies.deadline !== undefined && (
          <>
            <dt>{approve.deadline}</dt>
            <dd>
              {day(replies.deadline)} {clockShort(replies.deadline)}
            </dd>
          </>
        )}
      </dl>
      {followUpsOf(content).map(({ title, said }, no) => (
        <details key={no}>
          <summary>{title}</summary>
          {said.length > 0 && <PhonePreviews texts={said} />}
        </details>
      ))}
    </>
  )
}

interface FollowUp {
  readonly title: string
  readonly said: readonly PhoneText[]
}

function followUpsOf({
  corrections,
  reminders,
  escalations = [],
  replies,
}: SignedContent): FollowUp[] {
  const { approve } = words()
  const { quotaTexts } = replies
  const of = (title: string, said: readonly PhoneText[] = []) =>
    said.length === 0 ? undefined : { title, said }
  const all: (FollowUp | undefined)[] = [
    of(approve.correctionCancel, corrections.cancel),
    of(approve.correctionAllClear, corrections.allClear),
    // Without texts of its own a reminder says the alert's once more.
    reminders && {
      title: approve.reminders(reminders.times, span(reminders.afterMinutes * 60)),
      said: reminders.texts ?? [],
    },
    of(approve.quotaTaken, quotaTexts?.taken),
    of(approve.quotaFull, quotaTexts?.full),
    ...escalations.map(({ when, option = '', count: n, percent, to, afterMinutes, texts }) => ({
      title: approve.escalation(
        approve.escalationWhen[when](
          option,
          percent === undefined ? count(n ?? 0) : `${percent} %`,
        ),
        span(afterMinutes * 60),
        to.name,
      ),
      said: texts,
    })),
  ]
  return all.filter(one => one !== undefined)
}
