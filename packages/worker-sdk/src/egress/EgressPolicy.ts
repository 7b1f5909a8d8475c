/**
 * Which addresses and ports a check may connect to: a pure judgement, made where the socket is opened.
 *
 * Everything that is not a global unicast address by the IANA special-purpose registries is denied. The operator of a
 * worker opens ranges; a monitor's author never can. Addresses of cloud metadata services stay denied whatever the
 * operator opens: what they hand out are the machine's own credentials.
 */
import { Schema } from "effect"
import ipaddr from "ipaddr.js"

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/** An address range in CIDR notation: `10.0.0.0/8`, `fd00::/8`. */
export const Cidr = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      ipaddr.IPv4.isValidCIDRFourPartDecimal(text) ||
      ipaddr.IPv6.isValidCIDR(text) ||
      `${JSON.stringify(text)} is not an address range like 10.0.0.0/8 or fd00::/8`
  )
).annotate({ identifier: "Cidr" })

/** A judge of addresses. */
export interface EgressPolicy {
  /**
   * Why this address and port must not be dialled, as a sentence; undefined when they may. The address is one that a
   * resolver or `URL` wrote: four decimal parts, or IPv6. Any other spelling is denied.
   */
  readonly denial: (address: string, port: number) => string | undefined
}

/** All ranges: for who aims at targets from their own machine. Metadata addresses stay denied. */
export const everything: ReadonlyArray<string> = ["0.0.0.0/0", "::/0"]

/**
 * A policy that allows global unicast addresses and the ranges given. In those, all ports are open.
 *
 * @example
 * ```ts
 * import { EgressPolicy } from "@openseer/worker-sdk"
 *
 * const policy = EgressPolicy.make({ allow: ["10.1.0.0/16"] })
 * policy.denial("10.1.2.3", 443) // undefined
 * policy.denial("10.2.0.1", 443) // "10.2.0.1 is a private address; …"
 * ```
 */
export const make = (options: { readonly allow?: ReadonlyArray<string> } = {}): EgressPolicy => {
  const allowed = { allowed: (options.allow ?? []).map((cidr): Network => ipaddr.parseCIDR(cidr)) }
  const denialOf = (address: Address, port: number): string | undefined => {
    const within = (ranges: Record<string, Array<Network>>) => ipaddr.subnetMatch(address, ranges, "")
    if (within(metadata) !== "") return "is the address of a metadata service, which is never allowed"
    const embedded = embeddedIn(address)
    if (embedded.length > 0) {
      for (const inner of embedded) {
        const denial = denialOf(inner, port)
        if (denial !== undefined) return `stands for ${inner.toString()}, which ${denial}`
      }
      return undefined
    }
    if (within(allowed) !== "") return undefined
    const special = within(specialPurpose)
    const kind =
      special !== "" || address.kind() === "ipv4" || within(globalUnicast) !== "" ? special : "a reserved address"
    if (kind !== "") return `is ${kind}; the operator of the worker can allow its range with OPENSEER_EGRESS_ALLOW`
    return blockedPorts.has(port) ? `must not be reached on port ${port}, which is not for HTTP` : undefined
  }
  return {
    denial: (text, port) => {
      const address = parse(text)
      const denial = address === undefined ? "is not an IP address" : denialOf(address, port)
      return denial === undefined ? undefined : `${text} ${denial}`
    }
  }
}

const parse = (text: string): Address | undefined => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  // A zone id names an interface of this machine: nothing that a target may do.
  return ipaddr.IPv6.isValid(text) && !text.includes("%") ? ipaddr.IPv6.parse(text) : undefined
}

const networks = (...cidrs: ReadonlyArray<string>): Array<Network> => cidrs.map((cidr) => ipaddr.parseCIDR(cidr))

/** AWS, GCP, Azure and most others; ECS and EKS credentials; Azure's wire server; Alibaba; Oracle; AWS and GCP by IPv6. */
const metadata = {
  metadata: networks(
    "169.254.169.254/32",
    "169.254.170.2/32",
    "169.254.170.23/32",
    "168.63.129.16/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "fd00:ec2::254/128",
    "fd00:ec2::23/128",
    "fd20:ce::254/128"
  )
}

/** The registries' ranges that are not globally reachable, and multicast. The first that matches names the address. */
const specialPurpose = {
  "a loopback address": networks("127.0.0.0/8", "::1/128"),
  "a private address": networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
  "a link-local address": networks("169.254.0.0/16", "fe80::/10"),
  "a shared address of a carrier": networks("100.64.0.0/10"),
  "an unspecified address": networks("0.0.0.0/8", "::/128"),
  "a multicast address": networks("224.0.0.0/4", "ff00::/8"),
  "a reserved address": networks(
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20"
  )
}

/** All of IPv6 that has been given out as global unicast; what lies outside is denied. */
const globalUnicast = { global: networks("2000::/3") }

/**
 * The IPv4 addresses that an IPv6 address stands for: mapped, compatible, translated, NAT64, 6to4; for Teredo the server
 * and the client. A gateway on the way would send the packets to them.
 */
const embeddedIn = (address: Address): ReadonlyArray<ipaddr.IPv4> => {
  if (!(address instanceof ipaddr.IPv6)) return []
  const bytes = address.toByteArray()
  const ipv4At = (offset: number, mask = 0) =>
    new ipaddr.IPv4(bytes.slice(offset, offset + 4).map((byte) => byte ^ mask))
  switch (ipaddr.subnetMatch(address, embeddings, "")) {
    case "last":
      return [ipv4At(12)]
    case "6to4":
      return [ipv4At(2)]
    case "teredo":
      return [ipv4At(4), ipv4At(12, 0xff)]
    default:
      return []
  }
}

const embeddings = {
  // Inside the compatible range, but addresses of their own.
  none: networks("::/128", "::1/128"),
  last: networks("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96"),
  "6to4": networks("2002::/16"),
  teredo: networks("2001::/32")
}

/**
 * The ports that browsers refuse (WHATWG Fetch, "port blocking"): other protocols live there, and some of them obey
 * commands that come as lines of an HTTP request.
 */
const blockedPorts = new Set(
  [
    "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117",
    "119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601",
    "636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679",
    "6697 10080"
  ].flatMap((ports) => ports.split(" ").map(Number))
)
