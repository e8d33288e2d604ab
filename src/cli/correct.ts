import { signAlert } from '../signing/jws.ts'
import type { PrivateJwk } from '../signing/keys.ts'
import type { Client } from './client.ts'
import type { WatchedAlert } from './watch.ts'

interface Corrected {
  readonly state: string
  readonly left: number
  readonly correctionId: string
}

/**
 * Signs the correction that was approved with an alert, as the author or the approver that one is, and sends it.
 *
 * @returns what goes out
 */
export async function sendCorrection(
  client: Client,
  alertId: string,
  which: 'cancel' | 'all-clear',
  key: PrivateJwk,
): Promise<Corrected> {
  const { roles } = await client.get<{ roles: readonly string[] }>('/v1/me')
  const role = roles.includes('author') ? 'author' : 'approver'
  const path = `/v1/alerts/${alertId}/${which}`
  const signature = await signAlert(await client.bytes(`${path}/content`), key, {
    role,
    form: 'detached',
  })
  return client.post<Corrected>(path, { signature })
}

/** A draft that updates an alert, changed by what is given. */
export async function draftUpdate(
  client: Client,
  alertId: string,
  changes: unknown,
): Promise<WatchedAlert> {
  const { id } = await client.post<WatchedAlert>(`/v1/alerts/${alertId}/update`)
  return client.patch(`/v1/alerts/${id}`, changes)
}
