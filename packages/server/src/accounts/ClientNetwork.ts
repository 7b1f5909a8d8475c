/**
 * Which network an address is counted as, by everything that limits how often somebody may come.
 */
import { Result } from "effect"
import { IpNetwork, NetAddress } from "effect/net"

/** What a house gets, and so has 2^64 addresses of. */
const ipv6PrefixLength = 64

/**
 * The network of an address, however that is written: for IPv4 (also when it comes mapped into IPv6) the address itself,
 * for IPv6 its /64. What is no address stands for itself.
 */
export const networkOf = (address: string): string => {
  const ip = Result.map(NetAddress.ipFromString(address.split("%", 1)[0]!), (parsed) => NetAddress.toCanonical(parsed))
  if (Result.isFailure(ip)) return address
  return NetAddress.isIpv4Address(ip.success)
    ? NetAddress.formatIp(ip.success)
    : IpNetwork.format(IpNetwork.fromAddressUnsafe(ip.success, ipv6PrefixLength))
}
