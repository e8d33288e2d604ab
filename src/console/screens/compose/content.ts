/**
 * What will be signed, read back from the very bytes: whatever the form, the draft or this program says, these are
 * what is sent.
 */
import type { AlertContent } from '../../../cap/content.ts'
import { request } from '../../lib/api.ts'
import type { Alert } from '../../lib/types.ts'

export type { AlertContent }

export interface SignedBytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly content: AlertContent
  /** SHA-256 of the bytes, hex. */
  readonly digest: string
}

/** @throws Problem */
export async function readSignedBytes(alertId: string): Promise<SignedBytes> {
  const answer = await request('GET', `/v1/alerts/${alertId}/content`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const content = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(bytes),
  ) as AlertContent
  return { bytes, content, digest: await digestOf(bytes) }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, octet => octet.toString(16).padStart(2, '0')).join('')
}

/** Whether the bytes have the areas of the draft: each of them, drawn the same to the last digit, and no other. */
export function hasSameAreas(content: AlertContent, { info }: Pick<Alert, 'info'>): boolean {
  const keys = (areas: readonly object[]) => new Set(areas.map(canonical))
  const signed = keys(content.areas)
  const drawn = keys(info.flatMap(({ area = [] }) => area))
  return signed.size === drawn.size && [...signed].every(key => drawn.has(key))
}

/** Members in order of their names: how an object was written down does not make it another. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`
}
