import type { Context } from 'hono'
import type { Config } from '../config.ts'
import type { Env } from './env.ts'

/**
 * The network address that a request came from. `X-Forwarded-For` counts only as far back as trusted proxies
 * wrote it: read from its end, the first address that is none of theirs.
 */
export function clientAddress(
  c: Context<Env>,
  { trustedProxies }: Pick<Config, 'trustedProxies'>,
): string {
  const peer = plain(c.env?.incoming?.socket.remoteAddress ?? 'unknown')
  if (!trustedProxies.includes(peer)) return peer
  const forwarded = (c.req.header('X-Forwarded-For') ?? '')
    .split(',')
    .map(part => plain(part.trim()))
  return forwarded.findLast(address => !trustedProxies.includes(address) && address !== '') ?? peer
}

/** IPv4 in IPv6's clothes, as a dual-stack socket names it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d)/i, '')
}
