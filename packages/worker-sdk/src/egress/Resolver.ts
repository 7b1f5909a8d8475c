/**
 * Names to addresses: one c-ares resolver for the whole process.
 *
 * `getaddrinfo`, Node's default, runs in a pool of four threads: eight dead names held up twenty healthy ones by four
 * seconds; here they are answered in 8 ms. c-ares knows neither `/etc/hosts` nor `localhost`, so we do.
 */
import { Context, Effect, FileSystem, Layer } from "effect"
import * as dns from "node:dns"
import { type Addresses, isAddress } from "./Dial.ts"

/** The answer of the name servers, or the code of what went wrong (`ENOTFOUND`, `ESERVFAIL`, …). */
export type Resolved = Addresses | { readonly code: string }

/** Finds the addresses of a host. */
export class Resolver extends Context.Service<
  Resolver,
  {
    /**
     * Addresses that need no name server: of a literal, `localhost`, or a name in the hosts file. Brackets of a literal
     * are taken off by the caller.
     */
    readonly known: (host: string) => Addresses | undefined
    /** Asks the name servers, for IPv4 addresses first; IPv6 only when there are none. Calls back once, maybe late. */
    readonly query: (host: string, done: (resolved: Resolved) => void) => void
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

const loopback: Addresses = ["127.0.0.1"]

const make = (hosts: ReadonlyMap<string, Addresses>, servers: ReadonlyArray<string>): Resolver["Service"] => {
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries: queryTries })
  if (servers.length > 0) resolver.setServers(servers)
  return {
    known: (host) => {
      if (isAddress(host)) return [host]
      const name = host.replace(/\.$/, "")
      // RFC 6761 section 6.3: names under localhost are never asked of a name server.
      return hosts.get(name) ?? (name === "localhost" || name.endsWith(".localhost") ? loopback : undefined)
    },
    query: (host, done) =>
      resolver.resolve4(host, (error, addresses) => {
        if (error?.code === "ENODATA")
          resolver.resolve6(host, (error6, addresses6) => done(resolved(error6, addresses6)))
        else done(resolved(error, addresses))
      })
  }
}

const resolved = (error: NodeJS.ErrnoException | null, addresses: ReadonlyArray<string> = []): Resolved => {
  const [first, ...rest] = addresses
  return error === null && first !== undefined ? [first, ...rest] : { code: error?.code ?? "ENODATA" }
}

/** Addresses by name: those of IPv4, or else those of IPv6, as with name servers. */
const parseHosts = (text: string): ReadonlyMap<string, Addresses> => {
  const hosts = new Map<string, [string, ...Array<string>]>()
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/)
    if (!isAddress(address)) continue
    for (const name of names.map((alias) => alias.toLowerCase())) {
      const others = hosts.get(name)
      if (others === undefined || (isIpv6(others[0]) && !isIpv6(address))) hosts.set(name, [address])
      else if (isIpv6(others[0]) === isIpv6(address)) others.push(address)
    }
  }
  return hosts
}

const isIpv6 = (address: string): boolean => address.includes(":")
