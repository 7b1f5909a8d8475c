import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { TLSSocket } from "node:tls"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { authority, localhost, observe, run } from "../testing/HttpChecks.ts"
import { outcomeOf } from "../testing/LoopbackRun.ts"
import * as NameServer from "../testing/NameServer.ts"

const dayMs = 86_400_000

const answering = (tls: Parameters<typeof HostileTargets.http>[1]) =>
  HostileTargets.http((_, response) => response.end(), tls)

const message = (pair: typeof localhost) =>
  Effect.gen(function* () {
    const { port } = yield* answering(pair)
    return (yield* run({ url: `https://localhost:${port}/` })).message
  })

describe("TLS settings", () => {
  const stranger = makeAuthority("Another Authority")
  it.live("verify chain and name, or only the chain, or nothing", () =>
    Effect.gen(function* () {
      const good = localhost
      const otherName = authority.issue({ names: ["other.test"] })
      const expired = authority.issue({ names: ["localhost"], validTo: new Date(Date.now() - 60_000) })
      const strange = stranger.issue({ names: ["localhost"] })
      for (const [pair, full, chain] of [
        [good, "up", "up"],
        [otherName, "down certificate_wrong_name", "up"],
        [expired, "down certificate_expired", "down certificate_expired"],
        [strange, "down certificate_untrusted", "down certificate_untrusted"]
      ] as const) {
        const { port } = yield* answering(pair)
        const result = (verify: string) => run({ url: `https://localhost:${port}/`, tls: { verify } })
        assert.strictEqual(outcomeOf(yield* result("full")), full)
        assert.strictEqual(outcomeOf(yield* result("chain")), chain)
        const none = yield* result("none")
        assert.strictEqual(outcomeOf(none), "up")
        assert.lengthOf(none.observation!.tls!.chain[0]!.fingerprint256, 95)
      }
    })
  )

  it.live("trust authorities of the spec's own besides the usual ones", () =>
    Effect.gen(function* () {
      const own = yield* answering(stranger.issue({ names: ["localhost"] }))
      const usual = yield* answering(localhost)
      for (const { port } of [own, usual]) {
        const url = `https://localhost:${port}/`
        assert.strictEqual(outcomeOf(yield* run({ url, tls: { ca: stranger.ca } })), "up")
      }
    })
  )

  it.live("name the server to ask for and to verify", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const target = yield* HostileTargets.http(
        (request, response) => {
          asked.push((request.socket as TLSSocket & { readonly servername: string }).servername)
          response.end(request.headers.host)
        },
        authority.issue({ names: ["inner.test"] })
      )
      const url = `https://127.0.0.1:${target.port}/`
      assert.strictEqual(outcomeOf(yield* run({ url })), "down certificate_wrong_name")
      const observed = yield* observe({ url, tls: { serverName: "inner.test" } }, "body")
      assert.deepStrictEqual(asked, ["inner.test"])
      assert.strictEqual(observed.content!.body, `127.0.0.1:${target.port}`)
    })
  )

  it.live("present a certificate of ours, and none to another origin", () =>
    Effect.gen(function* () {
      const client = authority.issue({ names: ["check.test"] })
      const seen: Array<string | undefined> = []
      const asking = { ...localhost, requestCert: true, ca: authority.ca }
      const other = yield* HostileTargets.http(
        ({ socket }, response) => {
          seen.push((socket as TLSSocket).getPeerX509Certificate()?.subject)
          response.end()
        },
        { ...asking, rejectUnauthorized: false }
      )
      const target = yield* HostileTargets.http(
        ({ socket }, response) => {
          seen.push((socket as TLSSocket).getPeerX509Certificate()?.subject)
          response.writeHead(302, { location: `https://localhost:${other.port}/` }).end()
        },
        { ...asking, rejectUnauthorized: true }
      )
      const clientCertificate = { certificate: client.cert, key: { secret: client.key } }
      const url = `https://localhost:${target.port}/`
      const result = yield* run({ url, tls: { clientCertificate } })
      assert.strictEqual(outcomeOf(result), "up", result.message)
      assert.deepStrictEqual(seen, ["CN=check.test", undefined])
      assert.strictEqual(outcomeOf(yield* run({ url })), "down tls_failed")
    })
  )

  it.live("with a key that is none are an error of the spec's, not of the target", () =>
    Effect.gen(function* () {
      const { url } = yield* answering(localhost)
      const clientCertificate = { certificate: localhost.cert, key: { secret: "no key" } }
      assert.strictEqual(outcomeOf(yield* run({ url, tls: { clientCertificate } })), "error invalid_spec")
    })
  )

  it.live("demand TLS 1.3, or hybrid key exchange", () =>
    Effect.gen(function* () {
      const old = yield* answering({ ...localhost, maxVersion: "TLSv1.2" })
      assert.strictEqual((yield* observe({ url: old.url })).tls!.version, "TLSv1.2")
      assert.strictEqual(outcomeOf(yield* run({ url: old.url, tls: { minVersion: "TLSv1.3" } })), "down tls_failed")
      const hybridOnly = yield* answering({ ...localhost, ecdhCurve: "X25519MLKEM768" })
      assert.strictEqual(outcomeOf(yield* run({ url: hybridOnly.url })), "down tls_failed")
      assert.strictEqual(outcomeOf(yield* run({ url: hybridOnly.url, tls: { keyExchange: "hybrid" } })), "up")
    })
  )

  it.live("tell a certificate of tomorrow from one of yesterday", () =>
    Effect.gen(function* () {
      const at = new Date(Math.floor(Date.now() / 1_000) * 1_000 + dayMs)
      const { port } = yield* answering(authority.issue({ names: ["localhost"], validFrom: at }))
      const result = yield* run({ url: `https://localhost:${port}/` })
      assert.strictEqual(outcomeOf(result), "down certificate_not_yet_valid")
      assert.strictEqual(result.message, `the certificate is not valid yet: ${at.toISOString().replace(".000Z", "Z")}`)
    })
  )

  it.live("say whom a wrong certificate is for, and why one is not trusted", () =>
    Effect.gen(function* () {
      const names = ["a.test", "b.test", "c.test", "d.test"]
      assert.strictEqual(
        yield* message(authority.issue({ names })),
        "the certificate is not for localhost, but for a.test, b.test, c.test and others"
      )
      assert.include(yield* message(stranger.issue({ names: ["localhost"] })), "its issuer is not known")
    })
  )

  it.live("bound the chain that a server presents", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.endlessChain(authority)
      assert.strictEqual(outcomeOf(yield* run({ url })), "down tls_failed")
    })
  )
})

describe("the IP family", () => {
  it.live("of the spec is the one that is used", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end())
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1"] }))
      const result = (ipFamily: string) =>
        run({ url: `http://four.test:${target.port}/`, ipFamily }, { nameServers: [names.address] })
      const four = yield* result("ipv4")
      assert.deepInclude(four.observation, { address: "127.0.0.1", family: "ipv4" })
      const six = yield* result("ipv6")
      assert.strictEqual(outcomeOf(six), "down dns_not_found")
      assert.strictEqual(six.message, "four.test has no IPv6 address")
      assert.strictEqual(
        outcomeOf(yield* run({ url: `http://127.0.0.1:${target.port}/`, ipFamily: "ipv6" })),
        "down dns_not_found"
      )
    })
  )
})

const expires = (what: string, phase: string, reason: string, target: ReturnType<typeof HostileTargets.raw>) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const { port } = yield* target
      const scheme = phase === "tls" ? "https" : "http"
      const result = yield* run({ url: `${scheme}://127.0.0.1:${port}/`, phaseTimeoutsMs: { [phase]: 80 } })
      assert.strictEqual(outcomeOf(result), `down ${reason}`)
      assert.match(result.message ?? "", /after 80 ms, the limit for this phase$/)
      assert.isBelow(result.observation!.totalUs, 1_000_000)
    })
  )

describe("a limit for one phase", () => {
  expires("ends a handshake", "tls", "tls_timeout", HostileTargets.silent)
  expires("ends the wait for an answer", "ttfb", "response_timeout", HostileTargets.silent)
  expires("ends a download", "download", "download_timeout", HostileTargets.dripping("body", 20))

  it.live("ends a lookup", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make(() => "silence")
      const options = { nameServers: [names.address] }
      const result = yield* run({ url: "http://mute.test/", phaseTimeoutsMs: { dns: 80 } }, options)
      assert.strictEqual(outcomeOf(result), "down dns_timeout")
    })
  )

  it.live("does not count other phases, nor other hops", () =>
    Effect.gen(function* () {
      const slow = yield* HostileTargets.slow({ ttfbMs: 60, downloadMs: 300 })
      const first = yield* HostileTargets.http((_, response) => {
        setTimeout(() => response.writeHead(302, { location: slow.url }).end(), 200)
      })
      const phaseTimeoutsMs = { connect: 5_000, ttfb: 290, download: 5_000 }
      assert.strictEqual(outcomeOf(yield* run({ url: first.url, phaseTimeoutsMs })), "up")
    })
  )
})
