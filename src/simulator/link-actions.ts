import { COMMAND } from '../encoding/smpp.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import { type GarbageKind, encodeGarbage } from './garbage.ts'
import type { Link } from './link.ts'
import type { Workings } from './workings.ts'

export const LINK_ACTIONS = [
  'drop',
  'reset',
  'unbind',
  'mute',
  'stall',
  'halfOpen',
  'resume',
] as const
/**
 * `drop` closes the connection, `reset` with a TCP reset; `unbind` asks the ESME to go; `mute` reads and takes and
 * says nothing; `stall` does not even read; `resume` ends both. `halfOpen` is a machine that is gone for good: it
 * reads and says nothing, does not see that the ESME closes, and its bind counts until it is dropped.
 */
export type LinkAction = (typeof LINK_ACTIONS)[number]

/** Does `action` to all links of the account, or of all; returns to how many. */
export function actOnLinks(
  workings: Workings,
  queue: DeliveryQueue,
  action: LinkAction,
  systemId?: string,
): number {
  const links = boundLinks(workings, systemId)
  for (const link of links) act(link, action)
  if (action === 'resume') for (const account of workings.accounts.values()) queue.pump(account)
  return links.length
}

/** Sends garbage over the same links. */
export function spoilLinks(workings: Workings, kind: GarbageKind, systemId?: string): number {
  const links = boundLinks(workings, systemId)
  for (const link of links) link.sendUncounted(encodeGarbage(kind, link.nextSequence()))
  return links.length
}

function boundLinks({ links }: Workings, systemId: string | undefined): Link[] {
  return [...links.values()].filter(
    ({ account }) =>
      account !== undefined && (systemId ?? account.options.systemId) === account.options.systemId,
  )
}

function act(link: Link, action: LinkAction): void {
  switch (action) {
    case 'drop':
      return link.drop()
    case 'reset':
      return link.reset()
    case 'unbind':
      return link.sendBare(COMMAND.unbind, 0, link.nextSequence())
    case 'mute':
      return link.be('mute')
    case 'stall':
      return link.be('stalled')
    case 'halfOpen':
      return link.be('half open')
    case 'resume':
      return link.be('none')
  }
}
