import { clockShort, count, day, words } from '../../lib/i18n.ts'
import type { SignedContent } from '../../lib/types.ts'
import { PhonePreviews } from '../../parts/PhonePreview.tsx'
import { besideOf, type FollowUp, followUpsOf } from './said.ts'

/**
 * Everything that can go out on these signatures, as it stands in the signed bytes: what people read now at once, what
 * stands beside it or may follow folded, for it is read second.
 */
export function Texts({ content }: { content: SignedContent }) {
  const { texts, link } = content
  return (
    <>
      <PhonePreviews texts={texts} linkBase={link?.base} />
      <Asked content={content} />
      <SaidBeside content={content} />
      <FollowUps all={followUpsOf(content)} />
    </>
  )
}

function Asked({ content: { replies } }: { content: SignedContent }) {
  const { approve } = words()
  return (
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
  )
}

/** Of each language. */
export function SaidBeside({ content }: { content: SignedContent }) {
  return (
    <>
      {besideOf(content).map(({ title, language, paragraphs }, no) => (
        <details key={no} class="beside">
          <summary>{title}</summary>
          <div lang={language} dir="auto">
            {paragraphs.map((paragraph, place) => (
              <p key={place}>{paragraph}</p>
            ))}
          </div>
        </details>
      ))}
    </>
  )
}

export function FollowUps({ all }: { all: readonly FollowUp[] }) {
  return (
    <>
      {all.map(({ title, said }, no) => (
        <details key={no}>
          <summary>{title}</summary>
          {said.length > 0 && <PhonePreviews texts={said} />}
        </details>
      ))}
    </>
  )
}
