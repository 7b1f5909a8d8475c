/**
 * Where a check connects to: a name or an address, a port, and the version of IP.
 */
import { Effect, Schema } from "effect"

/** The longest host name (RFC 1035 section 2.3.4), in characters. */
export const hostLengthMax = 253

const hostProblem = (host: string): string | true => {
  if (host === "" || /[\s/?#@\\:%]/.test(host.includes(":") ? host.replaceAll(":", "") : host)) return notAHost
  const ascii = asciiOf(host)
  if (ascii === undefined) return notAHost
  // Forms like 127.1, 0x7f.1 and 2130706433 are addresses to some and names to others: written out, they are one thing.
  if (/^[\d.]+$/.test(ascii) && ascii !== host) return `write the address in full: ${ascii}`
  return true
}

const notAHost = "must be a host name or an IP address, like example.com, 192.0.2.1 or 2001:db8::1"

/** What a URL makes of a host: lower case, and names beyond ASCII by IDNA. Undefined when it is none. */
const asciiOf = (host: string): string | undefined => {
  const text = `http://${host.includes(":") ? `[${host}]` : host}/`
  if (!URL.canParse(text)) return undefined
  const { hostname, host: withPort } = new URL(text)
  return hostname !== withPort || hostname === "" ? undefined : hostname.replace(/^\[|\]$/g, "")
}

/** A host name or an IP address without brackets, as an author writes it. */
export const Host = Schema.String.check(Schema.makeFilter(hostProblem), Schema.isMaxLength(hostLengthMax)).annotate({
  identifier: "Host",
  description: "A host name or an IP address, without brackets: example.com, 192.0.2.1, 2001:db8::1"
})

/** A host as it is resolved and dialled: in lower case, names beyond ASCII by IDNA. */
export const toAscii = (host: string): string => asciiOf(host) ?? host

/** A host as it stands in a URL: IPv6 addresses in brackets. */
export const toUrlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host)

/** A TCP or UDP port. */
export const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })).annotate({
  identifier: "Port",
  description: "1 to 65535"
})

/** Which addresses of a name may be used. `any`: IPv4 when there is one, else IPv6. */
export const IpFamily = Schema.Literals(["any", "ipv4", "ipv6"])
  .annotate({ identifier: "IpFamily", description: "any: IPv4 when the name has one, else IPv6" })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("any" as const)))
export type IpFamily = "any" | "ipv4" | "ipv6"
