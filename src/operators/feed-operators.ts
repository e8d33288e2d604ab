/**
 * The rule of a feed as an operator, so that whoever judges a signature or an authority judges it as anybody's: an
 * author with the borders of the rule, and a key for each mode that the server itself has made.
 *
 * It is no person: nobody signs in as it, and it can be given no password and no other role; the database refuses
 * both. The private halves lie sealed under the master key beside the rule, and are gone with it; its name stays, for
 * whoever reads later what it wrote.
 */
import { v7 as uuid } from 'uuid'
import { generateSigningKey, type PrivateJwk } from '../signing/keys.ts'
import { open, seal } from '../signing/seal.ts'
import type { Database } from '../store/database.ts'
import { insertSigningKey, revokeKeysOf } from '../store/keys.ts'
import {
  findFeedOperator,
  insertOperator,
  type Jurisdiction,
  type Limits,
  updateOperator,
} from '../store/operators.ts'
import { MODES } from '../store/schema.ts'
import type { Operator, SignIn } from './operator.ts'

/** What signs in the name of a feed's rule. */
export type RuleKeys = Readonly<Record<SignIn['mode'], PrivateJwk>>

/** How far a rule may go, as an operator's authority is written. */
interface RuleAuthority {
  readonly feedId: string
  readonly name: string
  readonly jurisdiction: Jurisdiction
  readonly limits: Limits
}

/**
 * Makes the operator of a feed's rule, or makes it anew: with new keys, the former ones revoked.
 *
 * @returns `kids` of the new keys
 */
export async function enrolFeedOperator(
  tx: Database,
  masterKey: Uint8Array,
  { feedId, ...authority }: RuleAuthority,
  now: Date,
): Promise<{ operator: Operator; sealedKeys: Uint8Array; kids: string[] }> {
  const former = await findFeedOperator(tx, feedId)
  const operator =
    former === undefined
      ? await insertOperator(tx, {
          ...authority,
          id: uuid(),
          // RFC 2606 §2: no letter ever arrives there.
          email: `${feedId}@feed.invalid`,
          roles: ['author'],
          createdAt: now,
          passwordHash: undefined,
          feedId,
        })
      : await updateOperator(tx, former.id, { ...authority, disabledAt: null })
  await revokeKeysOf(tx, operator.id, now)
  const made = await Promise.all(
    MODES.map(async mode => ({ mode, ...(await generateSigningKey('Ed25519')) })),
  )
  for (const { kid, publicJwk: jwk, mode } of made) {
    const key = { kid, jwk, mode, operatorId: operator.id, label: 'rule', createdAt: now }
    await insertSigningKey(tx, key)
  }
  const keys = Object.fromEntries(made.map(({ mode, privateJwk }) => [mode, privateJwk]))
  const sealedKeys = seal(masterKey, contextOf(feedId), JSON.stringify(keys))
  return { operator, sealedKeys, kids: made.map(({ kid }) => kid) }
}

/** Its keys are revoked, and it writes nothing any more. @returns their `kid`s */
export async function retireFeedOperator(
  tx: Database,
  operatorId: string,
  now: Date,
): Promise<string[]> {
  await updateOperator(tx, operatorId, { disabledAt: now })
  return revokeKeysOf(tx, operatorId, now)
}

/** @throws AppError `integrity_violation` */
export function openRuleKeys(masterKey: Uint8Array, feedId: string, sealed: Uint8Array): RuleKeys {
  return JSON.parse(Buffer.from(open(masterKey, contextOf(feedId), sealed)).toString()) as RuleKeys
}

function contextOf(feedId: string): string {
  return `feed_rules/${feedId}/sealed_keys`
}
