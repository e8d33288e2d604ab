import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Role } from '../../src/operators/operator.ts'
import { type AlertRole, signAlert } from '../../src/signing/jws.ts'
import { generateSigningKey, type PrivateJwk, publicPart } from '../../src/signing/keys.ts'
import type { Database } from '../../src/store/database.ts'
import type { Answer, Caller, Edge } from '../support/edge.ts'

/** Somebody at the API with a signing key of their own. */
export interface Signer extends Caller {
  readonly key: PrivateJwk
  readonly kid: string
  /** Reads the content, of a correction that was prepared too, and signs exactly those bytes. */
  sign(
    alertId: string,
    role: AlertRole | 'either',
    correction?: 'cancel' | 'all-clear',
  ): Promise<string>
  /** Signs as the call demands, and calls. */
  submit(alertId: string): Promise<Answer>
  approve(alertId: string): Promise<Answer>
  breakGlass(alertId: string, reason?: string): Promise<Answer>
}

export async function aSigner(
  edge: Edge,
  roles: readonly Role[],
  given: Omit<NonNullable<Parameters<Edge['caller']>[0]>, 'roles'> = {},
): Promise<Signer> {
  const caller = await edge.caller({ ...given, roles })
  const { privateJwk: key } = await generateSigningKey('Ed25519')
  const enrolled = await caller.call('POST', '/v1/me/keys', {
    json: { jwk: publicPart(key), label: 'test' },
  })
  const sign: Signer['sign'] = async (alertId, as, correction) => {
    const role = as !== 'either' ? as : roles.includes('author') ? 'author' : 'approver'
    const bytes = await contentBytes(edge, caller, alertId, correction)
    return signAlert(bytes, key, { role, form: 'detached' })
  }
  const signed =
    (step: 'submit' | 'approve', role: 'author' | 'approver') => async (id: string) => {
      const signature = await sign(id, role)
      return caller.call('POST', `/v1/alerts/${id}/${step}`, { json: { signature } })
    }
  return {
    ...caller,
    key,
    kid: enrolled.body.kid,
    sign,
    submit: signed('submit', 'author'),
    approve: signed('approve', 'approver'),
    async breakGlass(id, reason = 'The river is over the road, and nobody answers.') {
      const signature = await sign(id, 'breakGlass')
      return caller.call('POST', `/v1/alerts/${id}/break-glass`, { json: { signature, reason } })
    },
  }
}

export async function contentBytes(
  edge: Edge,
  caller: Caller,
  alertId: string,
  correction?: 'cancel' | 'all-clear',
): Promise<Uint8Array> {
  const what = correction === undefined ? 'content' : `${correction}/content`
  const response = await edge.app.request(`/v1/alerts/${alertId}/${what}`, {
    headers: { Authorization: `Bearer ${caller.token}` },
  })
  return new Uint8Array(await response.arrayBuffer())
}

const phones = new Set<string>()

/** In no order, for nothing may rely on one; and none twice. */
function aNewPhone(): string {
  for (;;) {
    const phone = `+1555${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`
    if (phones.has(phone)) continue
    phones.add(phone)
    return phone
  }
}

/** Contacts at places, one a place, with numbers of area code 555, which nobody has. */
export async function contactsAt(
  db: Database,
  places: readonly (readonly [longitude: number, latitude: number, language?: string])[],
): Promise<string[]> {
  const ids: string[] = []
  for (const [longitude, latitude, language] of places) {
    const id = randomUUID()
    const phone = aNewPhone()
    await db.execute(
      sql`insert into contacts (id, phone, language) values (${id}, ${phone}, ${language ?? null})`,
    )
    await db.execute(sql`
      insert into locations (contact_id, position, sole)
      values (${id}, point(${longitude}::float8, ${latitude}::float8), true)`)
    ids.push(id)
  }
  return ids
}

/** A listed group with these members. */
export async function aListedGroup(db: Database, members: readonly string[]): Promise<string> {
  const id = randomUUID()
  await db.execute(sql`insert into groups (id, name) values (${id}, ${`group ${id}`})`)
  for (const member of members) {
    await db.execute(
      sql`insert into group_members (group_id, contact_id) values (${id}, ${member})`,
    )
  }
  return id
}

/** A square, `size` degrees wide, from its south-western corner. */
export const square = (west: number, south: number, size = 1) => ({
  type: 'Polygon' as const,
  coordinates: [
    [
      [west, south],
      [west + size, south],
      [west + size, south + size],
      [west, south + size],
      [west, south],
    ],
  ],
})

type Fields = Readonly<Record<string, unknown>>

/** An alert that can be submitted as it stands, for a square around 97° W, 30° N. */
export const anAlert = ({ info = {}, ...fields }: Fields & { info?: Fields } = {}) => ({
  status: 'Actual',
  info: [
    {
      language: 'en-US',
      category: ['Met'],
      event: 'Flash Flood Warning',
      urgency: 'Immediate',
      severity: 'Extreme',
      certainty: 'Observed',
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      sms: 'FLASH FLOOD. Move to higher ground. Reply 1 SAFE, 2 NEED HELP.',
      area: [{ areaDesc: 'The valley', polygon: [square(-97, 30)] }],
      ...info,
    },
  ],
  replies: {
    options: [
      { code: '1', label: 'Safe' },
      { code: '2', label: 'Need help', urgent: true },
    ],
  },
  ...fields,
})

export const aDrill = (roster: string, fields: Fields = {}) =>
  anAlert({ status: 'Exercise', audience: { roster }, ...fields })

/** Composes, or says why not. */
export async function compose(author: Caller, alert: unknown): Promise<string> {
  const { status, body } = await author.call('POST', '/v1/alerts', { json: alert })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.id
}
