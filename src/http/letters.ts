import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { mailAddressAsSeenBy } from '../reports/deliveries.ts'
import { listLetters, SHOWN_LETTER_STATES } from '../store/letters.ts'
import { deletedSchema, unlessDeleted } from './deleted-recipients.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import { answerOf, idParams, timeSchema, words } from './resources.ts'

export const letterSchema = z
  .object({
    seq: z.int().meta({ description: 'As in the deliveries: who shares a mailbox has one letter' }),
    contactId: z.uuid(),
    address: z.string().meta({
      description: 'In full for administrators and authors, else its first character and domain',
    }),
    state: z.enum(SHOWN_LETTER_STATES),
    reason: z.string().nullable(),
    attempts: z.int(),
    possibleDuplicate: z.boolean(),
    carrierId: z.uuid().nullable(),
    settledAt: timeSchema.nullable(),
  })
  .meta({ id: 'Letter' })

const lettersRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/letters',
  tags: ['Alerts'],
  summary: 'The letters of an alert, one by one',
  request: {
    params: idParams,
    query: pageQuery.extend({ state: words(SHOWN_LETTER_STATES).optional() }),
  },
  responses: {
    200: answerOf('A page', pageSchema(letterSchema).extend({ deleted: deletedSchema })),
  },
})

export const letterRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>().openapi(lettersRoute, async c => {
    const { id } = c.req.valid('param')
    const { limit, cursor, state: states } = c.req.valid('query')
    const [afterSeq] = readCursor(cursor, z.tuple([z.int32().min(0)])) ?? [0]
    const rows = await listLetters(db, id, { states, afterSeq, limit: limit + 1 })
    const shown = (row: (typeof rows)[number]) => ({
      ...row,
      address: mailAddressAsSeenBy(c.var.operator, row.address),
      settledAt: row.settledAt?.toISOString() ?? null,
    })
    const page = pageOf(rows, limit, shown, row => [row.seq])
    return c.json(await unlessDeleted(db, id, page), 200)
  })
