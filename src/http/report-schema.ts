import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import { DELIVERY_STATES } from '../store/schema.ts'
import { alertSchema } from './alert-resource.ts'
import { timeSchema } from './resources.ts'
import { alertCounts } from './statistics.ts'
import { progressSchema, tallySchema } from './watching.ts'

const seconds = z.number()

const reach = {
  recipients: z.int(),
  attempted: z.int().meta({ description: 'Handed to a carrier at least once, or perhaps' }),
  taken: z.int().meta({ description: 'A carrier has answered that it took the message' }),
  confirmed: z.int().meta({ description: 'The receipt of the handset has come' }),
  answered: z.int(),
  reached: z.int().meta({ description: 'Confirmed, or answered without' }),
  failed: z.int(),
  unknown: z.int().meta({ description: 'May have left, and nothing has come back' }),
  notSent: z.int().meta({ description: 'Waiting, out of time, or stopped' }),
}

const milestones = z
  .object({
    half: seconds.nullable(),
    ninety: seconds.nullable(),
    ninetyNine: seconds.nullable(),
  })
  .meta({
    description: 'Seconds since the dispatch, true to 1 %; null: that many never came so far',
  })

export const reportSchema = z
  .object({
    alert: alertSchema,
    madeAt: timeSchema.meta({ description: 'All figures are of then' }),
    timeline: z
      .array(
        z.object({
          at: timeSchema,
          event: z.string(),
          operatorId: z.uuid().nullable(),
          operatorName: z.string().nullable(),
          detail: z.string().nullable(),
          afterSeconds: seconds.nullable().meta({ description: 'Since the one before' }),
        }),
      )
      .readonly(),
    progress: progressSchema,
    tally: tallySchema,
    texts: z
      .array(
        z.object({
          language: z.string(),
          sms: z.string(),
          recipients: z.int(),
          segments: z.int(),
        }),
      )
      .readonly(),
    reach: z
      .object({
        inArea: z.null().meta({
          description: 'People in the areas, registered or not: nobody here can count them',
        }),
        total: z.object(reach),
        byArea: z
          .array(
            z.object({
              areaDesc: z.string().nullable().meta({ description: 'Null: through groups alone' }),
              ...reach,
            }),
          )
          .readonly(),
        byCarrier: z
          .array(
            z.object({
              carrierId: z.uuid().nullable().meta({ description: 'Null: with no carrier' }),
              name: z.string().nullable(),
              ...reach,
            }),
          )
          .readonly(),
      })
      .meta({
        description:
          'Shares are of `recipients`: the contacts in the areas and groups who had not opted out, counted before ' +
          'the first message. `reached`, `failed`, `unknown` and `notSent` add up to it',
      }),
    timesTo: z.object({
      submitted: milestones.meta({ description: 'Of all recipients' }),
      delivered: milestones.meta({ description: 'Of all recipients' }),
      answered: milestones.meta({ description: 'Of those who answered' }),
    }),
    curve: z
      .array(z.object({ seconds, submitted: z.int(), delivered: z.int(), answered: z.int() }))
      .readonly()
      .meta({ description: 'At most 121 points since the dispatch' }),
    causes: z
      .array(
        z.object({
          state: z.enum(DELIVERY_STATES),
          reason: z.string().nullable().meta({ description: 'As the carrier said it' }),
          carrierId: z.uuid().nullable(),
          recipients: z.int(),
          cause: z.string().meta({ description: 'What it comes to' }),
        }),
      )
      .readonly(),
    earlier: z
      .array(
        z.object({
          id: z.uuid(),
          status: z.enum(STATUSES),
          dispatchedAt: timeSchema,
          tookSeconds: seconds.nullable(),
          ...alertCounts,
        }),
      )
      .readonly()
      .meta({
        description: 'Of the same event: the latest five alerts before it, and five drills',
      }),
    plan: z.object({
      seconds: seconds.nullable(),
      tookSeconds: seconds.nullable(),
      byCarrier: z
        .array(z.object({ carrierId: z.uuid(), name: z.string(), recipients: z.int() }))
        .readonly(),
    }),
  })
  .meta({ id: 'Report' })

export const countedSchema = reportSchema
  .pick({
    madeAt: true,
    texts: true,
    reach: true,
    timesTo: true,
    curve: true,
    causes: true,
    plan: true,
  })
  .meta({ id: 'Outcomes' })
