/**
 * What is signed: everything that decides who gets what, as RFC 8785 canonical JSON.
 *
 * Nothing in it depends on a clock or on who reads it, so author and approver are given the same bytes for as
 * long as nothing changed, and the bytes that the author signs are the bytes that are stored at submit. That
 * is why CAP's `sent`, which submit sets, stands beside them.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { countLinks } from '../encoding/recipient-link.ts'
import { AppError } from '../errors.ts'
import { canonicalBytes, parseStrictJson } from '../signing/canonical.ts'
import {
  draftSchema,
  escalationSchema,
  quotaTextsSchema,
  infoSchema,
  modeOf,
  remindersSchema,
  replyCode,
  replyOptionSchema,
  worstSeverity,
  type AlertDraft,
  type Info,
  SEVERITIES,
} from './alert.ts'
import { areaSchema, type Area } from './area.ts'
import { throughGate } from './drill.ts'

/**
 * A drill may name no `expires`, and a correction names none: then its texts are worth a day, the least that every
 * carrier keeps one.
 */
export const WITHOUT_EXPIRES_MS = 24 * 3600 * 1000

const areaNos = z.array(z.int().min(0))

const textSchema = z.strictObject({
  /** Index of the text, and of its block in `info`. */
  no: z.int().min(0),
  language: z.string(),
  /** Exactly as it is sent. */
  sms: z.string(),
  /** RFC 3339; null in a drill that names none: there the alert's own limit binds. */
  expires: z.string().nullable(),
  severity: z.enum(SEVERITIES),
  /** The areas that it speaks of. */
  areaNos,
})

const signedGroup = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  /** SHA-256 of what makes the group, in hex. */
  definitionDigest: z.string(),
  count: z.int(),
})

const correctionTexts = z.array(z.strictObject({ language: z.string(), sms: z.string() }))

/** An alert of ours that may have reached people, and the digest of what was signed of it. */
const reachedAlert = z.strictObject({ id: z.uuid(), contentDigest: z.string() })

const contentSchema = z.strictObject({
  format: z.literal('tocsin-alert-1'),
  id: z.uuid(),
  /** Rises with every change of the alert: an older signature fits no later content. */
  revision: z.int(),
  sender: z.string(),
  mode: z.enum(['live', 'exercise']),
  ...draftSchema.pick({
    status: true,
    restriction: true,
    addresses: true,
    note: true,
    source: true,
    code: true,
    incidents: true,
    foreignReferences: true,
    origin: true,
  }).shape,
  msgType: draftSchema.shape.msgType.unwrap(),
  scope: draftSchema.shape.scope.unwrap(),
  delivery: draftSchema.shape.delivery.unwrap(),
  /** Ids of the alerts that this one updates. */
  references: z.array(z.uuid()),
  /** Whom these may have reached is reached too; left out where there are none, and of drills' updates. */
  reached: z.array(reachedAlert).min(1).optional(),
  /** Prepared and approved with the alert that it references; it reaches those whom that one may have reached alone. */
  correction: z.enum(['cancel', 'allClear']).optional(),
  /** Nobody but whom the alerts that it references may have reached; `noReply`: those of them who have not answered. */
  only: z.enum(['noReply', 'reached']).optional(),
  /** Which of the reminders that were approved with the alert that it references. */
  reminder: z.strictObject({ round: z.int().min(1) }).optional(),
  /** Which of the rules of which alert it tells those on duty of; they were approved with that. */
  escalation: z.strictObject({ of: reachedAlert, rule: z.int().min(0) }).optional(),
  severity: z.enum(SEVERITIES),
  /** The feed by whose rule it was written: no person had read it when its author's signature was made. */
  byRuleOf: z.uuid().optional(),
  /** Policy asks for an approver, or no person wrote it: the author's signature alone sends nothing. */
  secondPerson: z.boolean(),
  /** Policy lets an author send it without an approver, so long after the author's signature; absent: nobody may, ever. */
  breakGlassAfterSeconds: z.int().min(60).max(3600).optional(),
  /** Policy asks for a passkey that confirms the signatures of these; absent: of nobody. */
  passkeys: z
    .array(z.enum(['author', 'approver']))
    .min(1)
    .optional(),
  /** Policy calls it an emergency: of those who opted out it skips only scope `all`. */
  emergency: z.boolean(),
  /** The latest of the texts' limits. */
  expires: z.string().nullable(),
  /** CAP's blocks. `area` names each area as the block does, and where it stands in `areas`. */
  info: z.array(
    infoSchema
      .omit({ area: true, sms: true })
      .extend({ area: z.array(z.strictObject({ areaDesc: z.string(), areaNo: z.int().min(0) })) }),
  ),
  texts: z.array(textSchema),
  /** Every area of every block once, in the order of the blocks. */
  areas: z.array(areaSchema),
  areasDigest: z.string(),
  /** What the geocodes were looked up in. */
  geocodeSets: z.array(z.strictObject({ valueName: z.string(), version: z.string() })),
  groups: z.array(signedGroup),
  excludeGroups: z.array(signedGroup),
  roster: signedGroup.optional(),
  /** The exercise that it belongs to. Simulated: it goes over a simulated carrier, and over no other. */
  exercise: z.strictObject({ id: z.uuid(), simulated: z.boolean() }).optional(),
  /**
   * Nobody is found at a location outside its hours, at the moment of the dispatch by the clocks of this IANA time
   * zone. Absent: hours don't matter.
   */
  locationHours: z.strictObject({ timeZone: z.string() }).optional(),
  replies: z.strictObject({
    options: z.array(replyOptionSchema),
    code: replyCode.optional(),
    deadline: z.string().optional(),
    quotaTexts: quotaTextsSchema.optional(),
  }),
  corrections: z.strictObject({ cancel: correctionTexts, allClear: correctionTexts }),
  reminders: remindersSchema.extend({ texts: correctionTexts.optional() }).optional(),
  escalations: z
    .array(
      escalationSchema.extend({
        /** Of those on duty: who is in it is no part of what is signed. */
        to: z.strictObject({ id: z.uuid(), name: z.string() }),
        texts: correctionTexts,
      }),
    )
    .min(1)
    .optional(),
  /** Where `{link}` in its texts leads; absent: braces are braces. */
  link: z.strictObject({ base: z.string() }).optional(),
  maxRecipients: z.int(),
  /** Absent: any number but none. */
  minRecipients: z.int().optional(),
})

export type AlertContent = z.infer<typeof contentSchema>
export type AlertText = z.infer<typeof textSchema>
export type SignedGroup = z.infer<typeof signedGroup>
export type ReachedAlert = z.infer<typeof reachedAlert>

/** All that the content holds beside the draft. */
export interface ContentFacts {
  readonly id: string
  readonly revision: number
  readonly sender: string
  readonly references: readonly string[]
  /** Of those that it references, whose people it reaches. */
  readonly reached?: readonly ReachedAlert[]
  readonly groups: readonly SignedGroup[]
  readonly excludeGroups: readonly SignedGroup[]
  readonly roster: SignedGroup | undefined
  /** Nothing of the alert is sent after its end. */
  readonly exercise?: NonNullable<AlertContent['exercise']> & { readonly endsAt: Date }
  /** The names of the groups that escalations go to, by id. */
  readonly onDuty?: ReadonlyMap<string, string>
  readonly locationHours?: AlertContent['locationHours']
  /** Where links of recipients lead. */
  readonly linkUrl?: string | undefined
  readonly byRuleOf?: string | undefined
  readonly secondPerson: boolean
  readonly breakGlassAfterSeconds?: number | undefined
  readonly passkeys?: AlertContent['passkeys']
  readonly emergency: boolean
  readonly geocodeSets: AlertContent['geocodeSets']
  readonly maxRecipients: number
  readonly minRecipients?: number | undefined
}

/**
 * The content of an alert. A block without a text has an empty one: it can be looked at, not submitted.
 *
 * @throws AppError `invalid_alert` for a drill without a roster
 */
export function alertContent(draft: AlertDraft, facts: ContentFacts): AlertContent {
  const { status, msgType, scope, restriction, addresses, note, delivery, replies } = draft
  const { source, code, incidents, foreignReferences, origin, reminders, escalations } = draft
  const { only } = draft.audience
  const { quotaTexts } = replies
  const { reached = [] } = facts
  const blocks = blocksWithAreas(draft.info)
  const { areas, noOf } = signedAreas(blocks.flatMap(block => block.area))
  const texts = blocks.map((block, no) => ({
    no,
    language: block.language,
    sms: block.sms ?? '',
    expires: withinExercise(block.expires ?? null, facts.exercise),
    severity: block.severity,
    areaNos: [...new Set(block.area.map(noOf))].toSorted((a, b) => a - b),
  }))
  const gated = <T extends { language: string; sms: string }>(sent: readonly T[]) => [
    ...throughGate(status, facts.roster?.id, sent).texts,
  ]
  return {
    format: 'tocsin-alert-1',
    id: facts.id,
    revision: facts.revision,
    sender: facts.sender,
    mode: modeOf(status),
    status,
    msgType,
    scope,
    ...(restriction !== undefined && { restriction }),
    ...(addresses !== undefined && { addresses }),
    ...(note !== undefined && { note }),
    ...(source !== undefined && { source }),
    ...(code !== undefined && { code }),
    ...(incidents !== undefined && { incidents }),
    ...(foreignReferences !== undefined && { foreignReferences }),
    ...(origin !== undefined && { origin }),
    delivery,
    references: [...facts.references],
    ...(reached.length > 0 && { reached: [...reached] }),
    ...(only !== undefined && { only }),
    severity: worstSeverity(draft.info),
    ...(facts.byRuleOf !== undefined && { byRuleOf: facts.byRuleOf }),
    secondPerson: facts.secondPerson,
    ...(facts.breakGlassAfterSeconds !== undefined && {
      breakGlassAfterSeconds: facts.breakGlassAfterSeconds,
    }),
    ...(facts.passkeys !== undefined && { passkeys: facts.passkeys }),
    emergency: facts.emergency,
    expires: latest(texts.flatMap(text => text.expires ?? [])),
    info: blocks.map(({ sms: _sms, area, ...info }) => ({
      ...info,
      area: area.map(one => ({ areaDesc: one.areaDesc, areaNo: noOf(one) })),
    })),
    texts: gated(texts),
    areas,
    areasDigest: digestOf(areas),
    geocodeSets: [...facts.geocodeSets],
    groups: [...facts.groups],
    excludeGroups: [...facts.excludeGroups],
    ...(facts.roster !== undefined && { roster: facts.roster }),
    ...(facts.exercise !== undefined && {
      exercise: { id: facts.exercise.id, simulated: facts.exercise.simulated },
    }),
    ...(facts.locationHours !== undefined && { locationHours: facts.locationHours }),
    replies: {
      ...replies,
      ...(quotaTexts !== undefined && {
        quotaTexts: {
          ...(quotaTexts.taken !== undefined && { taken: gated(quotaTexts.taken) }),
          full: gated(quotaTexts.full),
        },
      }),
    },
    corrections: {
      cancel: gated(draft.corrections?.cancel ?? []),
      allClear: gated(draft.corrections?.allClear ?? []),
    },
    ...(reminders !== undefined && {
      reminders: {
        ...reminders,
        ...(reminders.texts !== undefined && { texts: gated(reminders.texts) }),
      },
    }),
    ...(escalations !== undefined && {
      escalations: escalations.map(({ to, texts: said, ...rule }) => ({
        ...rule,
        to: { id: to, name: facts.onDuty?.get(to) ?? '' },
        texts: gated(said),
      })),
    }),
    ...(facts.linkUrl !== undefined &&
      [...texts, ...(reminders?.texts ?? [])].some(({ sms }) => countLinks(sms) > 0) && {
        link: { base: facts.linkUrl },
      }),
    maxRecipients: facts.maxRecipients,
    ...(facts.minRecipients !== undefined && { minRecipients: facts.minRecipients }),
  }
}

function withinExercise(expires: string | null, exercise: ContentFacts['exercise']): string | null {
  if (exercise === undefined) return expires
  const { endsAt } = exercise
  return expires !== null && Date.parse(expires) <= endsAt.getTime()
    ? expires
    : endsAt.toISOString()
}

/** An `info` without `area` takes the first's (API.md, Alerts). */
export function blocksWithAreas(info: readonly Info[]): (Info & { area: Area[] })[] {
  const area = info[0]?.area ?? []
  return info.map(block => ({ ...block, area: block.area ?? area }))
}

/**
 * The areas that an alert covers, each once: blocks in two languages name the same shape by two names, and the
 * first one stands.
 */
export function signedAreas(named: readonly Area[]): {
  areas: Area[]
  noOf: (area: Area) => number
} {
  const areas: Area[] = []
  const byShape = new Map<string, number>()
  const nos = new Map<Area, number>()
  const distinct = [...new Set(named)].map(area => ({ area, likeness: likenessOf(area) }))
  const alike = new Map<string, number>()
  for (const { likeness } of distinct) alike.set(likeness, (alike.get(likeness) ?? 0) + 1)
  for (const { area, likeness } of distinct) {
    const { areaDesc: _name, ...covered } = area
    // Thousands of corners are not digested for the sake of areas that can't be the same.
    const shape = alike.get(likeness) === 1 ? likeness : digestOf(covered)
    const no = byShape.get(shape) ?? areas.push(area) - 1
    byShape.set(shape, no)
    nos.set(area, no)
  }
  return { areas, noOf: area => nos.get(area) ?? -1 }
}

/** Different of areas that are not the same, mostly. */
const likenessOf = ({ polygon = [], circle = [], geocode = [], ...rest }: Area): string =>
  JSON.stringify([
    polygon.map(({ coordinates }) => coordinates.map(part => part.length)),
    circle.length,
    geocode.map(({ value }) => value),
    Object.keys(rest).length,
  ])

/** The latest of times that may be written with different offsets, as it is written. */
function latest(times: readonly string[]): string | null {
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null
}

function digestOf(value: unknown): string {
  return digestOfBytes(canonicalBytes(value))
}

export function digestOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Reads signed bytes back, and holds them against what a content must be, the drill gate included.
 *
 * @throws AppError `integrity_violation` if no version of this program can have written them
 */
export function readContent(bytes: Uint8Array): AlertContent {
  const parsed = contentSchema.safeParse(parseStored(bytes))
  if (!parsed.success) throw notOurs('does not fit its schema')
  const content = parsed.data
  const { texts, corrections, reminders, escalations = [], replies } = content
  const sent = [
    ...texts,
    ...corrections.cancel,
    ...corrections.allClear,
    ...(reminders?.texts ?? []),
    ...escalations.flatMap(rule => rule.texts),
    ...(replies.quotaTexts?.taken ?? []),
    ...(replies.quotaTexts?.full ?? []),
  ]
  const gated = throughGate(content.status, content.roster?.id, sent)
  if (gated.texts.some((text, i) => text.sms !== sent[i]?.sms))
    throw notOurs('lacks its drill word')
  if (content.mode !== modeOf(content.status)) throw notOurs('is of another mode than its status')
  if (content.mode === 'live' && content.exercise !== undefined)
    throw notOurs('is live, and of an exercise')
  if (content.areasDigest !== digestOf(content.areas))
    throw notOurs('has other areas than its digest')
  if (content.byRuleOf !== undefined && !content.secondPerson)
    throw notOurs('was written by a rule, and would be sent unread')
  if (content.breakGlassAfterSeconds !== undefined && !mayBreakGlass(content))
    throw notOurs('could be sent without an approver, and it may not')
  if (!reachesAsItMay(content)) throw notOurs('reaches people of other alerts than it may')
  return content
}

/** What needs no second person has nobody to wait for, and what no person has written is read by one before it is sent. */
export function mayBreakGlass({
  secondPerson,
  status,
  byRuleOf,
}: Pick<AlertContent, 'secondPerson' | 'status' | 'byRuleOf'>): boolean {
  return secondPerson && status === 'Actual' && byRuleOf === undefined
}

/** What takes alerts back stops what is left of them, and ends them in public, though they may not have reached anybody. */
export function mayReachNobody({ only }: Pick<AlertContent, 'only'>): boolean {
  return only === 'reached'
}

/**
 * A drill goes to its roster, but for what follows it: that goes to those whom it reached, and to nobody else. The
 * same is true of corrections and reminders of the real thing.
 */
function reachesAsItMay(content: AlertContent): boolean {
  const { correction, only, reminder, escalation, status, references, reached = [] } = content
  const kinds = [correction, only, escalation].filter(kind => kind !== undefined)
  if (kinds.length > 1) return false
  if (reminder !== undefined && only !== 'noReply') return false
  if (correction === undefined && only !== 'noReply') {
    return reached.every(({ id }) => status === 'Actual' && references.includes(id))
  }
  return reached.length === 1 && references.join() === reached[0]!.id
}

function parseStored(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (cause) {
    throw new AppError('integrity_violation', 'the stored content is no JSON', { cause })
  }
}

function notOurs(detail: string): AppError {
  return new AppError('integrity_violation', `the stored content ${detail}`)
}
