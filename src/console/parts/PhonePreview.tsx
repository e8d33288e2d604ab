import type { ComponentChildren } from 'preact'
import { measureText } from '../../encoding/segments.ts'
import { languageName, words } from '../lib/i18n.ts'

export interface PhoneText {
  readonly language: string
  /** Exactly as it is sent. */
  readonly sms: string
}

/** A text as a phone shows it, spoken in its own language, and how many short messages carry it. */
export function PhonePreview({
  text: { language, sms },
  children,
}: {
  text: PhoneText
  /** What a screen has to say or to tick below it. */
  children?: ComponentChildren
}) {
  const { segments } = measureText(sms)
  return (
    <figure class="phone">
      <figcaption class="small">
        <strong lang={language}>{languageName(language)}</strong>{' '}
        <span class="muted">{words().preview.segments(segments)}</span>
      </figcaption>
      <div class="bubble" lang={language} dir="auto">
        {sms}
      </div>
      {children}
    </figure>
  )
}

/** The same warning in all its languages, none of them behind a tab: whoever approves reads every one. */
export function PhonePreviews({ texts }: { texts: readonly PhoneText[] }) {
  return (
    <div class="phones">
      {texts.map((text, no) => (
        <PhonePreview key={no} text={text} />
      ))}
    </div>
  )
}
