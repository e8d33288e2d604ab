/**
 * What an aggregator is posted of an alert: its CAP as people signed it, with what stands beside the content put right
 * for the way that it goes. An aggregator wants `sent` to be of now (IPAWS-OPEN refuses what is older than five minutes,
 * code 303), so `sent` is when it is posted, and what it references is named as it was posted there.
 */
import { type CapInfo, type CapMessage, capTime } from '../../cap/message.ts'
import { judgeByProfile } from '../../cap/profiles/profiles.ts'
import { type Fault, faultAt } from '../../faults.ts'
import type { IpawsSettings } from './settings.ts'

/** By these a message goes to some channels and not to others. */
const ROUTING = ['EAS-ORG', 'BLOCKCHANNEL']
/** How long a correction holds where what it corrects has ended by itself, or is not known. */
const CORRECTION_MS = 3_600_000

/**
 * @param message as it is exported
 * @param earlier by its identifier: what it references and was posted there before
 * @param ends of what it references, the latest: a correction that was approved with an alert has no end of its own
 */
export function messageToPost(
  message: CapMessage,
  earlier: ReadonlyMap<string, CapMessage>,
  { now, ends }: { readonly now: Date; readonly ends: Date | undefined },
): CapMessage {
  const sent = capTime(now.toISOString())
  const references = message.references.map(one => {
    const posted = earlier.get(one.identifier)
    return posted === undefined ? one : { ...one, sent: posted.sent }
  })
  if (message.msgType === 'Alert') return { ...message, sent, references }
  const [former] = [...earlier.values()]
  const until = ends !== undefined && ends > now ? ends : new Date(now.getTime() + CORRECTION_MS)
  const expires = capTime(until.toISOString())
  const info = message.info.map(block => ({
    ...block,
    expires: block.expires ?? expires,
    parameter: [...block.parameter, ...routingOf(block, former)],
  }))
  return { ...message, sent, references, info }
}

/** A correction goes by the channels of what it corrects, unless it names its own. */
function routingOf(block: CapInfo, former: CapMessage | undefined): CapInfo['parameter'] {
  const isRouting = ({ valueName }: { valueName: string }) => ROUTING.includes(valueName)
  if (block.parameter.some(isRouting)) return []
  const spoken = former?.info.find(one => one.language === block.language) ?? former?.info[0]
  return spoken?.parameter.filter(isRouting) ?? []
}

/** Why it may not be posted there, all reasons at once. */
export function postFaults(
  message: CapMessage,
  { endpoint }: Pick<IpawsSettings, 'endpoint'>,
  statuses: readonly string[],
): readonly Fault[] {
  const { status, scope } = message
  const faults: Fault[] = []
  const isForReal = endpoint === 'test' ? statuses.includes(status) : status === 'Actual'
  if (!isForReal) {
    faults.push(faultAt('/status', 'not_posted', { status }))
  }
  if (scope !== 'Public') faults.push(faultAt('/scope', 'must_be', { value: 'Public' }))
  return [...faults, ...judgeByProfile('ipaws', message).faults]
}
