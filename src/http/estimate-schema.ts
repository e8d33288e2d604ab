import { z } from 'zod'
import { placeSchema, timeSchema } from './resources.ts'

export const estimateSchema = z
  .object({
    recipients: z.int(),
    ifActual: z.int(),
    ifHoursIgnored: z.int().meta({
      description:
        'Recipients if it ignored the hours of locations; the same number unless `audience.locationHours` is `respect`',
    }),
    optedOut: z.int(),
    reachedBefore: z
      .int()
      .meta({ description: 'Whom the alerts that it references may have reached' }),
    byLanguage: z.array(z.object({ language: z.string().nullable(), recipients: z.int() })),
    inAnotherLanguage: z
      .array(
        z.object({
          language: z.string(),
          text: z.string(),
          near: z.string().nullable().meta({
            description:
              'A text of their language for another place, which lookup does not give them',
          }),
          recipients: z.int(),
        }),
      )
      .meta({
        description:
          'Recipients who get a text in another language than theirs (`es-US` is not found for who reads `es`: RFC 4647 §3.4)',
      }),
    byCarrier: z.array(
      z.object({
        carrierId: z.uuid(),
        name: z.string(),
        recipients: z.int(),
        cost: z.number().nullable(),
      }),
    ),
    byArea: z.array(
      z.object({
        areaDesc: z.string(),
        recipients: z.int(),
        combine: z.enum(['union', 'intersection']).nullable().meta({
          description:
            'How its drawings and its geocodes are combined; null where it has only one of them',
        }),
      }),
    ),
    byGroup: z.array(z.object({ groupId: z.uuid(), name: z.string(), recipients: z.int() })),
    segments: z.int(),
    cost: z.number().nullable().meta({
      description:
        "Of the segments that carriers take, in the unit of the routes' `cost`; null where one does not say what some of its segments cost",
    }),
    seconds: z.number().nullable(),
    unlocated: z.int().meta({
      description:
        'Recipients who have no location: reached through a group, and no area would find them',
    }),
    missedPlaces: z.array(placeSchema).meta({
      description:
        'Places of 500 people or more in a hole of its ground, or with its ground around them as near as its largest part ' +
        'is wide (5 to 50 km), that neither it nor any alert in force covers; the largest first, twenty at the most',
    }),
    contacts: z
      .object({
        total: z.int(),
        unlocated: z.int().meta({ description: 'Without any location: no area finds them' }),
        stale: z.int().meta({
          description:
            'Neither changed nor confirmed (by an import that names them) for `staleAfterDays`, as policy has it',
        }),
        staleAfterDays: z.int(),
        countedAt: timeSchema.meta({ description: 'Once a minute at the most' }),
      })
      .meta({ description: 'Of all contacts, whether this alert reaches them or not' }),
    unserved: z.int().meta({ description: 'Recipients whose number no carrier takes' }),
    texts: z.array(
      z.object({
        language: z.string(),
        sms: z.string(),
        alphabet: z.enum(['GSM7', 'UCS2']),
        units: z.int(),
        segments: z.int(),
        recipients: z.int(),
      }),
    ),
  })
  .meta({ id: 'Estimate' })
