import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent, digestOfBytes } from '../../src/cap/content.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import type { Block } from '../../src/store/block.ts'
import { writeBlocks } from '../../src/store/blocks.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { NO_CARRIER } from '../../src/store/progress.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_RETENTION,
  ensureOrganisation,
} from '../../src/store/organisation.ts'
import { moveTallies } from '../../src/store/tallies.ts'
import { insertRecipients } from './blocks.ts'

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
  options?: { code: string; label: string; words?: string[]; urgent?: boolean; quota?: number }[]
  /** What else it says of replies. */
  replies?: object
  /** By which answers name it. */
  code?: string
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
    replies: {
      options: given.options ?? [],
      ...(given.code && { code: given.code }),
      ...given.replies,
    },
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
  const blocks = await insertRecipients(
    db,
    id,
    recipients.map(recipient => ({ ...recipient, areaNo: recipient.areaNo ?? -1 })),
    { at: new Date(dispatchedAt) },
  )
  for (const block of blocks) {
    for (let offset = 0; offset < block.size; offset++) {
      const { state, carrierId } = recipients[block.blockNo + offset - 1]!
      become(block, offset, state, carrierId)
    }
  }
  await transact(db, tx => writeBlocks(tx, blocks))
  const counted = recipients.flatMap(({ areaNo, groupNos }) => [
    ...(areaNo === null ? [] : [{ dimension: 'area' as const, key: areaNo }]),
    ...groupNos.map(key => ({ dimension: 'group' as const, key })),
  ])
  await moveTallies(
    db,
    counted.map(place => ({ ...place, alertId: id, option: 'recipients', count: 1 })),
  )
  return id
}

function become(block: Block, offset: number, state: string, carrierId: string | null): void {
  switch (state) {
    case 'queued':
      return
    case 'submitted':
    case 'delivered': {
      const by = carrierId ?? NO_CARRIER
      block.submitted(offset, by)
      if (state === 'submitted') return
      for (let part = 0; part < block.segments; part++) {
        block.segmentDelivered({ offset, part, tryNo: 0 }, by)
      }
      return
    }
    case 'failed':
    case 'unknown':
    case 'expired':
    case 'cancelled':
      return block.ended(offset, state, undefined, carrierId ?? undefined)
    default:
      throw new Error(`no state of a delivery: ${state}`)
  }
}
