/**
 * The built-in `dns` check type: one question to one name server.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { Host, IpFamily, Port, toUrlHost } from "./Host.ts"

/** The types of records that can be asked for. */
export const RecordType = Schema.Literals([
  "A",
  "AAAA",
  "CNAME",
  "MX",
  "NS",
  "TXT",
  "SOA",
  "SRV",
  "CAA",
  "PTR"
]).annotate({ identifier: "RecordType" })
export type RecordType = typeof RecordType.Type

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
const domainName = new RegExp(`^(?:\\.|${label}(?:\\.${label})*\\.?)$`, "i")

/** A domain name in ASCII (RFC 1035 section 2.3.4): labels of at most 63 characters, underscores allowed. */
export const DomainName = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      domainName.test(text) || "must be a domain name like example.com; beyond ASCII in its form with xn--"
  ),
  Schema.isMaxLength(254)
).annotate({ identifier: "DomainName", description: "The name to ask for" })

/** A name server, by name or address. */
export const NameServerAddress = Schema.Struct({
  host: Host,
  port: Port.pipe(Schema.withDecodingDefaultKey(Effect.succeed(53)))
}).annotate({ identifier: "NameServerAddress" })

/**
 * What a `dns` check asks. Without `server`, the first name server of the worker's system. `recursion` off asks an
 * authoritative server for what it knows itself. The question is asked once: over UDP, a lost packet is a `dns_timeout`.
 * An answer that does not fit UDP is asked for again over TCP.
 */
export const DnsSpec = Schema.Struct({
  name: DomainName,
  type: RecordType.annotate({ description: "The type of records to ask for" }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("A" as const))
  ),
  server: Schema.optionalKey(
    NameServerAddress.annotate({ description: "Whom to ask; without it, the worker's own name server" })
  ),
  transport: Schema.Literals(["udp", "tcp"])
    .annotate({ description: "udp goes on over TCP when the answer does not fit" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("udp" as const))),
  recursion: Schema.Boolean.annotate({
    description: "false asks an authoritative server for what it knows itself"
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  ipFamily: IpFamily
}).annotate({ identifier: "DnsSpec" })
export type DnsSpec = typeof DnsSpec.Type

/**
 * The `dns` check type. Without assertions of its own, a monitor is up when the answer is NOERROR with a record. Aliases
 * (CNAME) without a record of the type that was asked for are no answer: they stand in `detail.aliases`. `detail` also has
 * `transport` and `authoritative`.
 */
export const DnsCheck = CheckType.make({
  kind: "dns",
  version: 1,
  title: "DNS",
  description: "One question to a name server: response code and answers.",
  spec: DnsSpec,
  example: { name: "example.com", type: "MX", server: { host: "192.0.2.53" } },
  target: ({ name, server, type }) =>
    `${type} ${name}${server === undefined ? "" : ` @${toUrlHost(server.host)}${server.port === 53 ? "" : `:${server.port}`}`}`,
  sources: ["dnsAnswers", "dnsRcode", "address"],
  defaultAssertions: [
    { source: "dnsRcode", comparison: "equals", expected: "NOERROR", severity: "down" },
    { source: "dnsAnswers", comparison: "notEmpty", severity: "down" }
  ]
})
