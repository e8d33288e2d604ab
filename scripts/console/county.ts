/**
 * A county on duty, for whoever works on the console: the real service, three simulated carriers, people around
 * Houston with phones that answer, templates that were reviewed, an author, an approver and an administrator.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, signIn } from '../../src/cli/client.ts'
import { importContacts } from '../../src/cli/import.ts'
import { ANSWER_SAFE_OR_HELP } from '../../src/simulator/phones.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import { DAM } from '../demo/flash-flood.ts'
import { peopleAsCsv, populate } from '../demo/population.ts'
import { aFreePort } from '../ports.ts'
import {
  addCarrier,
  hire,
  type Person,
  scratchDirectory,
  startTocsin,
  until,
} from '../rehearsal.ts'

export const ADMINISTRATOR = {
  email: 'administrator@county.example',
  password: 'county-administrator',
}
/** Slow enough that one can watch. */
const CARRIERS = [
  { name: 'Lone Star', segmentsPerSecond: 600, window: 100, binds: 2 },
  { name: 'Gulf Mobile', segmentsPerSecond: 300, window: 60, binds: 1 },
  { name: 'Bayou Wireless', segmentsPerSecond: 100, window: 30, binds: 1 },
]

export interface County {
  readonly url: string
  readonly administrator: Client
  readonly author: Person
  readonly approver: Person
  readonly simulator: Simulator
  readonly damGroupId: string
  readonly db: Database
  stop(): Promise<void>
}

export async function startCounty({ people = 20_000, port = 0 } = {}): Promise<County> {
  const scratch = await scratchDirectory('county')
  const listens = port === 0 ? await aFreePort() : port
  const tocsin = await startTocsin({
    PORT: String(listens),
    TOCSIN_PUBLIC_URL: `http://localhost:${listens}`,
    TOCSIN_DATA_DIR: join(scratch, 'data'),
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  })
  const database = openDatabase((await findRunningServer(join(scratch, 'data', 'postgres'))) ?? '')
  const simulator = await startSimulator({
    seed: 4,
    phones: { seed: 4, rules: ANSWER_SAFE_OR_HELP },
    carriers: CARRIERS.map(({ name, segmentsPerSecond, binds }) => ({
      name,
      port: 0,
      accounts: [
        {
          systemId: 'tocsin',
          password: 'county',
          segmentsPerSecond,
          aboveLimit: 'throttle',
          binds,
        },
      ],
      behaviour: {
        responses: { ms: 20, spreadMs: 40, missing: 0, twice: 0 },
        receipts: {
          share: 1,
          delay: { ms: 500, spreadMs: 4_000 },
          failed: 0.02,
          expired: 0,
          twice: 0,
          form: 'text and TLVs',
          messageId: 'decimal',
        },
      },
    })),
  })
  const administrator = await signIn({ url: tocsin.url, ...ADMINISTRATOR })
  await administrator.patch('/v1/organisation', {
    name: 'Harris County OEM',
    timeZone: 'America/Chicago',
    languages: ['en-US', 'es-US'],
  })
  const author = await hire(administrator, tocsin.url, { name: 'Rosa Alvarez', roles: ['author'] })
  const approver = await hire(administrator, tocsin.url, { name: 'Mei Chen', roles: ['approver'] })
  for (const [i, carrier] of CARRIERS.entries()) {
    const at = { port: simulator.centres[i]?.port ?? 0, systemId: 'tocsin', password: 'county' }
    await addCarrier(administrator, { ...carrier, ...at })
  }
  await importContacts(
    administrator,
    peopleAsCsv(populate(people, 1)),
    new URLSearchParams(),
    () => undefined,
  )
  const dam = await author.client.post<{ id: string }>('/v1/groups', {
    name: DAM.name,
    area: { areaDesc: DAM.name, circle: [{ center: DAM.center, radiusKm: DAM.radiusKm }] },
  })
  await author.client.post('/v1/groups', {
    name: 'Texas City',
    area: { areaDesc: 'Texas City', circle: [{ center: [-94.95, 29.39], radiusKm: 8 }] },
  })
  await administrator.post('/v1/templates/starter')
  await reviewTemplates(approver.client)
  await until(
    () => administrator.get<{ items: { state: string }[] }>('/v1/carriers'),
    ({ items }) => items.every(carrier => carrier.state === 'bound'),
    'all carriers bound',
  )
  return {
    url: tocsin.url,
    administrator,
    author,
    approver,
    simulator,
    damGroupId: dam.id,
    db: database.db,
    async stop() {
      await database.close()
      await tocsin.stop()
      await simulator.close()
      await rm(scratch, { recursive: true, force: true })
    },
  }
}

/** Every text of every template in the organisation's languages, read by somebody who did not write it. */
async function reviewTemplates(approver: Client): Promise<void> {
  const { items } = await approver.get<{ items: { id: string; version: number }[] }>(
    '/v1/templates?limit=1000',
  )
  for (const { id, version } of items) {
    for (const language of ['en', 'es']) {
      await approver.post(`/v1/templates/${id}/review`, { language, version })
    }
  }
}
