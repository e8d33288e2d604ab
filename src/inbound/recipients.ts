/**
 * Which recent alerts a phone is a recipient of. The recipients of the newest alerts are kept in memory, shared by
 * all of this process; those of older ones are looked for in the few blocks whose bounds hold the phone.
 */
import type { Database } from '../store/database.ts'
import {
  findAnswered,
  readPeople,
  readPeopleAround,
  type Place,
  type RecentAlert,
} from '../store/inbound.ts'
import { PhoneBook } from './phone-book.ts'

/** A recipient's place in an alert, and by what it counts there. */
export interface Recipient extends Place {
  readonly alert: RecentAlert
  readonly areaNo: number
  readonly groupNos: readonly number[]
}

/** Of the alerts that a phone was sent, this many of the newest may be what it answers. */
const MOST_ALERTS = 4
/** People kept in memory; those of the newest alert always are. */
const MOST_PEOPLE = 4_000_000
/** Blocks read at once. */
const PAGE = 200

/** The one that was asked for last is the last. */
const books = new Map<string, { planned: number; readonly book: PhoneBook }>()

/**
 * @param alerts the newest first
 * @param mostPeople how many to keep in memory
 * @returns by phone, the newest alert first; phones that none of them holds are missing
 */
export async function findRecipients(
  tx: Database,
  alerts: readonly RecentAlert[],
  phones: readonly string[],
  mostPeople: number = MOST_PEOPLE,
): Promise<ReadonlyMap<string, readonly Recipient[]>> {
  const kept = keptOf(alerts, mostPeople)
  makeRoom(kept, mostPeople)
  const found = new Map<string, Recipient[]>()
  for (const alert of alerts) {
    const wanted = phones.filter(phone => (found.get(phone)?.length ?? 0) < MOST_ALERTS)
    if (wanted.length === 0) break
    const numbers = wanted.map(phone => Number(phone.slice(1)))
    const book = kept.has(alert.id) ? await bookOf(tx, alert) : await bookAround(tx, alert, numbers)
    for (const [i, phone] of wanted.entries()) {
      const place = book.find(numbers[i]!)
      if (place === undefined) continue
      const recipient = { alert, ...place }
      const known = found.get(phone)
      if (known === undefined) found.set(phone, [recipient])
      else known.push(recipient)
    }
  }
  return found
}

/** Whether one phone is a recipient of one alert, found without reading everybody whom it reached. */
export async function findRecipient(
  tx: Database,
  alert: RecentAlert,
  phone: string,
): Promise<Recipient | undefined> {
  const number = Number(phone.slice(1))
  const place = (await bookAround(tx, alert, [number])).find(number)
  return place && { alert, ...place }
}

/**
 * Lets go of the people of alerts that no text answers any more; in a quiet week nobody else would displace them, and
 * they would outlast what is kept of them in the database.
 */
export async function forgetPeople(db: Database): Promise<void> {
  const held = [...books.keys()]
  if (held.length === 0) return
  const answered = await findAnswered(db, held)
  for (const id of held) if (!answered.has(id)) books.delete(id)
}

/**
 * What others ask for stays too, as far as there is room beside it: an exercise on simulated phones asks for its own
 * alerts alone, and in between a live one must not be read anew for each text.
 */
function makeRoom(kept: ReadonlySet<string>, mostPeople: number): void {
  const others = [...books].filter(([id]) => !kept.has(id)).toReversed()
  let people = 0
  for (const [place, [id, { planned }]] of others.entries()) {
    people += planned
    if (place > 0 && people > mostPeople) books.delete(id)
  }
}

/** The newest alerts, as far as memory has room for their recipients. */
function keptOf(alerts: readonly RecentAlert[], mostPeople: number): ReadonlySet<string> {
  const kept = new Set<string>()
  let people = 0
  for (const { id, planned } of alerts) {
    people += planned
    if (people > mostPeople && kept.size > 0) break
    kept.add(id)
  }
  return kept
}

/** Everyone whom the alert has planned so far. */
async function bookOf(tx: Database, { id, planned }: RecentAlert): Promise<PhoneBook> {
  const known = books.get(id) ?? { planned: 0, book: new PhoneBook() }
  books.delete(id)
  books.set(id, known)
  const { book } = known
  // Another batch may read the same while this one waits: the book takes each block once.
  while (known.planned < planned) {
    const page = await readPeople(tx, id, book.lastBlockNo, PAGE)
    for (const people of page) book.add(people)
    if (page.length < PAGE) known.planned = Math.max(known.planned, planned)
  }
  return book
}

/** Those alone of whom some may have one of these numbers. */
async function bookAround(
  tx: Database,
  { id }: RecentAlert,
  numbers: readonly number[],
): Promise<PhoneBook> {
  const book = new PhoneBook()
  for (;;) {
    const page = await readPeopleAround(tx, id, numbers, book.lastBlockNo, PAGE)
    for (const people of page) book.add(people)
    if (page.length < PAGE) return book
  }
}
