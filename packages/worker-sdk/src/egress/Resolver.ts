/**
 * Names to addresses: one c-ares resolver for the whole process.
 *
 * `getaddrinfo`, Node's default, runs in a pool of four threads: eight dead names held up twenty healthy ones by four
 * seconds; here they are answered in 8 ms. c-ares knows neither `/etc/hosts` nor `localhost`, so we do.
 */
import { Context, Effect, FileSystem, Layer } from "effect"
import * as dns from "node:dns"
import type { Addresses } from "./EgressPolicy.ts"
import { canonicalName, endsInNumber, isAddress } from "./HostName.ts"

/**
 * The answer of the name servers, or the code of what went wrong: `ENOTFOUND` (no such name), `ENODATA` (no such
 * address), `ETIMEOUT` (no answer), `EBADNAME` (nothing that can be asked for), `ESERVFAIL` and others (a bad answer).
 */
export type Resolved = Addresses | { readonly code: string }

/** Which addresses are wanted. `any`: those of IPv4, and those of IPv6 when there are none. */
export type Family = "any" | "ipv4" | "ipv6"

/** Where a name server is. */
export interface ServerAddress {
  readonly address: string
  readonly port: number
}

/** Finds the addresses of a host. */
export class Resolver extends Context.Service<
  Resolver,
  {
    /**
     * Addresses that need no name server: of a literal, `localhost`, or a name in the hosts file. Brackets of a literal
     * are taken off by the caller.
     */
    readonly known: (host: string, family?: Family) => Addresses | undefined
    /**
     * Asks the name servers. Calls back once, maybe late: the shared resolver can't give up a single question. A literal
     * is no question: `ENODATA`, if it is of the other family.
     */
    readonly query: (host: string, family: Family, done: (resolved: Resolved) => void) => void
    /** The name servers that are asked, the first one first. */
    readonly servers: () => ReadonlyArray<ServerAddress>
  }
>()("@openseer/worker-sdk/Resolver") {
  /** Asks the system's name servers, or these: `192.0.2.53`, `[2001:db8::53]:5353`. Reads the hosts file once. */
  static readonly layer = (
    options: { readonly servers?: ReadonlyArray<string> } = {}
  ): Layer.Layer<Resolver, never, FileSystem.FileSystem> =>
    Layer.effect(
      Resolver,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const hosts = yield* fs.readFileString(hostsPath).pipe(Effect.orElseSucceed(() => ""))
        return Resolver.of(make(parseHosts(hosts), options.servers ?? []))
      })
    )
}

const hostsPath = "/etc/hosts"

/** The first wait for a name server's answer; c-ares doubles it with each try, past the longest timeout of a run. */
const queryTimeoutMs = 1_000
const queryTries = 7

const make = (hosts: ReadonlyMap<string, ByFamily>, servers: ReadonlyArray<string>): Resolver["Service"] => {
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries: queryTries })
  if (servers.length > 0) resolver.setServers(servers)
  const query4 = (name: string, done: (resolved: Resolved) => void): void =>
    resolver.resolve4(name, (error, addresses) => done(resolved(error, addresses)))
  const query6 = (name: string, done: (resolved: Resolved) => void): void =>
    resolver.resolve6(name, (error, addresses) => done(resolved(error, addresses)))

  return {
    known: (host, family = "any") => {
      if (isAddress(host)) return of(isIpv6(host) ? { ipv6: [host] } : { ipv4: [host] }, family)
      const name = canonicalName(host)
      // RFC 6761 section 6.3: names under localhost are never asked of a name server.
      const isLocal = name === "localhost" || name.endsWith(".localhost")
      const known = hosts.get(name)
      return (known && of(known, family)) ?? (isLocal ? of(loopback, family) : undefined)
    },
    query: (host, family, done) => {
      if (isAddress(host)) return done({ code: "ENODATA" })
      const name = canonicalName(host)
      if (name === "" || name.length > nameLengthMax || endsInNumber(name)) return done({ code: "EBADNAME" })
      if (family === "ipv6") return query6(name, done)
      query4(name, (answer) => {
        if (family === "any" && "code" in answer && answer.code === "ENODATA") query6(name, done)
        else done(answer)
      })
    },
    servers: () => resolver.getServers().map(parseServer)
  }
}

/** As Node writes it: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. */
const parseServer = (text: string): ServerAddress => {
  const [, bracketed, plain, port = "53"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return { address: bracketed ?? plain ?? text, port: Number(port) }
}

/** The longest name (RFC 1035 section 2.3.4), without the dot of the root. */
const nameLengthMax = 253

interface ByFamily {
  readonly ipv4?: Addresses
  readonly ipv6?: Addresses
}

const loopback: ByFamily = { ipv4: ["127.0.0.1"], ipv6: ["::1"] }

const of = ({ ipv4, ipv6 }: ByFamily, family: Family): Addresses | undefined =>
  family === "any" ? (ipv4 ?? ipv6) : family === "ipv4" ? ipv4 : ipv6

const resolved = (error: NodeJS.ErrnoException | null, addresses: ReadonlyArray<string> = []): Resolved => {
  const [first, ...rest] = addresses
  return error === null && first !== undefined ? [first, ...rest] : { code: error?.code ?? "ENODATA" }
}

const parseHosts = (text: string): ReadonlyMap<string, ByFamily> => {
  const hosts = new Map<string, { ipv4?: Addresses; ipv6?: Addresses }>()
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/)
    if (!isAddress(address)) continue
    const family = isIpv6(address) ? "ipv6" : "ipv4"
    for (const name of names.map(canonicalName)) {
      const known = hosts.get(name) ?? {}
      const others = known[family]
      hosts.set(name, { ...known, [family]: others === undefined ? [address] : [...others, address] })
    }
  }
  return hosts
}

const isIpv6 = (address: string): boolean => address.includes(":")
