import {
  type CATEGORIES,
  type CERTAINTIES,
  MSG_TYPES,
  type RESPONSE_TYPES,
  type SCOPES,
  type Severity,
  STATUSES,
  type URGENCIES,
} from './alert.ts'

/**
 * A CAP 1.2 message, whole: every element of §3.2 with its own name, as the XML has it. This is what the XML
 * reader gives and the writer takes; an alert of ours is made into one and made of one (`export.ts`,
 * `import.ts`).
 *
 * Coordinates are [longitude, latitude], as everywhere but in the XML itself. Times are as CAP writes them, to
 * the second and with `-00:00` for UTC (§3.3.2). Text is as it stands there, its spaces too.
 */
export interface CapMessage {
  readonly identifier: string
  readonly sender: string
  readonly sent: string
  readonly status: (typeof CAP_STATUSES)[number]
  readonly msgType: (typeof CAP_MSG_TYPES)[number]
  readonly source?: string | undefined
  readonly scope: (typeof SCOPES)[number]
  readonly restriction?: string | undefined
  readonly addresses?: string | undefined
  readonly code: readonly string[]
  readonly note?: string | undefined
  readonly references: readonly CapReference[]
  readonly incidents?: string | undefined
  readonly info: readonly CapInfo[]
}

/** Which message: §3.2.1 `references` writes it `sender,identifier,sent`. */
export interface CapReference {
  readonly sender: string
  readonly identifier: string
  readonly sent: string
}

export interface CapInfo {
  /** Left out it means en-US. */
  readonly language?: string | undefined
  readonly category: readonly (typeof CATEGORIES)[number][]
  readonly event: string
  readonly responseType: readonly (typeof RESPONSE_TYPES)[number][]
  readonly urgency: (typeof URGENCIES)[number]
  readonly severity: Severity
  readonly certainty: (typeof CERTAINTIES)[number]
  readonly audience?: string | undefined
  readonly eventCode: readonly CapValue[]
  readonly effective?: string | undefined
  readonly onset?: string | undefined
  readonly expires?: string | undefined
  readonly senderName?: string | undefined
  readonly headline?: string | undefined
  readonly description?: string | undefined
  readonly instruction?: string | undefined
  readonly web?: string | undefined
  readonly contact?: string | undefined
  readonly parameter: readonly CapValue[]
  readonly resource: readonly CapResource[]
  readonly area: readonly CapArea[]
}

export interface CapValue {
  readonly valueName: string
  /** May be empty. */
  readonly value: string
}

export interface CapResource {
  readonly resourceDesc: string
  readonly mimeType: string
  /** Octets. */
  readonly size?: number | undefined
  readonly uri?: string | undefined
  /** Base64. */
  readonly derefUri?: string | undefined
  /** SHA-1 in hex. */
  readonly digest?: string | undefined
}

export interface CapArea {
  readonly areaDesc: string
  /** One closed ring each: CAP knows no holes. */
  readonly polygon: readonly (readonly CapPosition[])[]
  readonly circle: readonly { readonly center: CapPosition; readonly radiusKm: number }[]
  readonly geocode: readonly CapValue[]
  /** Feet above mean sea level, WGS 84. */
  readonly altitude?: number | undefined
  readonly ceiling?: number | undefined
}

export type CapPosition = readonly [longitude: number, latitude: number]

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2'
/** The `<parameter>` that carries a block's text message. */
export const SMS_PARAMETER = 'tocsin:sms'
/** The `<parameter>` that names the message which an alert was imported from, as a reference does. */
export const ORIGIN_PARAMETER = 'tocsin:origin'
/**
 * The `<parameter>` that names the geocodes in which an area of its block is meant, and no more of what it draws: as
 * JSON, `{area, geocode: [{valueName, value}]}`, areas counted from 1.
 */
export const WITHIN_PARAMETER = 'tocsin:within'

/** Names that begin so are ours alone: nobody writes them by hand. */
export const isReservedParameter = (valueName: string) => /^\s*tocsin:/i.test(valueName)

export const CAP_STATUSES = [...STATUSES, 'Draft'] as const
export const CAP_MSG_TYPES = [...MSG_TYPES, 'Ack', 'Error'] as const

/** §3.3.2 and the schema's pattern; `-00:00` for UTC, and neither `Z` nor fractions of a second. */
export const CAP_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$/

/** An RFC 3339 time as CAP writes it. A fraction is cut off: an alert ends a moment early rather than late. */
export function capTime(time: string): string {
  return time
    .toUpperCase()
    .replace(/\.\d+/, '')
    .replace(/(Z|\+00:00)$/, '-00:00')
}

export function writeReference({ sender, identifier, sent }: CapReference): string {
  return `${sender},${identifier},${sent}`
}
