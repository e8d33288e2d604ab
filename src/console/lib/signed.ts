/**
 * The bytes that are signed, read by this browser itself: what a screen shows of an alert after signing comes out of
 * them, and not out of what stands beside them in the database.
 */
import { useEffect, useState } from 'preact/hooks'
import { request } from './api.ts'
import type { SignedContent } from './types.ts'

export interface ReadBytes {
  readonly bytes: Uint8Array
  /** SHA-256 of them, in hex. */
  readonly digest: string
  readonly content: SignedContent
  /** SHA-256 of the areas in them, as they stand there. */
  readonly areasDigest: string
}

/** @throws Problem; SyntaxError where they are no JSON */
async function readBytes(path: string): Promise<ReadBytes> {
  const response = await request('GET', path)
  return readSigned(new Uint8Array(await response.arrayBuffer()))
}

export async function readSigned(bytes: Uint8Array): Promise<ReadBytes> {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  const content = JSON.parse(text) as SignedContent
  return {
    bytes,
    digest: await sha256(bytes),
    content,
    // The bytes are canonical (RFC 8785), and JSON.stringify keeps the order and the numbers of what it was given.
    areasDigest: await sha256(new TextEncoder().encode(JSON.stringify(content.areas))),
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), octet => octet.toString(16).padStart(2, '0')).join('')
}

/** The bytes behind a path, for as long as `revision` is the same. */
export function useSigned(
  path: string | undefined,
  revision: string | number,
): { readonly read: ReadBytes | undefined; readonly problem: unknown } {
  const [state, setState] = useState<{ of: string; read?: ReadBytes; problem?: unknown }>({
    of: '',
  })
  const of = `${path} ${revision}`
  useEffect(() => {
    if (path === undefined) return
    let isOver = false
    readBytes(path).then(
      read => isOver || setState({ of, read }),
      (problem: unknown) => isOver || setState({ of, problem }),
    )
    return () => {
      isOver = true
    }
  }, [of])
  // What belongs to an earlier revision is never shown as this one.
  return state.of === of
    ? { read: state.read, problem: state.problem }
    : { read: undefined, problem: undefined }
}
