import { generateWebhookSecret } from '../signing/webhooks.ts'
import { open, seal } from '../signing/seal.ts'

/** A subscriber's signing secrets, as they are sealed beside it. */
export interface Secrets {
  readonly current: string
  /** The one before, which signs too until then (RFC 3339): the receiver has that long to take the new one. */
  readonly former?: { readonly secret: string; readonly until: string }
}

const OVERLAP_HOURS = 24

export function firstSecrets(): Secrets {
  return { current: generateWebhookSecret() }
}

/** A new secret; the one in use stays good for a day, and the one before that for no longer. */
export function rotated({ current }: Secrets, now: Date): Secrets {
  const until = new Date(now.getTime() + OVERLAP_HOURS * 3_600_000).toISOString()
  return { current: generateWebhookSecret(), former: { secret: current, until } }
}

/** Those that sign now, the newest first. */
export function signingSecrets({ current, former }: Secrets, now: Date): string[] {
  return former !== undefined && now < new Date(former.until) ? [current, former.secret] : [current]
}

export function sealSecrets(masterKey: Uint8Array, id: string, secrets: Secrets): Uint8Array {
  return seal(masterKey, contextOf(id), JSON.stringify(secrets))
}

/** @throws AppError `integrity_violation` */
export function openSecrets(masterKey: Uint8Array, id: string, sealed: Uint8Array): Secrets {
  return JSON.parse(Buffer.from(open(masterKey, contextOf(id), sealed)).toString()) as Secrets
}

function contextOf(id: string): string {
  return `subscribers/${id}/secrets`
}
