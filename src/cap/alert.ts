import { z } from 'zod'
import { areaSchema } from './area.ts'
import { readableText } from './readable.ts'

/**
 * The alert as its author writes it (API.md, `POST /v1/alerts`), in CAP 1.2's words and enumerations (§3.2).
 * The schemas hold shape and format alone: what they refuse is 400. Meaning is judged by the alerts room.
 */

export const STATUSES = ['Actual', 'Exercise', 'System', 'Test'] as const
const MSG_TYPES = ['Alert', 'Update', 'Cancel'] as const
const SCOPES = ['Public', 'Restricted', 'Private'] as const
const CATEGORIES = [
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
const RESPONSE_TYPES = [
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
const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const
/** Worst first, as CAP lists them: the index is the rank. */
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const
const DELIVERIES = ['at-least-once', 'at-most-once'] as const

export type Status = (typeof STATUSES)[number]
export type Severity = (typeof SEVERITIES)[number]

/** BCP 47 (RFC 5646), as far as ECMAScript checks it. */
const language = z
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

const time = z.iso.datetime({ offset: true })

/** The longest that 255 segments can carry is 39,015 characters (3GPP TS 23.040 §9.2.3.24.1). */
const sms = readableText(39_015)

export const infoSchema = z.strictObject({
  language: language.default('en-US'),
  category: z.array(z.enum(CATEGORIES)).min(1).max(CATEGORIES.length),
  event: readableText(200),
  responseType: z.array(z.enum(RESPONSE_TYPES)).max(RESPONSE_TYPES.length).default([]),
  urgency: z.enum(URGENCIES),
  severity: z.enum(SEVERITIES),
  certainty: z.enum(CERTAINTIES),
  effective: time.optional(),
  onset: time.optional(),
  expires: time.optional(),
  senderName: readableText(200).optional(),
  headline: readableText(500).optional(),
  description: readableText(20_000).optional(),
  instruction: readableText(20_000).optional(),
  web: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  contact: readableText(500).optional(),
  /** The text message itself. */
  sms: sms.optional(),
  area: z.array(areaSchema).min(1).max(100).optional(),
})

export const replyOptionSchema = z.strictObject({
  code: readableText(10),
  label: readableText(100),
  words: z.array(readableText(50)).max(50).default([]),
  urgent: z.boolean().default(false),
})

const correctionTexts = z.array(z.strictObject({ language, sms })).min(1).max(20)

const correctionsSchema = z.strictObject({
  cancel: correctionTexts.optional(),
  allClear: correctionTexts.optional(),
})

const audienceSchema = z.strictObject({
  groups: z.array(z.uuid()).max(100).default([]),
  excludeGroups: z.array(z.uuid()).max(100).default([]),
  /** The listed group that a drill reaches, and nobody else. */
  roster: z.uuid().optional(),
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
  info: z.array(infoSchema).min(1).max(20),
  audience: audienceSchema,
  replies: z.strictObject({ options: z.array(replyOptionSchema).max(20).default([]) }),
  corrections: correctionsSchema.optional(),
  delivery: z.enum(DELIVERIES),
  maxRecipients: z.int().min(1).max(2_000_000_000).optional(),
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
  corrections: members.corrections.nullable(),
  maxRecipients: members.maxRecipients.nullable(),
})

export type AlertDraft = z.infer<typeof draftSchema>
export type AlertDraftPatch = z.infer<typeof draftPatchSchema>
export type Info = z.infer<typeof infoSchema>
export type ReplyOption = z.infer<typeof replyOptionSchema>
export type CorrectionText = z.infer<typeof correctionTexts>[number]

/** An alert is as severe as its worst block. */
export function worstSeverity(blocks: readonly { readonly severity: Severity }[]): Severity {
  return SEVERITIES.find(severity => blocks.some(block => block.severity === severity)) ?? 'Unknown'
}

/** An exercise and the real thing never mix: whatever is not `Actual` is exercise, `System` too. */
export function modeOf(status: Status): 'live' | 'exercise' {
  return status === 'Actual' ? 'live' : 'exercise'
}
