import type { MessageIdForm } from '../encoding/receipt-text.ts'
import type { EncodedText } from '../encoding/segments.ts'
import type { GatewayDescription } from './http/description.ts'
import type { Route } from './routes.ts'
import type { SmppDialect } from './smpp/dialect.ts'

/**
 * The seam between the fan-out engine and a network.
 *
 * Everything above the carriers room sees only `Carrier`: one account's connection in this process, however
 * many binds or sockets it has. The engine asks for room, hands messages over and hears of each exactly one
 * outcome; receipts and replies come on the same events and are acknowledged only after they are stored.
 */

/** What a message of an alert shares with all others of its language: encoded once, sent many times. */
export interface ShortMessage {
  /** Recipient, E.164 with `+`; of a letter a mail address. */
  readonly to: string
  /** The text's segments, encoded; the same object for every recipient of that text. */
  readonly text: EncodedText
  /** When the message stops being worth delivering, as epoch milliseconds; becomes the carrier's validity. */
  readonly expiresAt: number
  /** What a mail carrier sends in the text's place. */
  readonly letter?: Letter
}

/** A text as mail. */
export interface Letter {
  /** One line. */
  readonly subject: string
  readonly body: string
  /** BCP 47. */
  readonly language?: string
  /** 64 hexadecimal digits that say of what alert and contact it is: a bounce brings them back. None: nobody asks. */
  readonly tag?: string
  /** A file beside the text. */
  readonly attachment?: Attachment | undefined
}

export interface Attachment {
  readonly name: string
  /** A media type. */
  readonly type: string
  readonly octets: Uint8Array
}

export type SubmitErrorKind =
  /** This carrier can't take it now, another may: system error, queue full for good, unbound. */
  | 'elsewhere'
  /** The carrier asks for fewer a second: nobody's fault, no attempt spent. */
  | 'throttled'
  /** This recipient or this text will never be accepted. */
  | 'permanent'
  /** The account's configuration is wrong; nothing will get through until somebody mends it. */
  | 'configuration'
  /** Its time had passed before any of it left; nobody refused it. */
  | 'expired'
  /** It had begun to leave and was kept back at our own wish: nobody refused it, no attempt spent. */
  | 'kept-back'
  /** It may have left: the link died or no response came. Only the alert's `delivery` says whether to repeat. */
  | 'uncertain'

/** How a submission ended that didn't succeed. A value, not thrown: it is an expected outcome. */
export interface SubmitError {
  readonly kind: SubmitErrorKind
  /** The network's own code, e.g. `ESME_RTHROTTLED`, or ours: `link_lost`, `response_timeout`. */
  readonly reason: string
  /** Ids of the segments that were taken before the fault, in order; receipts may still come for them. */
  readonly messageIds: readonly string[]
  /** The carrier has the phone on its list of those who want nothing from this sender any more. */
  readonly optedOut?: true
}

/**
 * `messageIds` holds one id a segment, in order, or a single one for all of them; an empty string where the carrier
 * gave none.
 */
export type Outcome = Taken | SubmitError

interface Taken {
  readonly messageIds: readonly string[]
  /** As many as the carrier itself has made of the text, where it says so; absent: as many as it was handed. */
  readonly segments?: number
}

export function isSubmitError(outcome: Outcome): outcome is SubmitError {
  return 'kind' in outcome
}

/** What a receipt says of a segment, as one of our words; intermediate states end nothing. */
export type ReceiptState = 'enroute' | 'delivered' | 'failed' | 'expired'

export interface Receipt {
  /** The id as this carrier writes it in submit responses, normalised by the carrier's settings. */
  readonly messageId: string
  readonly state: ReceiptState
  /** The network's own word and error code, e.g. `UNDELIV 0A1`; never free text of a message. */
  readonly reason: string
  /** The phone, where its owner wants nothing from this sender any more and the carrier heeds that. */
  readonly optedOut?: string
  /** More went in than came out at the carrier: it asks for fewer a second. */
  readonly tooFast?: true
  /** Somebody on the way took the text for unwanted. */
  readonly filtered?: true
  /**
   * Tells the carrier that the receipt is stored (`true`) or that it should send it again (`false`).
   * Called once, after the commit.
   */
  acknowledge(stored: boolean): void
}

/** Which of a text's parts one is. Those of one text have the key, the total and both numbers in common. */
export interface ReplyPart {
  readonly key: string
  readonly total: number
  /** From 1. */
  readonly no: number
}

/** A text that a phone sent to one of our numbers, or a part of one. */
export interface Reply {
  /** The phone, E.164 with `+`. */
  readonly from: string
  /** Our number or short code that it was sent to. */
  readonly to: string
  readonly text: string
  /** Absent: it is whole. Parts come on any bind of any process; they are joined where they are stored. */
  readonly part?: ReplyPart
  /** The carrier's own, where it gives one: what comes again under it was heard already. */
  readonly id?: string
  /** What the carrier took it for, by keywords of its own; it has answered and heeded it then. */
  readonly meaning?: 'optOut' | 'optIn' | 'help'
  acknowledge(stored: boolean): void
}

export type LinkState = 'bound' | 'throttled' | 'unbound'

export interface CarrierEvents {
  /** The end of a submission, exactly once for each `submit`, in any order. */
  outcome(ref: number, outcome: Outcome): void
  receipt(receipt: Receipt): void
  reply(reply: Reply): void
  /** The window has opened: `room` is at least 1 again, or what waits to be released finds room. Called at most once a batch of responses. */
  room(): void
  /** `reason` says why a link went down or was refused; it never holds a secret. */
  state(state: LinkState, reason: string): void
}

export interface Carrier {
  readonly name: string
  /** Starts to bind and keeps binding until `close`; resolves once the first bind is up or `signal` aborts. */
  open(events: CarrierEvents, signal: AbortSignal): Promise<void>
  /** Free places in all windows now, in segments; 0 while unbound. A message may be handed over when room ≥ 1. */
  readonly room: number
  /** Segments handed over and neither answered nor given up; more than the windows, while late ones are hoped for. */
  readonly inFlight: number
  /**
   * Hands one message over, all its segments; those that the window has no room for wait inside. Its end
   * comes as `events.outcome` with the same `ref`. Bytes leave in one write a turn of the event loop. Before each
   * segment its time is looked at again: none leaves after `expiresAt`.
   *
   * @param segments how many of them may leave now, at least one; `release` lets the others go. Nothing else is
   *   handed over before they have
   */
  submit(message: ShortMessage, ref: number, segments?: number): void
  /** Lets more segments go of the message that was handed over last. @returns how many the window took */
  release(segments: number): number
  /** The segments that were not released stay, and their message ends as `kept-back`. */
  keepBack(): void
  /** Undefined of one that can't be asked what has become of a message. */
  readonly lookUp?: LookUp | undefined
  /** Finishes what is in the window, then unbinds; what is left at `signal`'s abort ends as uncertain. Safe twice. */
  close(signal: AbortSignal): Promise<void>
}

/**
 * Asks what has become of a message whose receipt never came. Never rejects.
 *
 * @returns undefined while nothing has ended it; `unanswered` where the carrier doesn't say: not to be asked more now
 */
export type LookUp = (
  messageId: string,
) => Promise<Omit<Receipt, 'acknowledge'> | 'unanswered' | undefined>

/** How many binds this process may hold of the account, and everything that the adapter must know. */
export interface CarrierConfig {
  readonly id: string
  readonly name: string
  readonly protocol: 'smpp' | 'twilio' | 'http' | 'smtp' | 'simulated'
  readonly segmentsPerSecond: number
  /** Unanswered segments a bind. */
  readonly window: number
  readonly binds: number
  readonly sourceAddress: string
  /** Empty: takes every number. */
  readonly routes: readonly Route[]
  /** Which alerts' messages it takes; absent: all. */
  readonly use?: 'live' | 'exercise' | 'both'
  /** Of a simulated one: the exercise whose messages alone it takes. */
  readonly exerciseId?: string
  readonly simulated?: SimulatedSettings
  readonly smpp?: SmppSettings
  readonly twilio?: TwilioSettings
  readonly http?: HttpSettings
  readonly smtp?: SmtpSettings
}

/** What goes wrong with it on purpose. */
export interface SimulatedSettings {
  /** Its links end so long after the first message, and nothing binds again for so long. */
  readonly carrierDown?: { readonly afterSeconds: number; readonly forSeconds: number } | undefined
  readonly slow?: { readonly segmentsPerSecond: number } | undefined
  /** Of its messages, 0 … 100, those that reach no phone. */
  readonly failPercent?: number | undefined
}

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** `tls` from the first octet, `starttls` or nothing at all; `none` only within a private network. */
  readonly security: 'tls' | 'starttls' | 'none'
  /** With its password; none: the server takes letters from this machine without. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** The address that letters are from; its domain gets their bounces. */
  readonly from: string
  /** Shown beside it. */
  readonly fromName?: string | undefined
  readonly replyTo?: string | undefined
  /** Certificates that are trusted in place of the public ones, as PEM. */
  readonly ca?: string | undefined
  /** For each reply of the server, in milliseconds. */
  readonly answerMs: number
}

/** Certificates and key in PEM. */
export interface TlsSettings {
  /** Whom to trust, in place of the authorities that the system trusts. */
  readonly ca?: string
  /** The name that the server's certificate must bear; absent: the host. */
  readonly serverName?: string
  /** What we show, with its key, where the server asks who we are. */
  readonly certificate?: string
  readonly key?: string
}

export interface SmppSettings {
  readonly host: string
  readonly port: number
  readonly systemId: string
  readonly password: string
  readonly systemType: string
  /** `transmitter-receiver`: a pair of connections for each bind. `transmitter`: receipts and replies go elsewhere. */
  readonly bindType: 'transceiver' | 'transmitter-receiver' | 'transmitter'
  readonly tls: boolean | TlsSettings
  /** enquire_link period and the time a response may take, in milliseconds. */
  readonly enquireLinkMs: number
  readonly responseTimeoutMs: number
  /** How ids are written in submit_sm_resp and in receipts; absent: the same in both, compared exactly. */
  readonly messageIds?: { readonly response: MessageIdForm; readonly receipt: MessageIdForm }
  /** Absent: the usual. */
  readonly dialect?: SmppDialect
}

export interface TwilioSettings {
  /** Of the API: Twilio's own, or that of a service that speaks the same. */
  readonly baseUrl: string
  /** The base URL may lead to a private address. */
  readonly allowPrivate: boolean
  readonly accountSid: string
  readonly authToken: string
  /** While the token is being changed: webhooks that are signed with the former are still heard. */
  readonly formerAuthToken?: string | undefined
  /** Sends in place of the source address, from a pool of numbers. */
  readonly messagingServiceSid?: string | undefined
  /** This account's webhook at our public URL; without it no receipts are asked for. */
  readonly statusCallback?: string | undefined
  /** For an answer, in milliseconds. */
  readonly answerMs: number
}

/** A gateway that is described, its secrets, and what the installation adds. */
export interface HttpSettings extends GatewayDescription {
  /** By name; templates name them as `{secret.NAME}`. */
  readonly secrets: Readonly<Record<string, string>>
  /** The URL may lead to a private address. */
  readonly allowPrivate: boolean
  /** And so may the URL that tokens are had at. */
  readonly allowPrivateTokens?: boolean
  /** This account's webhook at our public URL. */
  readonly webhookUrl: string
  /** For an answer, in milliseconds. */
  readonly answerMs: number
}
