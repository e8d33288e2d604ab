import { createHash } from 'node:crypto'
import type { Context } from 'hono'
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
