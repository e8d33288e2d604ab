import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { getAccounts } from '../accounts/accounts.ts'
import { contactFigures } from '../audience/figures.ts'
import { drillWord } from '../cap/drill.ts'
import { readDuty } from '../store/duty.ts'
import { policySchema, readOrganisation } from '../store/organisation.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, timeSchema } from './resources.ts'

const deskSchema = z
  .object({
    organisation: z.object({
      name: z.string(),
      timeZone: z.string(),
      country: z.string(),
      languages: z.array(z.string()),
    }),
    policy: policySchema.pick({
      secondPerson: true,
      maxSegments: true,
      holdSeconds: true,
      typedCountAbove: true,
    }),
    drillWords: z
      .array(z.object({ language: z.string(), exercise: z.string(), test: z.string() }))
      .meta({
        description: 'What each text of a drill begins with, in the organisation’s languages',
      }),
    serverTime: timeSchema,
  })
  .meta({ id: 'Desk' })

const readinessSchema = z
  .object({
    carriers: z.object({
      all: z.int().meta({ description: 'Enabled accounts that take text messages' }),
      up: z.int(),
      segmentsPerSecond: z.int().meta({ description: 'Of those that are up' }),
    }),
    approvers: z.object({
      all: z.int().meta({ description: 'Who may approve, without the caller' }),
      online: z.int().meta({ description: 'Signed in, in this mode' }),
    }),
    contacts: z.object({
      total: z.int(),
      stale: z.int(),
      staleAfterDays: z.int(),
      newestChangeAt: timeSchema.nullable(),
    }),
  })
  .meta({ id: 'Readiness' })

const deskRoute = createRoute({
  method: 'get',
  path: '/v1/desk',
  tags: ['Organisation'],
  summary: 'What whoever writes or approves an alert must know of the organisation',
  responses: { 200: answerOf('As it is now', deskSchema) },
})
const readinessRoute = createRoute({
  method: 'get',
  path: '/v1/readiness',
  tags: ['Organisation'],
  summary: 'Whether an alert could go out now; changes nothing',
  responses: { 200: answerOf('As it is now', readinessSchema) },
})

/** An access token's life and a minute: who is at a console has had one since. */
export const ONLINE_MS = 16 * 60_000
const MAX_CARRIERS = 1000

export const deskRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(deskRoute, async c => {
      const { name, timeZone, country, languages, policy } = await readOrganisation(db)
      const { secondPerson, maxSegments, holdSeconds, typedCountAbove } = policy
      return c.json(
        {
          organisation: { name, timeZone, country, languages: [...languages] },
          policy: { secondPerson, maxSegments, holdSeconds, typedCountAbove },
          drillWords: languages.map(language => ({
            language,
            exercise: drillWord('Exercise', language),
            test: drillWord('Test', language),
          })),
          serverTime: now().toISOString(),
        },
        200,
      )
    })
    .openapi(readinessRoute, async c => {
      const { operator, session } = c.var
      const { policy } = await readOrganisation(db)
      const since = new Date(now().getTime() - ONLINE_MS)
      const asked = { operatorId: operator.id, mode: session.mode, since }
      const [accounts, duty, figures] = await Promise.all([
        getAccounts(db, { after: undefined, limit: MAX_CARRIERS }),
        readDuty(db, asked),
        contactFigures(db, policy.staleAfterDays, now()),
      ])
      const carriers = accounts.filter(({ enabled, protocol }) => enabled && protocol !== 'smtp')
      const up = carriers.filter(({ live }) => live.state === 'bound' || live.state === 'throttled')
      return c.json(
        {
          carriers: {
            all: carriers.length,
            up: up.length,
            segmentsPerSecond: up.reduce((sum, account) => sum + account.segmentsPerSecond, 0),
          },
          approvers: { all: duty.approvers, online: duty.online },
          contacts: {
            total: figures.total,
            stale: figures.stale,
            staleAfterDays: figures.staleAfterDays,
            newestChangeAt: duty.newestContactChange?.toISOString() ?? null,
          },
        },
        200,
      )
    })
