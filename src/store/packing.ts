/**
 * Recipients on their way into blocks. They come in any order and are gathered by text and route class; a block is
 * cut when a slice is taken, its phones ascending. What does not fill a block waits for the next slice.
 */
import { CONTACT_ID, PHONE } from './blocks.ts'
import type { TallyCount } from './tallies.ts'

/** A block as it is written (`schema.ts` says what its columns hold). */
export interface PackedBlock {
  readonly routeClass: string
  readonly notCarrier: string | undefined
  readonly expires: Date
  readonly textNo: number
  readonly segments: number
  readonly size: number
  readonly phones: Buffer
  readonly firstPhone: number
  readonly lastPhone: number
  readonly contactIds: Buffer
  readonly areaNos: Buffer
  readonly groupSets: Buffer | null
  readonly groupLists: readonly (readonly number[])[] | null
  /** Recipients by the area and the groups that they count in. */
  readonly counts: readonly Omit<TallyCount, 'option'>[]
}

/** What all of a block share. */
export interface BinKind {
  readonly routeClass: string
  /** By another carrier than this one, where there is one. */
  readonly notCarrier?: string | undefined
  readonly textNo: number
  readonly segments: number
  readonly expires: Date
  /** Recipients a block, at the most. */
  readonly blockSize: number
}

const NO_GROUPS: readonly number[] = []

/** Sixteen octets: a loop takes half the time of a call. */
function copyId(from: Buffer, at: number, to: Buffer, place: number): void {
  for (let i = 0; i < CONTACT_ID; i++) to[place * CONTACT_ID + i] = from[at + i]!
}

export class Bin {
  readonly kind: BinKind
  #phones = new Float64Array(1_024)
  #contactIds = Buffer.allocUnsafe(1_024 * CONTACT_ID)
  #areaNos = new Int16Array(1_024)
  #groupSets = new Uint16Array(1_024)
  #count = 0
  /** By identity: recipients reached alike share the list. */
  readonly #groupSetNos = new Map<readonly number[], number>([[NO_GROUPS, 0]])
  readonly #groupLists: (readonly number[])[] = [NO_GROUPS]

  constructor(kind: BinKind) {
    this.kind = kind
  }

  /** @param areaNo −1 where no area holds the recipient */
  add(
    octets: Buffer,
    idAt: number,
    phone: number,
    areaNo: number,
    groupNos: readonly number[],
  ): void {
    const at = this.#count++
    if (at === this.#phones.length) this.#grow()
    this.#phones[at] = phone
    copyId(octets, idAt, this.#contactIds, at)
    this.#areaNos[at] = areaNo
    this.#groupSets[at] = groupNos.length === 0 ? 0 : this.#groupSetNo(groupNos)
  }

  /** Cuts blocks off: full ones, or with `all` whatever there is. */
  cut(all: boolean): PackedBlock[] {
    const { blockSize } = this.kind
    const whole = all ? this.#count : this.#count - (this.#count % blockSize)
    if (whole === 0) return []
    const order = new Uint32Array(this.#count)
    for (let i = 0; i < order.length; i++) order[i] = i
    order.sort((a, b) => this.#phones[a]! - this.#phones[b]!)
    const blocks: PackedBlock[] = []
    for (let from = 0; from < whole; from += blockSize) {
      blocks.push(this.#pack(order.subarray(from, Math.min(whole, from + blockSize))))
    }
    this.#keep(order.subarray(whole))
    return blocks
  }

  #pack(order: Uint32Array): PackedBlock {
    const size = order.length
    const phones = Buffer.allocUnsafe(size * PHONE)
    const contactIds = Buffer.allocUnsafe(size * CONTACT_ID)
    const areaNos = Buffer.allocUnsafe(size * 2)
    const groupSets = Buffer.allocUnsafe(size * 2)
    const setNos = new Map<number, number>([[0, 0]])
    const inAreas = new Map<number, number>()
    const inSets = new Map<number, number>()
    const count = (counts: Map<number, number>, key: number) =>
      counts.set(key, (counts.get(key) ?? 0) + 1)
    for (let i = 0; i < size; i++) {
      const from = order[i]!
      const phone = this.#phones[from]!
      phones.writeUInt32BE(Math.floor(phone / 2 ** 32), i * PHONE)
      phones.writeUInt32BE(phone % 2 ** 32, i * PHONE + 4)
      copyId(this.#contactIds, from * CONTACT_ID, contactIds, i)
      const areaNo = this.#areaNos[from]!
      areaNos.writeInt16BE(areaNo, i * 2)
      if (areaNo >= 0) count(inAreas, areaNo)
      const set = this.#groupSets[from]!
      if (set > 0) count(inSets, set)
      let setNo = setNos.get(set)
      if (setNo === undefined) setNos.set(set, (setNo = setNos.size))
      groupSets.writeUInt16BE(setNo, i * 2)
    }
    const { routeClass, notCarrier, textNo, segments, expires } = this.kind
    const inGroups = setNos.size > 1
    return {
      routeClass,
      notCarrier,
      textNo,
      segments,
      expires,
      size,
      phones,
      firstPhone: this.#phones[order[0]!]!,
      lastPhone: this.#phones[order[size - 1]!]!,
      contactIds,
      areaNos,
      groupSets: inGroups ? groupSets : null,
      groupLists: inGroups ? [...setNos.keys()].map(set => this.#groupLists[set]!) : null,
      counts: [
        ...[...inAreas].map(([key, n]) => ({ dimension: 'area' as const, key, count: n })),
        ...[...inSets].flatMap(([set, n]) =>
          this.#groupLists[set]!.map(key => ({ dimension: 'group' as const, key, count: n })),
        ),
      ],
    }
  }

  /** Leaves just these, at the front. */
  #keep(order: Uint32Array): void {
    const phones = Float64Array.from(order, from => this.#phones[from]!)
    const areaNos = Int16Array.from(order, from => this.#areaNos[from]!)
    const groupSets = Uint16Array.from(order, from => this.#groupSets[from]!)
    const ids = Buffer.concat(
      Array.from(order, from =>
        this.#contactIds.subarray(from * CONTACT_ID, (from + 1) * CONTACT_ID),
      ),
    )
    this.#phones.set(phones)
    this.#areaNos.set(areaNos)
    this.#groupSets.set(groupSets)
    ids.copy(this.#contactIds)
    this.#count = order.length
  }

  #groupSetNo(groupNos: readonly number[]): number {
    let no = this.#groupSetNos.get(groupNos)
    if (no === undefined) {
      no = this.#groupLists.push(groupNos) - 1
      this.#groupSetNos.set(groupNos, no)
    }
    return no
  }

  #grow(): void {
    const room = this.#phones.length * 2
    const larger = <T extends Float64Array | Int16Array | Uint16Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#phones = larger(this.#phones, new Float64Array(room))
    this.#areaNos = larger(this.#areaNos, new Int16Array(room))
    this.#groupSets = larger(this.#groupSets, new Uint16Array(room))
    const ids = Buffer.allocUnsafe(room * CONTACT_ID)
    this.#contactIds.copy(ids)
    this.#contactIds = ids
  }
}
