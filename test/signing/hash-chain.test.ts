import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  CHAIN_START,
  chainHash,
  verifyChain,
  type ChainLink,
} from '../../src/signing/hash-chain.ts'

function chainOf(entries: readonly unknown[]): ChainLink[] {
  let head = CHAIN_START
  return entries.map((entry, index) => {
    head = chainHash(head, entry)
    return { seq: index + 1, hash: head, entry }
  })
}

const entries = Array.from({ length: 10 }, (_, index) => ({
  action: 'alert.approve',
  subject: `alert-${index}`,
  by: 'op',
}))

test('a hash is SHA-256 over the one before and the canonical entry', () => {
  const expected = createHash('sha256').update(Buffer.alloc(32)).update('{"a":1,"b":2}').digest()
  expect(Buffer.from(chainHash(CHAIN_START, { b: 2, a: 1 }))).toEqual(expected)
})

test('an intact chain gives its length and head; the middle of one verifies from its predecessor', async () => {
  const chain = chainOf(entries)
  expect(await verifyChain(chain)).toEqual({ intact: true, entries: 10, head: chain[9]!.hash })
  const tail = await verifyChain(chain.slice(4), { first: 5, previous: chain[3]!.hash })
  expect(tail).toEqual({ intact: true, entries: 6, head: chain[9]!.hash })
  expect(await verifyChain([])).toEqual({ intact: true, entries: 0, head: CHAIN_START })
})

test.each([
  [
    'edited',
    (chain: ChainLink[]) => chain.with(3, { ...chain[3]!, entry: { ...entries[3], by: 'else' } }),
    4,
  ],
  ['deleted', (chain: ChainLink[]) => chain.toSpliced(3, 1), 4],
  ['deleted at the beginning', (chain: ChainLink[]) => chain.slice(1), 1],
  [
    'deleted and renumbered',
    (chain: ChainLink[]) => chain.toSpliced(3, 1).map((link, i) => ({ ...link, seq: i + 1 })),
    4,
  ],
  ['swapped', (chain: ChainLink[]) => chain.with(3, chain[4]!).with(4, chain[3]!), 4],
  ['put in twice', (chain: ChainLink[]) => chain.toSpliced(3, 0, chain[2]!), 4],
  [
    'given another hash',
    (chain: ChainLink[]) => chain.with(9, { ...chain[9]!, hash: chain[8]!.hash }),
    10,
  ],
  [
    'given a hash cut short',
    (chain: ChainLink[]) => chain.with(9, { ...chain[9]!, hash: chain[9]!.hash.subarray(1) }),
    10,
  ],
])('an entry that was %s is named', async (_what, tamper, seq) => {
  expect(await verifyChain(tamper(chainOf(entries)))).toMatchObject({ intact: false, seq })
})
