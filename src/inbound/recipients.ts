/**
 * Which recent alerts a phone is a recipient of. A block's phones are frozen and ascending, so the bounds of all
 * blocks and the phones of those asked for last are kept in memory, and a phone is found by halving. Shared by all
 * of this process.
 */
import { labelsAt, phoneNumberAt } from '../store/blocks.ts'
import type { Database } from '../store/database.ts'
import {
  readBounds,
  readPeople,
  type BlockBounds,
  type BlockPeople,
  type RecentAlert,
} from '../store/inbound.ts'

/** A recipient's place in an alert, and by what it counts there. */
export interface Recipient {
  readonly alert: RecentAlert
  readonly blockNo: number
  readonly offset: number
  readonly areaNo: number
  readonly groupNos: readonly number[]
}

/** Of the alerts that a phone was sent, this many of the newest may be what it answers. */
const MOST_ALERTS = 4
/** People kept in memory: 12 octets each. */
const MOST_PEOPLE = 2_000_000
/** Alerts whose bounds are kept. */
const MOST_BOUNDS = 500

const boundsOf = new Map<string, { planned: number; blocks: BlockBounds[] }>()
/** The one asked for last is the last. */
const peopleOf = new Map<string, BlockPeople>()
let peopleKept = 0

/**
 * @param alerts the newest first
 * @returns by phone, the newest alert first; phones that none of them holds are missing
 */
export async function findRecipients(
  tx: Database,
  alerts: readonly RecentAlert[],
  phones: readonly string[],
): Promise<ReadonlyMap<string, readonly Recipient[]>> {
  const found = new Map<string, Recipient[]>()
  for (const alert of alerts) {
    const wanted = phones.filter(phone => (found.get(phone)?.length ?? 0) < MOST_ALERTS)
    if (wanted.length === 0) break
    const bounds = await blocksOf(tx, alert)
    const mayHold = (phone: number) =>
      bounds.filter(block => block.firstPhone <= phone && phone <= block.lastPhone)
    const asked = wanted.map(phone => ({ phone, number: Number(phone.slice(1)) }))
    const places = asked.map(({ phone, number }) => ({ phone, number, blocks: mayHold(number) }))
    const people = await peopleIn(
      tx,
      alert.id,
      places.flatMap(({ blocks }) => blocks),
    )
    for (const { phone, number, blocks } of places) {
      for (const { blockNo } of blocks) {
        const block = people.get(blockNo)
        const offset = block === undefined ? -1 : offsetIn(block.phones, number)
        if (block === undefined || offset < 0) continue
        const recipient = { alert, blockNo, offset, ...labelsAt(block, offset) }
        const known = found.get(phone)
        if (known === undefined) found.set(phone, [recipient])
        else known.push(recipient)
      }
    }
  }
  return found
}

async function blocksOf(tx: Database, { id, planned }: RecentAlert): Promise<BlockBounds[]> {
  let known = boundsOf.get(id)
  if (known === undefined) {
    boundsOf.set(id, (known = { planned: 0, blocks: [] }))
    const [oldest] = boundsOf.keys()
    if (boundsOf.size > MOST_BOUNDS && oldest !== undefined) boundsOf.delete(oldest)
  }
  if (known.planned < planned) {
    const last = known.blocks.at(-1)?.blockNo ?? 0
    const more = await readBounds(tx, id, last)
    // Another batch may have read them too while this one waited.
    known.blocks.push(
      ...more.filter(({ blockNo }) => blockNo > (known.blocks.at(-1)?.blockNo ?? 0)),
    )
    known.planned = Math.max(known.planned, planned)
  }
  return known.blocks
}

async function peopleIn(
  tx: Database,
  alertId: string,
  blocks: readonly BlockBounds[],
): Promise<ReadonlyMap<number, BlockPeople>> {
  const people = new Map<number, BlockPeople>()
  const missing = new Set<number>()
  for (const { blockNo } of blocks) {
    const key = `${alertId} ${blockNo}`
    const known = peopleOf.get(key)
    if (known === undefined) {
      missing.add(blockNo)
      continue
    }
    people.set(blockNo, known)
    peopleOf.delete(key)
    peopleOf.set(key, known)
  }
  if (missing.size === 0) return people
  for (const block of await readPeople(tx, alertId, [...missing])) {
    people.set(block.blockNo, block)
    keep(`${alertId} ${block.blockNo}`, block)
  }
  return people
}

function keep(key: string, block: BlockPeople): void {
  if (!peopleOf.has(key)) peopleKept += sizeOf(block)
  peopleOf.set(key, block)
  for (const [oldest, people] of peopleOf) {
    if (peopleKept <= MOST_PEOPLE) return
    peopleOf.delete(oldest)
    peopleKept -= sizeOf(people)
  }
}

const sizeOf = ({ areaNos }: BlockPeople) => areaNos.length / 2

/** −1 where it is not among them. */
function offsetIn(phones: Buffer, phone: number): number {
  let from = 0
  let to = phones.length / 8 - 1
  while (from <= to) {
    const middle = (from + to) >> 1
    const there = phoneNumberAt(phones, middle)
    if (there === phone) return middle
    if (there < phone) from = middle + 1
    else to = middle - 1
  }
  return -1
}
