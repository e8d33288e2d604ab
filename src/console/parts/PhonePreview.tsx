import type { ComponentChildren } from 'preact'
import { asMeasured, TOKEN_LENGTH, withLink } from '../../encoding/recipient-link.ts'
import { measureText } from '../../encoding/segments.ts'
import { languageName, words } from '../lib/i18n.ts'

export interface PhoneText {
  readonly language: string
  /** Exactly as it is sent. */
  readonly sms: string
}

/** Each phone has another. */
const ANY_TOKEN = '·'.repeat(TOKEN_LENGTH)

/** A text as a phone shows it, spoken in its own language, and how many short messages carry it. */
export function PhonePreview({
  text: { language, sms },
  linkBase,
  children,
}: {
  text: PhoneText
  /** Where `{link}` leads, if the alert has links of the recipients' own. */
  linkBase?: string | undefined
  /** What a screen has to say or to tick below it. */
  children?: ComponentChildren
}) {
  const { segments } = measureText(asMeasured(sms, linkBase))
  return (
    <figure class="phone">
      <figcaption class="small">
        <strong lang={language}>{languageName(language)}</strong>{' '}
        <span class="muted">{words().preview.segments(segments)}</span>
      </figcaption>
      <div class="bubble" lang={language} dir="auto">
        {linkBase === undefined ? sms : withLink(sms, linkBase, ANY_TOKEN)}
      </div>
      {children}
    </figure>
  )
}

/** The same warning in all its languages, none of them behind a tab: whoever approves reads every one. */
export function PhonePreviews({
  texts,
  linkBase,
}: {
  texts: readonly PhoneText[]
  linkBase?: string | undefined
}) {
  return (
    <div class="phones">
      {texts.map((text, no) => (
        <PhonePreview key={no} text={text} linkBase={linkBase} />
      ))}
    </div>
  )
}
