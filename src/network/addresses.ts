/** Which addresses a name that somebody configured may lead to. */
import ipaddr from 'ipaddr.js'

/** Global unicast is this block alone; the registry gives nothing outside of it (RFC 4291 §2.4). */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Reached only where the installation's configuration says so; link-local never, for clouds keep credentials there. */
const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'uniqueLocal',
  'carrierGradeNat',
])

/** Not a name. */
export const isAddress = (host: string): boolean => ipaddr.isValid(host)

/**
 * Whether what is sent there in the clear stays within a network of our own: the host is a private address, or one
 * that the configuration names. A name isn't resolved, for it may lead elsewhere tomorrow.
 *
 * @param privateHosts `Config.privateHosts`
 */
export function staysInside(host: string, privateHosts: readonly string[]): boolean {
  return (
    privateHosts.includes(host) || (!isAllowedAddress(host, false) && isAllowedAddress(host, true))
  )
}

/** @param address an IPv4 or IPv6 address as the resolver writes it; anything else is refused */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  if (!isAddress(address)) return false
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (allowPrivate && PRIVATE_RANGES.has(range)) return true
  return range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_V6))
}
