import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { contactFigures } from '../audience/figures.ts'
import { drillWord } from '../cap/drill.ts'
import { carries, trafficOf } from '../carriers/traffic.ts'
import type { SignIn } from '../operators/operator.ts'
import { listMailAccounts, listSendingCarriers, readLiveStates } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import { readDuty } from '../store/duty.ts'
import { findExercise } from '../store/exercises.ts'
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
      linkUrl: true,
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
      all: z
        .int()
        .meta({ description: 'Accounts that take the texts of this mode, or of this exercise' }),
      up: z.int(),
      segmentsPerSecond: z.int().meta({ description: 'Of those that are up' }),
    }),
    mail: z.object({
      all: z.int().meta({
        description: 'Mail accounts that take letters of this mode; with none letters wait',
      }),
      up: z.int(),
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

export const deskRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(deskRoute, async c => {
      const { name, timeZone, country, languages, policy } = await readOrganisation(db)
      const { secondPerson, maxSegments, holdSeconds, typedCountAbove, linkUrl } = policy
      return c.json(
        {
          organisation: { name, timeZone, country, languages: [...languages] },
          policy: { secondPerson, maxSegments, holdSeconds, typedCountAbove, linkUrl },
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
      const [carriers, mail, duty, figures] = await Promise.all([
        readyCarriers(db, session),
        readyMail(db, session),
        readDuty(db, asked),
        contactFigures(db, policy.staleAfterDays, now()),
      ])
      return c.json(
        {
          carriers,
          mail,
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

/** The accounts that an alert of this sign-in could go over: of a simulated exercise its own alone. */
async function readyCarriers(db: Database, { mode, exerciseId }: SignIn) {
  const exercise = exerciseId === undefined ? undefined : await findExercise(db, exerciseId)
  const traffic = trafficOf({ mode, exercise })
  const accounts = (await listSendingCarriers(db)).filter(account => carries(account, traffic))
  const up = await upOf(db, accounts)
  return {
    all: accounts.length,
    up: up.length,
    segmentsPerSecond: up.reduce((sum, account) => sum + account.segmentsPerSecond, 0),
  }
}

/** Those that a letter of this mode to an operator could go over. */
async function readyMail(db: Database, { mode }: SignIn) {
  const accounts = (await listMailAccounts(db)).filter(account => carries(account, mode))
  return { all: accounts.length, up: (await upOf(db, accounts)).length }
}

async function upOf<T extends { readonly id: string }>(
  db: Database,
  accounts: readonly T[],
): Promise<T[]> {
  const live = await readLiveStates(
    db,
    accounts.map(({ id }) => id),
  )
  return accounts.filter(({ id }) => (live.get(id)?.state ?? 'unbound') !== 'unbound')
}
