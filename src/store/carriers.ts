import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { STALE_SECONDS, type LaneFigures } from './links.ts'
import {
  alerts,
  answers,
  carrierLinks,
  carrierPace,
  carriers,
  contacts,
  exercises,
  groupMembers,
  groups,
  optOuts,
} from './schema.ts'

export interface Route {
  /** E.164 with `+`. */
  readonly prefix: string
  readonly weight: number
  readonly preference?: number | undefined
  readonly cost?: number | undefined
}

export interface CarrierRow {
  readonly id: string
  readonly name: string
  readonly protocol: 'smpp' | 'twilio' | 'http' | 'smtp'
  readonly segmentsPerSecond: number
  readonly window: number
  readonly binds: number
  readonly sourceAddress: string
  /** The protocol's settings without its secrets; their shape is the accounts room's. */
  readonly settings: unknown
  readonly sealedSecrets: Uint8Array | null
  readonly routes: readonly Route[]
  readonly enabled: boolean
  readonly draining: boolean
  /** Which alerts' messages it takes. */
  readonly use: 'live' | 'exercise' | 'both'
  readonly createdAt: Date
  readonly revision: number
}

/** One that dispatchers open: set up by an administrator, or simulated for an exercise. */
export interface EnabledCarrier extends Omit<CarrierRow, 'protocol'> {
  readonly protocol: CarrierRow['protocol'] | 'simulated'
  /** Of a simulated one: the exercise whose messages alone it takes. */
  readonly exerciseId: string | undefined
}

/** What the dispatchers said of a carrier within the last five seconds, taken together. */
export interface LiveState {
  readonly state: 'bound' | 'throttled' | 'unbound'
  readonly perSecond: number
  readonly inFlight: number
  readonly lastError: string | undefined
  /** Segments a second of each alert, by id. */
  readonly alerts: ReadonlyMap<string, number>
}

type Written = Omit<CarrierRow, 'id' | 'createdAt' | 'revision'>

/** @throws DatabaseError 23505 on `carriers_name_unique` */
export async function insertCarrier(
  db: Database,
  carrier: Omit<CarrierRow, 'revision'>,
): Promise<CarrierRow> {
  const [row] = await db.insert(carriers).values(carrier).returning()
  // Its first slot is due at once.
  await db.insert(carrierPace).values({ carrierId: carrier.id, tat: sql`now()` })
  return carrierFromRow(row as typeof carriers.$inferSelect)
}

/** The carrier of a simulated exercise; its settings are what goes wrong with it. */
export async function insertSimulatedCarrier(
  db: Database,
  carrier: Pick<CarrierRow, 'id' | 'name' | 'settings' | 'createdAt'> & {
    readonly exerciseId: string
  },
): Promise<void> {
  await db.insert(carriers).values({
    ...carrier,
    protocol: 'simulated',
    use: 'exercise',
    segmentsPerSecond: 200,
    window: 50,
    binds: 2,
    sourceAddress: '70000',
    routes: [],
    enabled: true,
  })
  await db.insert(carrierPace).values({ carrierId: carrier.id, tat: sql`now()` })
}

/** What goes wrong with the carrier of an exercise from now on. */
export async function changeSimulatedCarrier(
  db: Database,
  exerciseId: string,
  settings: unknown,
): Promise<void> {
  await db.update(carriers).set({ settings }).where(eq(carriers.exerciseId, exerciseId))
}

const isOwn = and(isNull(carriers.deletedAt), isNull(carriers.exerciseId))

/** @throws DatabaseError 23505 on `carriers_name_unique` */
export async function updateCarrier(
  db: Database,
  id: string,
  change: { readonly [Field in keyof Written]?: Written[Field] | undefined },
): Promise<CarrierRow> {
  const [row] = await db
    .update(carriers)
    .set({ ...change, revision: sql`${carriers.revision} + 1` })
    .where(eq(carriers.id, id))
    .returning()
  return carrierFromRow(row as typeof carriers.$inferSelect)
}

/** The row stays, for deliveries name it; its name is free again. */
export async function markCarrierDeleted(db: Database, id: string, now: Date): Promise<void> {
  await db
    .update(carriers)
    .set({
      deletedAt: now,
      enabled: false,
      sealedSecrets: null,
      name: sql`${carriers.name} || ' (deleted ' || ${carriers.id} || ')'`,
    })
    .where(eq(carriers.id, id))
}

export async function findCarrier(db: Database, id: string): Promise<CarrierRow | undefined> {
  const [row] = await db
    .select()
    .from(carriers)
    .where(and(eq(carriers.id, id), isOwn))
  return row && carrierFromRow(row)
}

export async function lockCarrier(db: Database, id: string): Promise<CarrierRow | undefined> {
  const [row] = await db
    .select()
    .from(carriers)
    .where(and(eq(carriers.id, id), isOwn))
    .for('update')
  return row && carrierFromRow(row)
}

/** By name, after the one given; those of exercises are none of an administrator's. */
export async function listCarriers(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<CarrierRow[]> {
  const rows = await db
    .select()
    .from(carriers)
    .where(and(isOwn, after === undefined ? undefined : gt(carriers.name, after)))
    .orderBy(asc(carriers.name))
    .limit(limit)
  return rows.map(carrierFromRow)
}

/** By name: those that are bound, whether or not they take further messages; of an exercise while it is open. */
export async function listEnabledCarriers(db: Database): Promise<EnabledCarrier[]> {
  const isOpen = or(
    isNull(carriers.exerciseId),
    and(
      isNull(exercises.endedAt),
      lte(exercises.startsAt, sql`now()`),
      gt(exercises.endsAt, sql`now()`),
    ),
  )
  const rows = await db
    .select({ carrier: carriers })
    .from(carriers)
    .leftJoin(exercises, eq(exercises.id, carriers.exerciseId))
    .where(and(isNull(carriers.deletedAt), eq(carriers.enabled, true), isOpen))
    .orderBy(asc(carriers.name))
  return rows.map(({ carrier }) => ({
    ...carrierFromRow(carrier),
    protocol: carrier.protocol as EnabledCarrier['protocol'],
    exerciseId: carrier.exerciseId ?? undefined,
  }))
}

/** By name: those that take text messages. */
export async function listSendingCarriers(db: Database): Promise<EnabledCarrier[]> {
  return (await listEnabledCarriers(db)).filter(
    ({ draining, protocol }) => !draining && protocol !== 'smtp',
  )
}

/** By name: those that take letters. */
export async function listMailAccounts(db: Database): Promise<EnabledCarrier[]> {
  return (await listEnabledCarriers(db)).filter(
    ({ draining, protocol }) => !draining && protocol === 'smtp',
  )
}

/** By carrier id; one that no dispatcher has reported lately is missing. */
export async function readLiveStates(
  db: Database,
  carrierIds: readonly string[],
): Promise<Map<string, LiveState>> {
  const links = await db
    .select()
    .from(carrierLinks)
    .where(
      and(
        inArray(carrierLinks.carrierId, [...carrierIds]),
        gt(carrierLinks.reportedAt, sql`now() - make_interval(secs => ${STALE_SECONDS})`),
      ),
    )
    .orderBy(asc(carrierLinks.reportedAt))
  const states = new Map<string, LiveState>()
  for (const link of links) {
    const before = states.get(link.carrierId)
    states.set(link.carrierId, {
      state: stateOfAll(before?.state, link.state as LiveState['state']),
      perSecond: (before?.perSecond ?? 0) + link.perSecond,
      inFlight: (before?.inFlight ?? 0) + link.inFlight,
      lastError: link.lastError ?? before?.lastError,
      alerts: sumOf(before?.alerts, (link.figures as LaneFigures | null)?.alerts ?? {}),
    })
  }
  return states
}

function sumOf(
  before: ReadonlyMap<string, number> = new Map(),
  more: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const sum = new Map(before)
  for (const [alertId, rate] of Object.entries(more)) {
    sum.set(alertId, (sum.get(alertId) ?? 0) + rate)
  }
  return sum
}

/** One bind is enough to send by; throttling is the account's, so one that hears of it speaks for all. */
function stateOfAll(a: LiveState['state'] | undefined, b: LiveState['state']): LiveState['state'] {
  if (a === 'throttled' || b === 'throttled') return 'throttled'
  return a === 'bound' || b === 'bound' ? 'bound' : 'unbound'
}

export async function isAnyAlertSending(db: Database): Promise<boolean> {
  return (await db.$count(alerts, inArray(alerts.state, ['sending', 'paused']))) > 0
}

/** Whether the phones behind it are made up, or pretend to be those of people. */
export async function isSimulatedCarrier(db: Database, id: string): Promise<boolean> {
  return (await db.$count(carriers, and(eq(carriers.id, id), isNotNull(carriers.exerciseId)))) > 0
}

/** A member of a listed group who hasn't opted out of anything. */
export async function findTestRecipient(
  db: Database,
  phone: string,
): Promise<{ email: string | undefined } | undefined> {
  const [member] = await db
    .select({ email: contacts.email })
    .from(contacts)
    .innerJoin(groupMembers, eq(groupMembers.contactId, contacts.id))
    .innerJoin(groups, and(eq(groups.id, groupMembers.groupId), isNull(groups.area)))
    .where(and(eq(contacts.phone, phone), eq(contacts.simulated, false)))
    .limit(1)
  if (member === undefined) return undefined
  if ((await db.$count(optOuts, eq(optOuts.phone, phone))) > 0) return undefined
  return { email: member.email ?? undefined }
}

/** Queues a message to one person; the carrier's lane sends it ahead of every alert. */
export async function queueTestMessage(
  db: Database,
  message: {
    readonly id: string
    readonly carrierId: string
    readonly phone: string
    readonly text: string
    readonly expires: Date
  },
): Promise<void> {
  await db.insert(answers).values({ ...message, kind: 'test' })
}

function carrierFromRow(row: typeof carriers.$inferSelect): CarrierRow {
  const { id, name, segmentsPerSecond, window, binds, sourceAddress, settings } = row
  const { sealedSecrets, enabled, draining, createdAt, revision } = row
  return {
    id,
    name,
    protocol: row.protocol as CarrierRow['protocol'],
    segmentsPerSecond,
    window,
    binds,
    sourceAddress,
    settings,
    sealedSecrets,
    routes: row.routes as readonly Route[],
    enabled,
    draining,
    use: row.use as CarrierRow['use'],
    createdAt,
    revision,
  }
}
