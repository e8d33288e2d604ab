/**
 * To whom a carrier's message ids belong, in memory: a receipt is matched without a query, whatever is
 * outstanding, and no id needs a row or an index of its own in the database.
 *
 * Ids come from the results that this process writes (`add`), and, when a receipt names none of them, from what
 * other processes, or this one before it was started anew, have written to `submissions`. They are kept as hashes
 * of 96 bits in tables of 98,304, newest first, for a carrier that starts its numbering anew means its newest
 * message. Past two million, fingerprints are kept of the oldest table: they say in which batches an id may stand,
 * and those are asked. Past thirty million more the oldest of these go; their ids are then found by reading
 * `submissions` through, which serves all receipts that wait for it at once.
 */
import type { Database } from '../store/database.ts'
import {
  readSubmissions,
  findInSubmissions,
  storedId,
  submissionNosAfter,
  type Submissions,
} from '../store/submissions.ts'
import { Fingerprints } from './fingerprints.ts'

/** A segment that an id was given to. */
export interface GivenTo {
  readonly alertId: string
  readonly blockNo: number
  readonly offset: number
  readonly part: number
  readonly parts?: number | undefined
  readonly tryNo: number
}

/**
 * Two million ids, in tables of 2.6 MB that get three quarters full: about two looks an id. Thirty million
 * fingerprints, in pages of 4 MB.
 */
const ROOM = { slots: 2 ** 17, tables: 21, pageSlots: 2 ** 20, pages: 38 }
const FULL = 0.75
/** Batches become visible out of order, but seldom by so many numbers. */
const LATE_NUMBERS = 1_000
/**
 * What comes later is looked for at most so often: carriers share the numbers, 300 a second at full speed, and a
 * process may stand still for seconds between a batch's number and its commit.
 */
const LATE_LOOK_MS = 5_000
/** Batches read at once. */
const PAGE = 100
/** Places in batches looked at in one statement. */
const LOOKS = 500
/** Where the last look found nothing new, the next is not before. */
const LOOK_AGAIN_MS = 250
/** Ids that are no longer in memory are looked for at most so often. */
const SEARCH_AGAIN_MS = 5_000

type Batch = Pick<Submissions, 'alertId' | 'blockNo' | 'parts'>

interface Table {
  readonly hashes: Uint32Array
  /** Of each slot: the batch, from 1, and what the batch says of the id. */
  readonly batchOf: Uint32Array
  readonly refs: Uint32Array
  readonly batches: (Batch & { readonly no: number })[]
  count: number
}

const emptyTable = (slots: number): Table => ({
  hashes: new Uint32Array(slots * 3),
  batchOf: new Uint32Array(slots),
  refs: new Uint32Array(slots),
  batches: [],
  count: 0,
})

export class MessageIds {
  readonly carrierId: string
  readonly #db: Database
  readonly #room: typeof ROOM
  /** Newest first. */
  #tables: Table[] = []
  /** Of what was in tables before, newest first. */
  #fingerprints: Fingerprints[] = []
  /** Batches that are or were in memory, as far as newer than `#low`. */
  #known = new Set<number>()
  /** All batches up to this number have been taken up. */
  #low = 0
  #newest = 0
  #nextLateLook = 0
  /** Of batches up to this number not even fingerprints may be left. */
  #gone = 0
  /** A carrier that sends no receipts costs nothing. */
  #isAsked = false
  #nextLook = 0
  #looking: Promise<boolean> | undefined
  #nextSearch = 0

  /** @param room how many tables and pages of how many slots, a power of two, it may have */
  constructor(db: Database, carrierId: string, room = ROOM) {
    this.#db = db
    this.#room = room
    this.carrierId = carrierId
  }

  /** Takes up ids that have just been written; until a receipt asks for the first time, they are left to be read. */
  add(submissions: Submissions): void {
    if (this.#isAsked) this.#take(submissions)
  }

  #take({ no, alertId, blockNo, parts, ids, refs }: Submissions): void {
    if (this.#known.has(no)) return
    this.#known.add(no)
    let table = this.#tables[0]
    const { slots, tables } = this.#room
    if (table === undefined || table.count + ids.length > slots * FULL) {
      this.#tables.unshift((table = emptyTable(slots)))
      if (this.#tables.length > tables) this.#leaveFingerprints(this.#tables.pop()!)
    }
    const batch = table.batches.push({ no, alertId, blockNo, parts })
    for (let i = 0; i < ids.length; i++) insert(table, ids[i]!, batch, refs.readUInt32BE(i * 4))
  }

  #leaveFingerprints({ hashes, batchOf, batches, count }: Table): void {
    let page = this.#fingerprints[0]
    if (page === undefined || !page.hasRoomFor(count)) {
      this.#fingerprints.unshift((page = new Fingerprints(this.#room.pageSlots)))
      if (this.#fingerprints.length > this.#room.pages) {
        this.#gone = Math.max(this.#gone, this.#fingerprints.pop()!.lastNo)
      }
    }
    const places = batches.map(({ no }) => page.addBatch(no))
    for (let slot = 0; slot < batchOf.length; slot++) {
      const batch = batchOf[slot]!
      if (batch > 0) page.add(hashes[slot * 3]!, hashes[slot * 3 + 1]!, places[batch - 1]!)
    }
  }

  /** Whose these ids are, as far as memory knows. */
  known(ids: readonly string[]): ReadonlyMap<string, GivenTo> {
    const found = new Map<string, GivenTo>()
    this.#lookUp(ids, found)
    return found
  }

  /** Whose these ids are; those that nobody has written yet are missing. */
  async find(ids: readonly string[]): Promise<ReadonlyMap<string, GivenTo>> {
    const found = new Map<string, GivenTo>()
    if (ids.length === 0) return found
    this.#isAsked = true
    const missing = () => ids.filter(id => !found.has(id))
    this.#lookUp(ids, found)
    const now = performance.now()
    if (found.size < ids.length && this.#looking !== undefined) {
      await this.#looking
      this.#lookUp(missing(), found)
    }
    if (found.size < ids.length && now >= this.#nextLook) {
      if (!(await this.#look())) this.#nextLook = now + LOOK_AGAIN_MS
      this.#lookUp(missing(), found)
    }
    if (found.size < ids.length && this.#fingerprints.length > 0) {
      await this.#followFingerprints(missing(), found)
    }
    if (found.size < ids.length && this.#gone > 0 && now >= this.#nextSearch) {
      this.#nextSearch = now + SEARCH_AGAIN_MS
      await this.#search(missing(), found)
    }
    return found
  }

  #lookUp(ids: readonly string[], found: Map<string, GivenTo>): void {
    for (const id of ids) {
      const given = lookUp(this.#tables, id)
      if (given !== undefined) found.set(id, given)
    }
  }

  /** One at a time: what the first takes up is new to nobody after it. @returns whether there was anything new */
  #look(): Promise<boolean> {
    this.#looking ??= this.#readNew().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #readNew(): Promise<boolean> {
    const now = performance.now()
    const isForLate = now >= this.#nextLateLook
    if (isForLate) this.#nextLateLook = now + LATE_LOOK_MS
    const from = isForLate ? this.#low : Math.max(this.#low, this.#newest - LATE_NUMBERS)
    const { nos, settled } = await submissionNosAfter(this.#db, this.carrierId, from)
    const unknown = nos.filter(no => !this.#known.has(no))
    for (let at = 0; at < unknown.length; at += PAGE) {
      const page = await readSubmissions(this.#db, this.carrierId, unknown.slice(at, at + PAGE))
      for (const submissions of page) this.#take(submissions)
    }
    this.#newest = Math.max(this.#newest, nos.at(-1) ?? 0)
    // Only where none was left out.
    if (isForLate && settled > this.#low) {
      this.#low = settled
      for (const no of this.#known) if (no <= this.#low) this.#known.delete(no)
    }
    return unknown.length > 0
  }

  /** Looks into the batches that may hold the ids, the newest first. */
  async #followFingerprints(ids: readonly string[], found: Map<string, GivenTo>): Promise<void> {
    const looks: { no: number; id: string }[] = []
    for (const id of ids) {
      hash(id)
      const nos: number[] = []
      for (const page of this.#fingerprints) page.find(h1, h2, nos)
      for (const no of nos) looks.push({ no, id })
    }
    looks.sort((a, b) => b.no - a.no)
    for (let at = 0; at < looks.length; at += LOOKS) {
      const left = looks.slice(at, at + LOOKS).filter(({ id }) => !found.has(id))
      for (const place of await findInSubmissions(this.#db, this.carrierId, left)) {
        if (!found.has(place.id)) found.set(place.id, givenTo(place, place.ref))
      }
    }
  }

  /** Reads through all that memory has no room for. */
  async #search(ids: readonly string[], found: Map<string, GivenTo>): Promise<void> {
    const wanted = new Map(ids.map(id => [storedId(id), id]))
    const { nos } = await submissionNosAfter(this.#db, this.carrierId, 0)
    const old = nos.filter(no => no <= this.#gone).toReversed()
    for (let at = 0; at < old.length && wanted.size > 0; at += PAGE) {
      const page = await readSubmissions(this.#db, this.carrierId, old.slice(at, at + PAGE))
      for (const batch of page.toReversed()) {
        const { ids: given, refs } = batch
        for (let i = 0; i < given.length; i++) {
          const id = wanted.get(given[i]!)
          if (id === undefined) continue
          wanted.delete(given[i]!)
          found.set(id, givenTo(batch, refs.readUInt32BE(i * 4)))
        }
      }
    }
  }
}

const givenTo = ({ alertId, blockNo, parts }: Batch, ref: number): GivenTo => ({
  alertId,
  blockNo,
  parts,
  offset: ref >>> 16,
  part: (ref >>> 8) & 0xff,
  tryNo: ref & 0xff,
})

// The hash of the id hashed last: three words, so that no two ids of ours are likely ever to share one.
let h1 = 0
let h2 = 0
let h3 = 0

function hash(given: string): void {
  const id = storedId(given)
  h1 = 0xdeadbeef ^ id.length
  h2 = 0x41c6ce57 ^ id.length
  h3 = 0x9e3779b9 ^ id.length
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    h1 = Math.imul(h1 ^ code, 0x9e3779b1)
    h2 = Math.imul(h2 ^ code, 0x5f356495)
    h3 = Math.imul(((h3 << 13) | (h3 >>> 19)) ^ code, 0x85ebca6b)
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 0x85ebca6b) ^ h3
  h2 = Math.imul(h2 ^ (h2 >>> 13), 0xc2b2ae35) ^ (h1 >>> 16)
  h3 = Math.imul(h3 ^ (h3 >>> 16), 0x27d4eb2f)
}

function insert(table: Table, id: string, batch: number, ref: number): void {
  hash(id)
  const mask = table.batchOf.length - 1
  let slot = h1 & mask
  while (table.batchOf[slot] !== 0) {
    // The same id again is another message: the newest counts.
    if (isAt(table, slot)) break
    slot = (slot + 1) & mask
  }
  if (table.batchOf[slot] === 0) table.count++
  table.hashes[slot * 3] = h1
  table.hashes[slot * 3 + 1] = h2
  table.hashes[slot * 3 + 2] = h3
  table.batchOf[slot] = batch
  table.refs[slot] = ref
}

function lookUp(tables: readonly Table[], id: string): GivenTo | undefined {
  hash(id)
  for (const table of tables) {
    const mask = table.batchOf.length - 1
    for (let slot = h1 & mask; table.batchOf[slot] !== 0; slot = (slot + 1) & mask) {
      if (!isAt(table, slot)) continue
      return givenTo(table.batches[table.batchOf[slot]! - 1]!, table.refs[slot]!)
    }
  }
  return undefined
}

function isAt({ hashes }: Table, slot: number): boolean {
  return (
    hashes[slot * 3] === h1 >>> 0 &&
    hashes[slot * 3 + 1] === h2 >>> 0 &&
    hashes[slot * 3 + 2] === h3 >>> 0
  )
}
