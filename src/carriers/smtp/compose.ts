import MailComposer from 'nodemailer/lib/mail-composer'
import type { Attachment, Letter, ShortMessage, SmtpSettings } from '../carrier.ts'
import { domainOf, isMailAddress } from '../../encoding/mail-address.ts'
import { returnPath } from './return-path.ts'

export interface ComposedLetter {
  readonly messageId: string
  readonly envelope: { readonly from: string; readonly to: string; readonly size: number }
  readonly octets: Buffer
}

/** Of a text that is no letter's. */
const SUBJECT_LENGTH = 70

/** Why a letter can't be written, undefined where it can: nothing is mended here, for what is sent was signed. */
export function letterFault({ to, letter }: ShortMessage): string | undefined {
  if (!isMailAddress(to)) return 'bad_address'
  return letter !== undefined && /\p{Cc}/u.test(letter.subject) ? 'bad_subject' : undefined
}

/**
 * The letter as it goes over the wire: plain text, and the file beside it where there is one. Its Message-ID is made of its tag, so that a copy that went out
 * twice is known for one.
 *
 * @param tag 64 hexadecimal digits
 */
export async function composeLetter(
  { from, fromName = '', replyTo }: Pick<SmtpSettings, 'from' | 'fromName' | 'replyTo'>,
  { to, text, letter = plainLetter(text.text) }: ShortMessage,
  tag: string,
  now: Date,
): Promise<ComposedLetter> {
  const messageId = `<${tag}@${domainOf(from)}>`
  const composer = new MailComposer({
    from: { name: fromName, address: from },
    to: { name: '', address: to },
    ...(replyTo !== undefined && { replyTo: { name: '', address: replyTo } }),
    subject: letter.subject,
    text: letter.body,
    textEncoding: 'quoted-printable',
    messageId,
    date: now,
    headers: {
      // RFC 3834 §5: nobody's autoresponder is to answer.
      'Auto-Submitted': 'auto-generated',
      ...(letter.language !== undefined && { 'Content-Language': letter.language }),
    },
    ...(letter.attachment !== undefined && { attachments: [attached(letter.attachment)] }),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const octets = await composer.compile().build()
  const envelope = { from: returnPath(tag, from), to, size: octets.length }
  return { messageId, envelope, octets }
}

function attached({ name, type, octets }: Attachment) {
  return { filename: name, contentType: type, content: Buffer.from(octets) }
}

/** A text by itself, such as a test message: its beginning is its subject. */
function plainLetter(text: string): Letter {
  const [line = ''] = text.split(/\p{Cc}/u, 1)
  return { subject: line.slice(0, SUBJECT_LENGTH), body: text }
}
