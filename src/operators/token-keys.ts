/**
 * The keys that sign access tokens. The newest signs; each older one is kept for as long as a token of it may
 * live, and published meanwhile. Private halves lie in the database sealed under the master key, so that all
 * API nodes share them.
 *
 * A node looks for newer keys when it meets a token of a key that it doesn't know, and every ten minutes
 * (`rotate`, called by the housekeeping); so a node that missed a rotation signs with the old key for ten
 * minutes at most, and its tokens live for fifteen more.
 */
import { claimedKid } from '../signing/jws.ts'
import { publicPart, type PrivateJwk } from '../signing/keys.ts'
import { open, seal } from '../signing/seal.ts'
import {
  type AccessClaims,
  createTokenKey,
  issueAccessToken,
  openTokenKeyRing,
  type TokenKeyRing,
  type VerifiedAccess,
  verifyAccessToken,
} from '../signing/tokens.ts'
import { type Database, transact } from '../store/database.ts'
import { insertTokenKey, listTokenKeys, lockTokenKeys } from '../store/token-keys.ts'

/** A stolen database and master key forge tokens for no longer than this. */
const NEW_KEY_AFTER_DAYS = 30
/** Ten minutes until the last node has looked, fifteen that its tokens live, and as much again. */
const KEPT_AFTER_RETIREMENT_MS = 60 * 60_000
/** Forged tokens with made-up kids must not become a query each. */
const LOOK_AGAIN_AFTER_MS = 5_000

export interface TokenKeys {
  issue(claims: AccessClaims, now: Date): Promise<{ token: string; expiresIn: number }>
  /** @throws AppError `invalid_token` */
  verify(token: string, now: Date): Promise<VerifiedAccess>
  /** What `/.well-known/jwks.json` shows. */
  jwks(): TokenKeyRing['jwks']
  /** Makes the next key when the newest is old, and reads what other nodes have made. */
  rotate(now: Date): Promise<void>
}

/** @param party who issues the tokens and whom they are for: the public URL, both */
export async function openTokenKeys(
  db: Database,
  masterKey: Uint8Array,
  party: string,
  now: Date,
): Promise<TokenKeys> {
  const parties = { issuer: party, audience: party }
  let ring = await readRing(db, masterKey, now)
  let lookedAt = now.getTime()

  return {
    issue: (claims, at) => issueAccessToken(ring, claims, { ...parties, now: at }),
    async verify(token, at) {
      const kid = claimedKid(token)
      const isUnknown = kid !== undefined && !ring.verifiers.has(kid)
      if (isUnknown && at.getTime() - lookedAt >= LOOK_AGAIN_AFTER_MS) {
        lookedAt = at.getTime()
        ring = await readRing(db, masterKey, at)
      }
      return verifyAccessToken(ring, token, { ...parties, now: at })
    },
    jwks: () => ring.jwks,
    async rotate(at) {
      ring = await readRing(db, masterKey, at)
    },
  }
}

async function readRing(db: Database, masterKey: Uint8Array, now: Date): Promise<TokenKeyRing> {
  const keys = await transact(db, async tx => {
    await lockTokenKeys(tx)
    const retiredSince = new Date(now.getTime() - KEPT_AFTER_RETIREMENT_MS)
    const [newest] = await listTokenKeys(tx, retiredSince)
    const oldest = now.getTime() - NEW_KEY_AFTER_DAYS * 86_400_000
    if (newest === undefined || newest.createdAt.getTime() < oldest) {
      await makeKey(tx, masterKey, now)
    }
    return listTokenKeys(tx, retiredSince)
  })
  return openTokenKeyRing(
    keys.map(key => {
      const opened = open(masterKey, contextOf(key.kid), key.sealedJwk)
      return JSON.parse(Buffer.from(opened).toString()) as PrivateJwk
    }),
  )
}

async function makeKey(tx: Database, masterKey: Uint8Array, now: Date): Promise<void> {
  const { kid, privateJwk } = await createTokenKey()
  await insertTokenKey(tx, {
    kid,
    publicJwk: publicPart(privateJwk),
    sealedJwk: seal(masterKey, contextOf(kid), JSON.stringify(privateJwk)),
    createdAt: now,
  })
}

function contextOf(kid: string): string {
  return `token_keys/${kid}/private_jwk`
}
