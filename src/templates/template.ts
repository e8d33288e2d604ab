import { z } from 'zod'
import { draftSchema, infoSchema, languageTag, replyOptionSchema } from '../cap/alert.ts'
import { areaSchema } from '../cap/area.ts'
import { readableText } from '../cap/readable.ts'
import { blankSchema, line } from './blanks.ts'

/**
 * A template: an alert with blanks, in every language that it declares, the first of which is the one that the others
 * are translated from. The schemas hold shape alone; what a template means is judged by `faults.ts`.
 */

const { shape: info } = infoSchema

const textSchema = z.strictObject({
  language: languageTag,
  /** The text message. `{name}` is a blank. */
  sms: readableText(5000),
  headline: readableText(500).optional(),
  description: readableText(20_000).optional(),
  instruction: readableText(20_000).optional(),
  /** The retraction and the all-clear, as text messages. */
  cancel: readableText(5000).optional(),
  allClear: readableText(5000).optional(),
})

/** Of a text with blanks: what it can say, in the order in which it is shown. */
export const PARTS = [
  'sms',
  'headline',
  'description',
  'instruction',
  'cancel',
  'allClear',
] as const satisfies readonly (keyof z.infer<typeof textSchema>)[]

const YEAR_MINUTES = 366 * 24 * 60

const members = {
  name: line(100),
  description: readableText(1000).optional().meta({ description: 'When it is to be used' }),
  languages: z.array(languageTag).min(1).max(20).meta({
    description: 'What every alert made of it must say; the first is the source of the others',
  }),
  blanks: z.array(blankSchema).max(20),
  texts: z.array(textSchema).min(1).max(20),
  category: info.category,
  event: info.event,
  responseType: info.responseType.unwrap(),
  urgency: info.urgency,
  severity: info.severity,
  certainty: info.certainty,
  eventCode: info.eventCode,
  within: areaSchema.optional().meta({
    description: 'Where it may be used: all ground that its alerts name must lie inside',
  }),
  // Its code is an alert's own: by it people say which of several they answer.
  // So are the end of a poll, and how many it takes.
  replies: draftSchema.shape.replies
    .unwrap()
    .omit({ code: true, deadline: true, quotaTexts: true })
    .extend({
      options: z
        .array(replyOptionSchema.omit({ quota: true }))
        .max(20)
        .default([]),
    }),
  delivery: draftSchema.shape.delivery.unwrap(),
  durationMinutes: z.int().min(1).max(YEAR_MINUTES).meta({
    description: 'From the making of an alert to its expiry, where nobody says otherwise',
  }),
}

/** Body of `POST /v1/templates`. */
export const templateSchema = z.strictObject({
  ...members,
  blanks: members.blanks.default([]),
  responseType: members.responseType.default([]),
  replies: members.replies.default({ options: [] }),
  delivery: members.delivery.default('at-least-once'),
})

/** Body of `PATCH /v1/templates/{id}`: each member given replaces the whole of it; `null` takes an optional one away. */
export const templatePatchSchema = z.strictObject({
  ...z.strictObject(members).partial().shape,
  description: members.description.nullable(),
  eventCode: members.eventCode.nullable(),
  within: members.within.nullable(),
})

export type Template = z.infer<typeof templateSchema>
export type TemplatePatch = z.infer<typeof templatePatchSchema>
export type TemplateText = z.infer<typeof textSchema>
export type Part = (typeof PARTS)[number]

export function textIn(
  template: Pick<Template, 'texts'>,
  language: string,
): TemplateText | undefined {
  return template.texts.find(text => text.language === language)
}
