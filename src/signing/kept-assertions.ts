/**
 * Answers of passkeys that are kept beside what they confirmed, to be verified again: by the dispatcher before it sends,
 * and by anybody who holds the evidence.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { type AssertionResponse, readClientData, verifyAssertion } from './passkeys.ts'

/** All that verifying it again takes, binary in base64url. */
export const keptAssertionSchema = z.object({
  credentialId: z.string(),
  authenticatorData: z.string(),
  clientDataJSON: z.string(),
  signature: z.string(),
  publicKey: z.string().meta({ description: 'COSE_Key, as it stood' }),
  rpId: z.string().meta({ description: 'The host name that the passkey belongs to' }),
})

export type KeptAssertion = Readonly<z.output<typeof keptAssertionSchema>>

export function keepAssertion(
  { id, response }: AssertionResponse,
  { publicKey, rpId }: { publicKey: Uint8Array; rpId: string },
): KeptAssertion {
  const { authenticatorData, clientDataJSON, signature } = response
  return {
    credentialId: id,
    authenticatorData,
    clientDataJSON,
    signature,
    publicKey: Buffer.from(publicKey).toString('base64url'),
    rpId,
  }
}

/**
 * Verifies again what was kept, years later or elsewhere: the page may have moved since, so its origin need only be of
 * the host that the passkey belongs to.
 *
 * @throws AppError `passkey_mismatch`
 */
export async function verifyKept(kept: KeptAssertion, challenge: string): Promise<void> {
  const { credentialId: id, publicKey, rpId, ...response } = kept
  const origin = readClientData(kept.clientDataJSON)?.['origin']
  const isOfHost =
    typeof origin === 'string' && URL.canParse(origin) && new URL(origin).hostname === rpId
  if (!isOfHost) {
    throw new AppError('passkey_mismatch', "the passkey's answer was made at another address")
  }
  await verifyAssertion(
    { id, rawId: id, type: 'public-key', response },
    {
      challenge,
      party: { id: rpId, origin },
      publicKey: Buffer.from(publicKey, 'base64url'),
    },
  )
}

/** SHA-256 of a text in base64url: the challenge that ties an answer to it. */
export function challengeOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
