import type { ChannelOutcome } from '../../store/notices.ts'

/** The signature of the alert, or of the certificate behind it, does not hold: nothing was looked at any further. */
const BAD_SIGNATURE = ['208', '221']
/** The far side knows the identifier: it has the message already. */
const DUPLICATE = /duplicate/i

/**
 * What a post has come to, by what its channels say. A channel with one error has not taken it, whatever else it says.
 *
 * @param channels at least one
 */
export function judgeChannels(channels: readonly ChannelOutcome[]): {
  readonly state: 'delivered' | 'partial' | 'failed'
  readonly fault: string | null
} {
  const wrong = channels.filter(({ error }) => error)
  if (wrong.length === 0) return { state: 'delivered', fault: null }
  if (wrong.some(({ code }) => BAD_SIGNATURE.includes(code))) {
    return { state: 'failed', fault: 'bad_signature' }
  }
  if (wrong.every(({ status }) => DUPLICATE.test(status))) {
    return { state: 'delivered', fault: 'duplicate' }
  }
  const refusing = new Set(wrong.map(({ channel }) => channel))
  const isTaken = channels.some(({ channel }) => !refusing.has(channel))
  return { state: isTaken ? 'partial' : 'failed', fault: 'channel_error' }
}

/** Channels with an error, with their codes: `EAS 511, CMAS 615`. */
export function refusingChannels(channels: readonly ChannelOutcome[]): string {
  return channels
    .filter(({ error }) => error)
    .map(({ channel, code }) => `${channel} ${code}`)
    .join(', ')
}
