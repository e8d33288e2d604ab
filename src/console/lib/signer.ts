/**
 * Signing as one act: the key of this browser over the bytes that were shown, and, where the person has a passkey,
 * that over the same signature. What it takes is asked for when the screen opens: a browser gives a passkey only soon
 * after the press.
 */
import { useEffect, useState } from 'preact/hooks'
import { get } from './api.ts'
import { keyStanding, type KeyStanding, type Role, signContent } from './keys.ts'
import { passkeyOver } from './passkeys.ts'
import { place } from './place.ts'
import { Problem } from './problem.ts'
import { me } from './session.ts'

export interface Signer {
  readonly standing: KeyStanding
  readonly hasPasskey: boolean
}

/** The body of a call that wants a signature. */
export interface Signed {
  readonly signature: string
  readonly passkey?: object
}

/** How this person can sign here; undefined until the server has said. */
export function useSigner(): {
  readonly signer: Signer | undefined
  readonly problem: unknown
  /** After a key was made. */
  set(standing: KeyStanding): void
} {
  const { mode = 'exercise' } = place.value
  const personId = me.value?.id ?? ''
  const [signer, setSigner] = useState<Signer>()
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    Promise.all([keyStanding(personId, mode), ownsPasskey()]).then(
      ([standing, hasPasskey]) => setSigner({ standing, hasPasskey }),
      setProblem,
    )
  }, [personId, mode])
  return {
    signer,
    problem,
    set: standing => setSigner({ standing, hasPasskey: signer?.hasPasskey ?? false }),
  }
}

/** Whether this person has a passkey to show that they are there. */
export async function ownsPasskey(): Promise<boolean> {
  try {
    const { items } = await get<{ items: { revokedAt: string | null }[] }>('/v1/me/passkeys')
    return items.some(({ revokedAt }) => revokedAt === null)
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return false
    throw error
  }
}

/** @throws Problem `no_key`, `passkey_cancelled` */
export async function sign(signer: Signer, bytes: Uint8Array, role: Role): Promise<Signed> {
  const { standing, hasPasskey } = signer
  if (standing.kind !== 'works') {
    throw new Problem('this browser has no signing key that works', { status: 0, code: 'no_key' })
  }
  const { signature, signingInput } = await signContent(standing.key, bytes, role)
  if (!hasPasskey) return { signature }
  return { signature, passkey: await passkeyOver(signingInput) }
}
