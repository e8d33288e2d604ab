/** A valley a run: so many people, and nobody whom an earlier run has reached. */
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { arrayLiteral, type Database } from '../../src/store/database.ts'

export interface Valley {
  readonly no: number
  readonly people: readonly Resident[]
}

interface Resident {
  readonly phone: string
  readonly language: 'en-US' | 'es-US'
}

/** Of one segment, and of two: the message centre must put the parts together again. */
const TEXTS = {
  'en-US': 'FLASH FLOOD in the valley. Move to high ground now. Reply 1 SAFE, 2 NEED HELP.',
  'es-US':
    'INUNDACIÓN en el valle. Suba a un lugar alto ahora. Responda 1 SÍ estoy bien, 2 Necesito ayuda.',
} as const

const WEST = -120
const people = (no: number, count: number): Resident[] =>
  Array.from({ length: count }, (_, i) => ({
    // 555 is no area code: numbers that nobody has.
    phone: `+1555${String(no * 100_000 + i).padStart(7, '0')}`,
    language: i % 3 === 2 ? 'es-US' : 'en-US',
  }))

/** @param no 0 to 49, each once a database; 100,000 people at the most */
export async function settleValley(db: Database, no: number, count: number): Promise<Valley> {
  const residents = people(no, count)
  const ids = arrayLiteral(residents.map(() => uuid()))
  await db.execute(sql`
    insert into contacts (id, phone, language)
    select * from unnest(${ids}::uuid[], ${arrayLiteral(residents.map(r => r.phone))}::text[],
      ${arrayLiteral(residents.map(r => r.language))}::text[])
  `)
  await db.execute(sql`
    insert into locations (contact_id, position, sole)
    select id, point(${WEST + no}::float8 + 0.1 + random() * 0.8, 30.1 + random() * 0.8), true
    from unnest(${ids}::uuid[]) as id
  `)
  await db.execute(sql`analyze contacts`)
  await db.execute(sql`analyze locations`)
  return { no, people: residents }
}

/** What each of them should read. */
export const textsOf = ({ people: residents }: Valley): Map<string, string> =>
  new Map(residents.map(({ phone, language }) => [phone, TEXTS[language]]))

/** A flash flood in that valley and no other. */
export function floodIn(
  { no }: Valley,
  delivery: 'at-least-once' | 'at-most-once' = 'at-least-once',
) {
  const [west, east] = [WEST + no, WEST + no + 1]
  const square = [
    [west, 30],
    [east, 30],
    [east, 31],
    [west, 31],
    [west, 30],
  ]
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    expires: new Date(Date.now() + 3_600_000).toISOString(),
  }
  return {
    status: 'Actual',
    info: [
      {
        ...block,
        language: 'en-US',
        sms: TEXTS['en-US'],
        area: [{ areaDesc: 'The valley', polygon: [{ type: 'Polygon', coordinates: [square] }] }],
      },
      { ...block, language: 'es-US', sms: TEXTS['es-US'] },
    ],
    replies: {
      options: [
        { code: '1', label: 'Safe', words: ['safe', 'ok', 'sí estoy bien'] },
        { code: '2', label: 'Need help', words: ['help me', 'necesito ayuda'], urgent: true },
      ],
    },
    delivery,
  }
}
