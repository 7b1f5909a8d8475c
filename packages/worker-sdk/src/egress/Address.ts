/**
 * Addresses as numbers, so that a judgement compares and allocates little.
 */
import * as net from "node:net"

/** An address in parts of 16 bits: two for IPv4, eight for IPv6. */
export type Address = ReadonlyArray<number>

/**
 * Reads an address that a resolver or `URL` wrote: four decimal parts, or IPv6. Any other spelling is none, and neither
 * is a zone: it names an interface of this machine, which is nothing that a target may do.
 *
 * What an address is, the system's `inet_pton` says (`net.isIP`), so that what follows takes apart valid ones only. A
 * library that validates by regular expressions took 0.2 ms for IPv6: half a second for the answers of a hostile server.
 */
export const parseAddress = (text: string): Address | undefined => {
  const version = net.isIP(text)
  if (version === 4) return ipv4Of(text)
  return version === 6 && !text.includes("%") ? ipv6Of(text) : undefined
}

const ipv4Of = (text: string): Address => {
  const [a, b, c, d] = text.split(".")
  return [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)]
}

const ipv6Of = (text: string): Address => {
  const gap = text.indexOf("::")
  if (gap === -1) return groupsOf(text)
  const first = groupsOf(text.slice(0, gap))
  const last = groupsOf(text.slice(gap + 2))
  while (first.length + last.length < ipv6Parts) first.push(0)
  return first.concat(last)
}

const ipv6Parts = 8

const groupsOf = (text: string): Array<number> => {
  const parts: Array<number> = []
  if (text === "") return parts
  for (const group of text.split(":")) {
    if (group.includes(".")) parts.push(...ipv4Of(group))
    else parts.push(Number.parseInt(group, 16))
  }
  return parts
}

/** An IPv4 address as it is usually written. */
export const formatIpv4 = (address: Address): string => address.map((part) => `${part >> 8}.${part & 0xff}`).join(".")

const ipv4At = (high: number, low: number): Address => [high, low]

/** The 16 bits that lie across two parts. */
const across = (high: number, low: number): number => ((high & 0xff) << 8) | (low >> 8)

/** Whether the parts from `start` on are these. */
const hasParts = (address: Address, start: number, ...parts: ReadonlyArray<number>): boolean =>
  parts.every((part, i) => address[start + i] === part)

/**
 * The IPv4 addresses that an IPv6 address is only another spelling of: mapped, compatible, translated, NAT64, 6to4; for
 * Teredo the server and the client. A gateway on the way would send the packets to them.
 */
export const standsFor = (address: Address): ReadonlyArray<Address> => {
  if (address.length === 2) return none
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = address
  if (a === 0x2002) return [ipv4At(b, c)]
  if (a === 0x2001 && b === 0) return [ipv4At(c, d), ipv4At(g ^ 0xffff, h ^ 0xffff)]
  if (a === 0x64 && b === 0xff9b && (c | d | e | f) === 0) return [ipv4At(g, h)]
  if ((a | b | c | d) !== 0) return none
  // ::ffff:0:0/96, ::ffff:0:0:0/96 and ::/96; :: and ::1 are addresses of their own.
  const isLast = (e === 0 && (f === 0xffff || (f === 0 && (g !== 0 || h > 1)))) || (e === 0xffff && f === 0)
  return isLast ? [ipv4At(g, h)] : none
}

/**
 * The IPv4 addresses that some network may send packets to instead: ISATAP, and the local NAT64 prefix with all places
 * where RFC 6052 puts an address.
 */
export const mayStandFor = (address: Address): ReadonlyArray<Address> => {
  if (address.length === 2) return none
  const [, , , d = 0, e = 0, f = 0, g = 0, h = 0] = address
  if (hasParts(address, 0, 0x64, 0xff9b, 1)) {
    return [
      ipv4At(d, across(e, f)),
      ipv4At(across(d, 0) | (e & 0xff), f),
      ipv4At(across(e, f), across(f, g)),
      ipv4At(g, h)
    ]
  }
  return f === 0x5efe && (e === 0 || e === 0x200) ? [ipv4At(g, h)] : none
}

const none: ReadonlyArray<Address> = []
