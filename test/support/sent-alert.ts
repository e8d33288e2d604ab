import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent, digestOfBytes } from '../../src/cap/content.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { arrayLiteral, type Database } from '../../src/store/database.ts'
import { NO_CARRIER } from '../../src/store/progress.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_RETENTION,
  ensureOrganisation,
} from '../../src/store/organisation.ts'

interface Recipient {
  phone?: string
  state?: string
  segments?: number
  areaNo?: number | null
  groupNos?: number[]
  carrierId?: string
}

interface SentAlert {
  recipients: Recipient[]
  options?: { code: string; label: string; words?: string[] }[]
  areas?: string[]
  groups?: { id: string; name: string }[]
  status?: string
  state?: string
  expires?: Date
  dispatchedAt?: Date
}

let phones = 0
/** Numbers of area code 555, which nobody has. */
export const aPhone = () => `+1555${String(++phones).padStart(7, '0')}`

const HOUR = 3_600_000
const square = {
  type: 'Polygon' as const,
  coordinates: [
    [
      [-97, 30],
      [-96, 30],
      [-96, 31],
      [-97, 31],
      [-97, 30],
    ],
  ],
}

/** The organisation's row and somebody who can have written an alert. */
export async function anOrganisation(db: Database): Promise<{ operatorId: string }> {
  await ensureOrganisation(db, {
    name: 'Test County',
    timeZone: 'America/Chicago',
    country: 'US',
    sender: 'alerts@test-county.example',
    languages: ['en-US'],
    policy: DEFAULT_POLICY,
    retention: DEFAULT_RETENTION,
    masterKeyCheck: 'none',
  })
  const operatorId = randomUUID()
  await db.execute(sql`
    insert into operators (id, email, name, roles)
    values (${operatorId}, ${`${operatorId}@test-county.example`}, 'A. Author', '{author}')
  `)
  return { operatorId }
}

export async function aCarrier(db: Database, name: string = randomUUID()): Promise<string> {
  const id = randomUUID()
  await db.execute(sql`
    insert into carriers (id, name, protocol, segments_per_second, "window", binds, source_address,
      settings, routes, enabled)
    values (${id}, ${name}, 'smpp', 100, 10, 1, '72345', '{}', '[]', true)
  `)
  return id
}

/** An alert that is being sent, as the engine leaves it: rows, counters, nothing of the engine itself. */
export async function aSentAlert(db: Database, given: SentAlert): Promise<string> {
  const { operatorId } = await anOrganisation(db)
  const id = randomUUID()
  const expires = given.expires ?? new Date(Date.now() + HOUR)
  const dispatchedAt = (given.dispatchedAt ?? new Date()).toISOString()
  const recipients = given.recipients.map(recipient => ({
    phone: recipient.phone ?? aPhone(),
    state: recipient.state ?? 'submitted',
    segments: recipient.segments ?? 1,
    areaNo: recipient.areaNo === undefined ? 0 : recipient.areaNo,
    groupNos: recipient.groupNos ?? [],
    carrierId: recipient.carrierId ?? null,
  }))
  const draft = draftSchema.parse({
    status: given.status ?? 'Actual',
    info: [
      {
        category: ['Met'],
        event: 'Flash Flood Warning',
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
        expires: expires.toISOString(),
        sms: 'FLASH FLOOD. Reply 1 SAFE, 2 NEED HELP.',
        area: (given.areas ?? ['The valley']).map((areaDesc, i) => ({
          areaDesc,
          polygon: [square],
          circle: [{ center: [i, 30], radiusKm: 1 }],
        })),
      },
    ],
    replies: { options: given.options ?? [] },
  })
  const bytes = canonicalBytes(
    alertContent(draft, {
      id,
      revision: 1,
      sender: 'alerts@test-county.example',
      references: [],
      groups: (given.groups ?? []).map(group => ({ ...group, definitionDigest: 'none', count: 1 })),
      excludeGroups: [],
      roster: undefined,
      secondPerson: true,
      emergency: true,
      geocodeSets: [],
      maxRecipients: 1000,
    }),
  )
  await db.execute(sql`
    insert into alerts (id, state, mode, status, msg_type, severity, draft, content, content_digest,
      created_by, delivery, expires, recipients, planned, plan_state, dispatched_at)
    values (${id}, ${given.state ?? 'sending'}, 'live', 'Actual', 'Alert', 'Extreme',
      ${JSON.stringify(draft)}::jsonb, decode(${Buffer.from(bytes).toString('hex')}, 'hex'),
      ${digestOfBytes(bytes)}, ${operatorId}, 'at-least-once', ${expires.toISOString()},
      ${recipients.length}, ${recipients.length}, 'done', ${dispatchedAt})
  `)
  await db.execute(sql`
    insert into deliveries (alert_id, seq, range_no, text_no, area_no, segments, state, phone, contact_id,
      carrier_id, submitted_at, group_nos)
    select ${id}::uuid, n, 1, 0, r.area_no, r.segments, r.state, r.phone, gen_random_uuid(), r.carrier_id,
      case when r.state <> 'queued' then ${dispatchedAt}::timestamptz end, r.group_nos::smallint[]
    from unnest(
      ${arrayLiteral(recipients.map(r => r.areaNo))}::smallint[],
      ${arrayLiteral(recipients.map(r => r.segments))}::smallint[],
      ${arrayLiteral(recipients.map(r => r.state))}::text[],
      ${arrayLiteral(recipients.map(r => r.phone))}::text[],
      ${arrayLiteral(recipients.map(r => r.carrierId))}::uuid[],
      ${arrayLiteral(recipients.map(r => `{${r.groupNos.join(',')}}`))}::text[]
    ) with ordinality as r(area_no, segments, state, phone, carrier_id, group_nos, n)
  `)
  await db.execute(sql`
    insert into progress (alert_id, carrier_id, slot, submitted, delivered, failed, unknown)
    select alert_id, coalesce(carrier_id, ${NO_CARRIER}::uuid), 0,
      count(*) filter (where state = 'submitted'), count(*) filter (where state = 'delivered'),
      count(*) filter (where state = 'failed'), count(*) filter (where state = 'unknown')
    from deliveries where alert_id = ${id}::uuid and state <> 'queued' group by 1, 2
  `)
  await db.execute(sql`
    insert into tallies (alert_id, dimension, key, option, slot, count)
    select ${id}::uuid, dimension, key, 'recipients', 0, count(*) from (
      select 'area' as dimension, area_no as key from deliveries
      where alert_id = ${id}::uuid and area_no is not null
      union all
      select 'group', unnest(group_nos) from deliveries where alert_id = ${id}::uuid
    ) d group by 2, 3
  `)
  return id
}
