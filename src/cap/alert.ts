import { z } from 'zod'
import { areaSchema } from './area.ts'
import { readableText } from './readable.ts'
import { timeSchema } from './time.ts'

/**
 * The alert as its author writes it (API.md, `POST /v1/alerts`), in CAP 1.2's words and enumerations (§3.2).
 * The schemas hold shape and format alone: what they refuse is 400. Meaning is judged by the alerts room.
 */

export const STATUSES = ['Actual', 'Exercise', 'System', 'Test'] as const
export const MSG_TYPES = ['Alert', 'Update', 'Cancel'] as const
export const SCOPES = ['Public', 'Restricted', 'Private'] as const
export const CATEGORIES = [
  'Geo',
  'Met',
  'Safety',
  'Security',
  'Rescue',
  'Fire',
  'Health',
  'Env',
  'Transport',
  'Infra',
  'CBRNE',
  'Other',
] as const
export const RESPONSE_TYPES = [
  'Shelter',
  'Evacuate',
  'Prepare',
  'Execute',
  'Avoid',
  'Monitor',
  'Assess',
  'AllClear',
  'None',
] as const
export const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const
/** Worst first, as CAP lists them: the index is the rank. */
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
export const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const
const DELIVERIES = ['at-least-once', 'at-most-once'] as const

export type Status = (typeof STATUSES)[number]
export type Severity = (typeof SEVERITIES)[number]

/** CAP 1.2 §3.2.1: what may stand in an `identifier` or a `sender`. */
export const CAP_IDENTIFIER = /^[^\s,<&\p{Cc}]+$/u

/** BCP 47 (RFC 5646), as far as ECMAScript checks it. */
export const languageTag = z
  .string()
  .max(35)
  .refine(isLanguageTag, { message: 'must be a BCP 47 language tag, such as en-US' })

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

/** The longest that 255 segments can carry is 39,015 characters (3GPP TS 23.040 §9.2.3.24.1). */
const sms = readableText(39_015)

/** A pair of CAP's `eventCode` or `parameter`; the value may be empty. */
const valueSchema = z.strictObject({
  valueName: readableText(500),
  value: z.union([z.literal(''), readableText(10_000)]),
})

/** Octets of base64: more belongs behind a `uri`. */
const MAX_DEREF_URI = 262_144

const resourceSchema = z.strictObject({
  resourceDesc: readableText(500),
  mimeType: readableText(200),
  size: z.int().min(0).optional(),
  uri: z
    .string()
    .max(2000)
    .regex(/^[^\s\p{Cc}]+$/u, 'must be a URI, without spaces')
    .optional(),
  derefUri: z.string().min(1).max(MAX_DEREF_URI).refine(isBase64, 'must be base64').optional(),
  digest: readableText(200).optional(),
})

/** RFC 2045 §6.8, with whatever spaces and line ends. */
export function isBase64(text: string): boolean {
  const characters = text.replace(/\s/g, '')
  return characters.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(characters)
}

/** Which message of whom: CAP writes it `sender,identifier,sent`. */
const referenceSchema = z.strictObject({
  sender: z.string().max(254).regex(CAP_IDENTIFIER, 'must have no spaces, commas, < or &'),
  identifier: z.string().max(254).regex(CAP_IDENTIFIER, 'must have no spaces, commas, < or &'),
  sent: timeSchema,
})

export const infoSchema = z.strictObject({
  language: languageTag.default('en-US'),
  category: z.array(z.enum(CATEGORIES)).min(1).max(CATEGORIES.length),
  event: readableText(200),
  responseType: z.array(z.enum(RESPONSE_TYPES)).max(RESPONSE_TYPES.length).default([]),
  urgency: z.enum(URGENCIES),
  severity: z.enum(SEVERITIES),
  certainty: z.enum(CERTAINTIES),
  effective: timeSchema.optional(),
  onset: timeSchema.optional(),
  expires: timeSchema.optional(),
  senderName: readableText(200).optional(),
  headline: readableText(500).optional(),
  description: readableText(20_000).optional(),
  instruction: readableText(20_000).optional(),
  web: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  contact: readableText(500).optional(),
  /** CAP `audience`: whom it is meant for, in words. It decides nothing. */
  audience: readableText(1000).optional(),
  eventCode: z.array(valueSchema).min(1).max(50).optional(),
  parameter: z.array(valueSchema).min(1).max(200).optional(),
  resource: z.array(resourceSchema).min(1).max(50).optional(),
  /** The text message itself. */
  sms: sms.optional(),
  area: z.array(areaSchema).min(1).max(100).optional(),
})

/** Before an option's code it says which of several open alerts is answered: "12 1". */
export const replyCode = readableText(10)

export const replyOptionSchema = z.strictObject({
  code: readableText(10),
  label: readableText(100),
  words: z.array(readableText(50)).max(50).default([]),
  urgent: z.boolean().default(false),
  /** So many are taken, the first who answer it; the others are told that it is enough. */
  quota: z.int().min(1).max(1_000_000).optional(),
})

const correctionTexts = z
  .array(z.strictObject({ language: languageTag, sms }))
  .min(1)
  .max(20)

/** What is answered to whoever chooses an option that has a quota. */
export const quotaTextsSchema = z.strictObject({
  /** They are among the first; left out: nothing is answered. */
  taken: correctionTexts.optional(),
  /** It is enough, with thanks. */
  full: correctionTexts,
})

const correctionsSchema = z.strictObject({
  cancel: correctionTexts.optional(),
  allClear: correctionTexts.optional(),
})

/** Sent by itself to those who have not answered: approved with the alert, as its corrections are. */
export const remindersSchema = z.strictObject({
  /** Since the last message of the alert, or of the reminder before, left; people need time to answer. */
  afterMinutes: z.int().min(1).max(10_080),
  times: z.int().min(1).max(10),
  to: z.enum(['noReply']).default('noReply'),
  /** Left out: the alert's own texts once more. */
  texts: correctionTexts.optional(),
})

/** Tells those on duty when too many stay silent or too many need help: approved with the alert. */
export const escalationSchema = z.strictObject({
  when: z.enum(['noReplyAbove', 'optionBelow', 'optionAbove']),
  /** The code of the option that is counted. */
  option: replyCode.optional(),
  count: z.int().min(0).max(2_000_000_000).optional(),
  /** Of all recipients. */
  percent: z.number().min(0).max(100).optional(),
  /** Since the dispatch: asked then, or, of `optionAbove`, at any time from then on. */
  afterMinutes: z.int().min(0).max(10_080).default(0),
  /** The group of those on duty, as it is at that moment. */
  to: z.uuid(),
  texts: correctionTexts,
})

const audienceSchema = z.strictObject({
  groups: z.array(z.uuid()).max(100).default([]),
  excludeGroups: z.array(z.uuid()).max(100).default([]),
  /** The listed group that a drill reaches, and nobody else. */
  roster: z.uuid().optional(),
  /** Whether people are found at places where, by their hours, they are not; left out: they are. */
  locationHours: z.enum(['ignore', 'respect']).optional(),
  /**
   * Whom the alerts that it references may have reached, and nobody else: of a reminder those who have not answered,
   * as `POST /v1/alerts/{id}/remind` makes it; of an imported Cancel all of them.
   */
  only: z.enum(['noReply', 'reached']).optional(),
})

const members = {
  status: z.enum(STATUSES),
  msgType: z.enum(MSG_TYPES),
  scope: z.enum(SCOPES),
  /** CAP `restriction`: the rule for limiting distribution, with scope Restricted. */
  restriction: readableText(500).optional(),
  /** CAP `addresses`, with scope Private. */
  addresses: readableText(2000).optional(),
  note: readableText(2000).optional(),
  /** CAP `source`: the person or device that it comes from. */
  source: readableText(500).optional(),
  code: z.array(readableText(500)).min(1).max(50).optional(),
  incidents: readableText(2000).optional(),
  /** Messages of others that it follows, as CAP `references`; those of ours are named by their ids. */
  foreignReferences: z.array(referenceSchema).min(1).max(100).optional(),
  /** The message that it was imported from. */
  origin: referenceSchema.optional(),
  info: z.array(infoSchema).min(1).max(20),
  audience: audienceSchema,
  replies: z.strictObject({
    options: z.array(replyOptionSchema).max(20).default([]),
    code: replyCode.optional(),
    /** What comes later counts, and is marked as late. */
    deadline: timeSchema.optional(),
    quotaTexts: quotaTextsSchema.optional(),
  }),
  corrections: correctionsSchema.optional(),
  reminders: remindersSchema.optional(),
  escalations: z.array(escalationSchema).min(1).max(10).optional(),
  delivery: z.enum(DELIVERIES),
  maxRecipients: z.int().min(1).max(2_000_000_000).optional(),
  /** Fewer than so many, and something is wrong with whom it would reach: nothing is sent then. */
  minRecipients: z.int().min(0).max(2_000_000_000).optional(),
}

/** Body of `POST /v1/alerts`. */
export const draftSchema = z.strictObject({
  ...members,
  msgType: members.msgType.default('Alert'),
  scope: members.scope.default('Public'),
  audience: members.audience.default({ groups: [], excludeGroups: [] }),
  replies: members.replies.default({ options: [] }),
  delivery: members.delivery.default('at-least-once'),
})

/** Body of `PATCH /v1/alerts/{id}`: each member given replaces the whole of it; `null` takes an optional one away. */
export const draftPatchSchema = z.strictObject({
  ...z.strictObject(members).partial().shape,
  restriction: members.restriction.nullable(),
  addresses: members.addresses.nullable(),
  note: members.note.nullable(),
  source: members.source.nullable(),
  code: members.code.nullable(),
  incidents: members.incidents.nullable(),
  foreignReferences: members.foreignReferences.nullable(),
  origin: members.origin.nullable(),
  corrections: members.corrections.nullable(),
  reminders: members.reminders.nullable(),
  escalations: members.escalations.nullable(),
  maxRecipients: members.maxRecipients.nullable(),
  minRecipients: members.minRecipients.nullable(),
})

export type AlertDraft = z.infer<typeof draftSchema>
export type AlertDraftPatch = z.infer<typeof draftPatchSchema>
export type Info = z.infer<typeof infoSchema>
export type ReplyOption = z.infer<typeof replyOptionSchema>
export type EscalationRule = z.infer<typeof escalationSchema>
export type CorrectionText = z.infer<typeof correctionTexts>[number]

/** An alert is as severe as its worst block. */
export function worstSeverity(blocks: readonly { readonly severity: Severity }[]): Severity {
  return SEVERITIES.find(severity => blocks.some(block => block.severity === severity)) ?? 'Unknown'
}

/** An exercise and the real thing never mix: whatever is not `Actual` is exercise, `System` too. */
export function modeOf(status: Status): 'live' | 'exercise' {
  return status === 'Actual' ? 'live' : 'exercise'
}
