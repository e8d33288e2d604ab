import { numbered } from '../alerts/numbered.ts'
import { sleep } from '../clock.ts'
import { signAlert } from '../signing/jws.ts'
import type { PrivateJwk } from '../signing/keys.ts'
import type { Client } from './client.ts'
import type { WatchedAlert } from './watch.ts'

interface Estimate {
  readonly recipients: number
  readonly segments: number
  readonly seconds: number
  readonly optedOut: number
}

/**
 * Shows what a draft comes to, asks, signs, submits; waits for the approval where one is needed, and dispatches.
 * @returns undefined when the asker said no or an approver sent it back
 */
export async function sendDraft(
  client: Client,
  draft: WatchedAlert,
  send: {
    readonly key: PrivateJwk
    readonly say: (line: string) => void
    readonly confirm: (question: string) => Promise<boolean>
  },
): Promise<WatchedAlert | undefined> {
  const { say } = send
  let alert = draft
  const path = `/v1/alerts/${alert.id}`
  const estimate = await client.get<Estimate>(`${path}/estimate`)
  say(`alert ${alert.id}`)
  say(
    `${numbered(estimate.recipients, 'recipient')} (${estimate.optedOut} opted out), ${numbered(estimate.segments, 'segment')}, about ${Math.ceil(estimate.seconds)} s`,
  )
  if (!(await send.confirm('Sign and submit? [y/N] '))) return undefined

  await signAs(client, alert.id, 'author', send.key)
  alert = await client.get(path)
  if (alert.state === 'submitted') say('waiting for a second person to approve it')
  while (alert.state === 'submitted') {
    await sleep(1_000)
    alert = await client.get(path)
  }
  if (alert.state !== 'approved') {
    say(`the alert is ${alert.state}`)
    return undefined
  }
  await client.post(`${path}/dispatch`)
  return client.get(path)
}

/** Signs the bytes that the server holds, and hands the signature in: submit for an author, else approve. */
export async function signAs(
  client: Client,
  alertId: string,
  role: 'author' | 'approver',
  key: PrivateJwk,
): Promise<void> {
  const content = await client.bytes(`/v1/alerts/${alertId}/content`)
  const signature = await signAlert(content, key, { role, form: 'detached' })
  await client.post(`/v1/alerts/${alertId}/${role === 'author' ? 'submit' : 'approve'}`, {
    signature,
  })
}
