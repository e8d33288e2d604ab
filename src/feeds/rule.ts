/** The rule of a feed: what of it is submitted, saying what, how far; everything else becomes a draft. */
import { z } from 'zod'
import { CERTAINTIES, MSG_TYPES, SEVERITIES, STATUSES, URGENCIES } from '../cap/alert.ts'
import { readableText } from '../cap/readable.ts'
import { FAULTS } from '../faults.ts'
import { jurisdictionSchema } from '../operators/jurisdiction.ts'
import { valueSchema } from '../templates/blanks.ts'

/** What of a message can stand in a blank. */
const BLANK_SOURCES = ['areaDesc', 'event', 'headline', 'senderName'] as const

const blankSchema = z.union([
  valueSchema,
  z.strictObject({ from: z.enum(BLANK_SOURCES) }).meta({ description: 'As the message has it' }),
])

const DAYS_AHEAD = 366

/** Nothing of it may be left out: what somebody did not think of must not be sent. */
export const ruleSchema = z
  .strictObject({
    statuses: z.array(z.enum(STATUSES)).min(1).max(STATUSES.length),
    msgTypes: z.array(z.enum(MSG_TYPES)).min(1).max(MSG_TYPES.length),
    events: z.array(readableText(200)).min(1).max(200).nullable().meta({
      description: 'CAP `event`, in either case; null: any',
    }),
    severities: z.array(z.enum(SEVERITIES)).min(1).max(SEVERITIES.length).meta({
      description: 'Of every block, as the next two',
    }),
    urgencies: z.array(z.enum(URGENCIES)).min(1).max(URGENCIES.length),
    certainties: z.array(z.enum(CERTAINTIES)).min(1).max(CERTAINTIES.length),
    jurisdiction: jurisdictionSchema.meta({
      description: 'All ground that a message names must lie inside',
    }),
    maxRecipients: z.int().min(1).max(2_000_000_000),
    maxHours: z
      .int()
      .min(1)
      .max(DAYS_AHEAD * 24)
      .meta({ description: 'A message that lasts longer from now stays a draft' }),
    texts: z.enum(['message', 'template', 'messageElseTemplate']).meta({
      description:
        "Whose texts are sent, one in each of the organisation's languages: the message's (parameter `tocsin:sms` of " +
        "its blocks), the template's, or the template's where the message has none",
    }),
    template: z
      .strictObject({
        id: z.uuid(),
        blanks: z.record(z.string().min(1).max(64), blankSchema),
        takesBack: z.enum(['cancel', 'allClear']).meta({
          description: 'Which of its texts says that a Cancel has come',
        }),
      })
      .nullable()
      .meta({ description: 'Its current version, each language reviewed' }),
  })
  .refine(({ texts, template }) => (texts === 'message') === (template === null), {
    path: ['template'],
    message: FAULTS.template_of_message,
  })

export type Rule = z.infer<typeof ruleSchema>
