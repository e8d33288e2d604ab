import { span, words } from '../../lib/i18n.ts'
import type { SignedContent } from '../../lib/types.ts'
import { PhonePreviews } from '../../parts/PhonePreview.tsx'

/** What people will read, as it stands in the signed bytes; the corrections folded, for they are read second. */
export function Texts({ content }: { content: SignedContent }) {
  const { approve } = words()
  const { corrections, replies, reminders, texts } = content
  return (
    <>
      <PhonePreviews texts={texts} />
      <dl class="facts">
        <dt>{approve.answers}</dt>
        <dd>
          {replies.options.length === 0
            ? approve.noAnswers
            : replies.options.map(({ code, label }) => `${code} ${label}`).join(', ')}
        </dd>
      </dl>
      {corrections.cancel.length > 0 && (
        <details>
          <summary>
            {approve.corrections}: {approve.correctionCancel}
          </summary>
          <PhonePreviews texts={corrections.cancel} />
        </details>
      )}
      {corrections.allClear.length > 0 && (
        <details>
          <summary>
            {approve.corrections}: {approve.correctionAllClear}
          </summary>
          <PhonePreviews texts={corrections.allClear} />
        </details>
      )}
      {reminders && (
        <details>
          <summary>{approve.reminders(reminders.times, span(reminders.afterMinutes * 60))}</summary>
          {reminders.texts && <PhonePreviews texts={reminders.texts} />}
        </details>
      )}
    </>
  )
}
