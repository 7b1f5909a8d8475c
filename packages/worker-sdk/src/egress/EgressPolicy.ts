/**
 * Which hosts, addresses and ports a check may reach: a judgement without IO, made where the socket is opened.
 *
 * What counts, in this order: metadata services are always denied, whatever the operator opens, for what they hand out
 * are the machine's own credentials; then the operator's rules that deny; then those that allow; then the default, which
 * is every global unicast address by the IANA registries but those of the worker's own machine. A monitor's author can
 * change none of it.
 *
 * All answers of a name are judged and one that is denied denies all, so that nothing depends on which is dialled. A rule
 * that allows a name opens whatever it resolves to: who controls that name's DNS chooses the address. It is the judged
 * answer that is dialled, so that no other answer can take its place afterwards.
 */
import { type Address, formatIpv4, mayStandFor, parseAddress, standsFor } from "./Address.ts"
import * as EgressRule from "./EgressRule.ts"
import { canonicalName } from "./HostName.ts"
import { OwnAddresses } from "./OwnAddresses.ts"
import { NameSet, RangeSet } from "./RuleSet.ts"
import { globalUnicast, metadataNames, metadataRanges, portsNotForHttp, specialRanges } from "./SpecialPurpose.ts"

/** All addresses of a host, at least one. */
export type Addresses = readonly [string, ...Array<string>]

/** What is spoken. `http` is also for WebSocket and gRPC: what lets an author send lines to a port of another protocol. */
export type Purpose = "http" | "tcp" | "dns" | "icmp"

/** Where a check wants to go. */
export interface Destination {
  /** As the author wrote it: a name, or an address without brackets. */
  readonly host: string
  /** All answers for the host: all are judged, the first is dialled. */
  readonly addresses: Addresses
  /** Of ICMP, which has none, 1 or any other. */
  readonly port: number
  readonly purpose: Purpose
  /** The worker's own configuration names it, like its name servers, and no spec: it is not judged when it is dialled. */
  readonly isOwn?: boolean
}

/** A destination of which maybe no address is known: a proxy will look its name up. */
export type Unresolved = Omit<Destination, "addresses"> & { readonly addresses: ReadonlyArray<string> }

/** A judge of destinations. */
export interface EgressPolicy {
  /**
   * Why this must not be dialled, as a sentence; undefined when it may. Addresses are spelled as a resolver or `URL`
   * does: four decimal parts, or IPv6. Any other spelling is denied.
   */
  readonly denial: (destination: Unresolved) => string | undefined
}

/** What an operator opens and closes. See {@link EgressRule}. */
export interface EgressRules {
  readonly allow?: ReadonlyArray<string>
  readonly deny?: ReadonlyArray<string>
}

/** Opens everything: for who aims at targets from their own machine. Metadata services stay denied. */
export const everything: ReadonlyArray<string> = ["*"]

/**
 * The policy of these rules. What a rule allows, it allows with all ports, unless it names one. Throws of a rule that
 * can't be read.
 *
 * @example
 * ```ts
 * import { EgressPolicy } from "@openseer/worker-sdk"
 *
 * const policy = EgressPolicy.make({ allow: ["10.1.0.0/16", "*.corp.example:443"], deny: ["*:25"] })
 * policy.denial({ host: "10.1.2.3", addresses: ["10.1.2.3"], port: 443, purpose: "tcp" }) // undefined
 * policy.denial({ host: "10.2.0.1", addresses: ["10.2.0.1"], port: 443, purpose: "tcp" }) // "10.2.0.1 is a private …"
 * ```
 */
export const make = ({ allow = [], deny = [] }: EgressRules = {}, own = new OwnAddresses()): EgressPolicy => {
  const metadata = compile([...metadataRanges, ...metadataNames])
  const denied = compile(deny)
  const allowed = compile(allow)

  /** What is wrong with an address, as a clause. `isOpen` when the name it came from is allowed. */
  const faultOf = (address: Address, port: number, purpose: Purpose, isOpen: boolean): string | undefined => {
    const equals = standsFor(address)
    const likely = equals.length > 0 ? equals : mayStandFor(address)
    if (hasAny(metadata.ranges, address, likely, port))
      return "is the address of a metadata service, which is never allowed"
    if (hasAny(denied.ranges, address, likely, port)) return "is denied by a rule in OPENSEER_EGRESS_DENY"
    if (equals.length === 0) {
      if (isOpen || allowed.ranges.has(address, port)) return undefined
      const closed = faultByDefault(address, port, purpose)
      if (closed !== undefined) return closed
    }
    for (const other of likely) {
      const fault = faultOf(other, port, purpose, isOpen)
      if (fault !== undefined) return `stands for ${formatIpv4(other)}, which ${fault}`
    }
    return undefined
  }

  const faultByDefault = (address: Address, port: number, purpose: Purpose): string | undefined => {
    const isOwn = own.ranges.has(address, port)
    if (isOwn && allowed.hasSelf(port)) return undefined
    const kind = kindOf(address) ?? (isOwn ? "an address of the worker's own machine" : undefined)
    if (kind !== undefined) return `is ${kind}, which the operator of the worker can open with OPENSEER_EGRESS_ALLOW`
    return purpose === "http" && portsNotForHttp.has(port)
      ? `must not be reached on port ${port}, which is not for HTTP`
      : undefined
  }

  return {
    denial: ({ addresses, host, port, purpose }) => {
      if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${host} has no port ${port}`
      const name = canonicalName(host)
      if (metadata.names.has(name, port)) return `${host} is the name of a metadata service, which is never allowed`
      if (denied.names.has(name, port)) return `${host} is denied by a rule in OPENSEER_EGRESS_DENY`
      const isOpen = allowed.names.has(name, port)
      for (const text of addresses) {
        const address = parseAddress(text)
        const fault = address === undefined ? "is not an IP address" : faultOf(address, port, purpose, isOpen)
        if (fault !== undefined) return `${text} ${fault}`
      }
      return undefined
    }
  }
}

/** Rules in the form in which they are asked. */
interface Compiled {
  readonly ranges: RangeSet
  readonly names: NameSet
  readonly hasSelf: (port: number) => boolean
}

const compile = (rules: ReadonlyArray<string>): Compiled => {
  const compiled = { ranges: new RangeSet(), names: new NameSet() }
  const selfPorts = new Set<number | undefined>()
  for (const text of rules) {
    const rule = EgressRule.parse(text)
    if ("problem" in rule) throw new TypeError(`${JSON.stringify(text)} is not a rule of egress: ${rule.problem}`)
    if (rule.kind === "range") compiled.ranges.add(rule.base, rule.prefix, rule.port)
    else if (rule.kind === "name") compiled.names.add(rule.name, rule.isSuffix, rule.port)
    else if (rule.kind === "self") selfPorts.add(rule.port)
    else {
      compiled.ranges.add([0, 0], 0, rule.port)
      compiled.ranges.add([0, 0, 0, 0, 0, 0, 0, 0], 0, rule.port)
    }
  }
  return { ...compiled, hasSelf: (port) => selfPorts.has(undefined) || selfPorts.has(port) }
}

const hasAny = (ranges: RangeSet, address: Address, others: ReadonlyArray<Address>, port: number): boolean =>
  ranges.has(address, port) || others.some((other) => ranges.has(other, port))

/** What an address is for, when that is nothing that a check may reach by default. */
const kindOf = (address: Address): string | undefined => {
  for (const { kind, ranges } of special) if (ranges.has(address, anyPort)) return kind
  return address.length === 2 || global.has(address, anyPort) ? undefined : "a reserved address"
}

const anyPort = 1

const special = specialRanges.map(([kind, ...rules]) => ({ kind, ranges: compile(rules).ranges }))
const global = compile([globalUnicast]).ranges
