import { createHash } from 'node:crypto'
import { canonicalBytes } from './canonical.ts'

/**
 * The audit log's chain: hash(n) = SHA-256(hash(n−1) ‖ JCS(entry n)), from 32 zero octets. An entry that is
 * edited, dropped, put in or moved breaks it at that place. A chain cut short or written anew as a whole is
 * consistent in itself: only a head kept elsewhere shows that.
 */
export const CHAIN_START: Uint8Array = new Uint8Array(32)

export function chainHash(previous: Uint8Array, entry: unknown): Uint8Array {
  return createHash('sha256').update(previous).update(canonicalBytes(entry)).digest()
}

export interface ChainLink {
  /** Counts up by one without gaps. */
  readonly seq: number
  readonly hash: Uint8Array
  readonly entry: unknown
}

export type ChainVerdict =
  | { readonly intact: true; readonly entries: number; readonly head: Uint8Array }
  | { readonly intact: false; readonly seq: number; readonly reason: string }

/**
 * Recomputes a chain in order, in constant memory.
 *
 * @param first number of the entry that must come first; its predecessor's hash is `previous`
 * @returns the first bad entry by its number, or the number of entries and the head
 */
export async function verifyChain(
  links: AsyncIterable<ChainLink> | Iterable<ChainLink>,
  { first = 1, previous = CHAIN_START }: { first?: number; previous?: Uint8Array } = {},
): Promise<ChainVerdict> {
  let head = previous
  let due = first
  for await (const { seq, hash, entry } of links) {
    if (seq !== due) return { intact: false, seq: due, reason: `entry ${seq} stands in its place` }
    const expected = chainHash(head, entry)
    if (!Buffer.from(expected).equals(hash)) {
      return { intact: false, seq, reason: 'does not hash to what was recorded' }
    }
    head = expected
    due++
  }
  return { intact: true, entries: due - first, head }
}
