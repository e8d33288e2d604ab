import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import type { BasedOn } from '../alerts/approval.ts'
import { digestOfBytes } from '../cap/content.ts'
import { AppError } from '../errors.ts'

/** The `ETag` of a resource: its revision, strong (RFC 9110 §8.8.3). */
export function etagOf(revision: number): string {
  return `"${revision}"`
}

/** Of what has no revision: the same bytes, the same tag, whichever node is asked. */
export function etagOfBytes(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`
}

/**
 * Of the bytes to sign, which change with a named group too while the alert stays at its revision. The digest is
 * the alert's own `contentDigest`.
 */
export function etagOfContent(bytes: Uint8Array): string {
  return `"${digestOfBytes(bytes)}"`
}

/**
 * What `If-Match` demands where one signs: the alert's revision, or the bytes as `…/content` gave them.
 *
 * @throws AppError `stale_revision` for a tag that neither can have
 */
export function basisFromIfMatch(c: Context): BasedOn {
  const digest = /^"([0-9a-f]{64})"$/.exec(c.req.header('If-Match')?.trim() ?? '')?.[1]
  return { digest, revision: digest === undefined ? revisionFromIfMatch(c) : undefined }
}

/**
 * The revision that `If-Match` demands; undefined where the caller names none or takes any (`*`).
 * The domain compares it inside its transaction and throws `stale_revision`.
 *
 * @throws AppError `stale_revision` for a tag that no resource here can have
 */
export function revisionFromIfMatch(c: Context): number | undefined {
  const header = c.req.header('If-Match')?.trim()
  if (header === undefined || header === '*') return undefined
  const revision = /^"([1-9]\d{0,8})"$/.exec(header)?.[1]
  if (revision === undefined) throw staleRevision()
  return Number(revision)
}

function staleRevision(): AppError {
  return new AppError('stale_revision', 'it was changed since you read it: read it again')
}
