import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as NameServer from "../testing/NameServer.ts"
import * as StreamTargets from "../testing/StreamTargets.ts"
import { tcpExecutor } from "./TcpExecutor.ts"

const authority = makeAuthority()
const localhost = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

const run = LoopbackRun.of(tcpExecutor, { ca: [authority.ca] })
const { outcomeOf, sumOf } = LoopbackRun

const local = (port: number, more: object = {}) => ({ host: "127.0.0.1", port, ...more })

const bannerAsked = { source: "banner", comparison: "notEmpty", severity: "degraded" } as const

describe("a connection", () => {
  it.live("is all that it takes, and does not wait for a server that speaks first", () =>
    Effect.gen(function* () {
      const { port } = yield* HostileTargets.silent
      const result = yield* run(local(port))
      assert.strictEqual(outcomeOf(result), "up")
      const { address, family, phases, totalUs } = result.observation!
      assert.deepStrictEqual([address, family], ["127.0.0.1", "ipv4"])
      assert.strictEqual(sumOf(phases), totalUs)
      assert.isBelow(totalUs, 1_000_000)
    })
  )

  it.live("of a name is to its address, in the version of IP that was asked for", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1"], delayMs: 20 }))
      const { port } = yield* HostileTargets.silent
      const nameServers = [names.address]
      const result = yield* run({ host: "tcp.test", port }, { nameServers })
      assert.strictEqual(outcomeOf(result), "up")
      assert.isAbove(result.observation!.phases.dnsUs, 18_000)
      const other = yield* run({ host: "tcp.test", port, ipFamily: "ipv6" }, { nameServers })
      assert.strictEqual(outcomeOf(other), "down dns_not_found")
      const literal = yield* run(local(port, { ipFamily: "ipv6" }))
      assert.strictEqual(outcomeOf(literal), "down dns_not_found")
      assert.include(literal.message, "has no IPv6 address")
    })
  )

  it.live("over TLS tells the certificate, and fails by its name for what is wrong", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scriptedTls(localhost, { says: "hello\n" })
      const good = yield* run({ host: "localhost", port, encryption: "tls", dialogue: [{ expect: "hello" }] })
      assert.strictEqual(outcomeOf(good), "up")
      assert.strictEqual(good.observation!.tls!.chain[0]!.subject, "localhost")
      assert.isAbove(good.observation!.phases.tlsUs, 0)
      const wrong = local(port, { encryption: "tls", tls: { serverName: "other.test" } })
      assert.strictEqual(outcomeOf(yield* run(wrong)), "down certificate_wrong_name")
      const anyName = local(port, { encryption: "tls", tls: { serverName: "other.test", verify: "chain" } })
      assert.strictEqual(outcomeOf(yield* run(anyName)), "up")
      const untrusted = local(port, { encryption: "tls" })
      assert.strictEqual(outcomeOf(yield* run(untrusted, { ca: [] })), "down certificate_untrusted")
      const own = local(port, { encryption: "tls", tls: { ca: authority.ca } })
      assert.strictEqual(outcomeOf(yield* run(own, { ca: [] })), "up")
      const anyCertificate = local(port, { encryption: "tls", tls: { verify: "none" } })
      assert.strictEqual(outcomeOf(yield* run(anyCertificate, { ca: [] })), "up")
    })
  )
})

const mail = [
  { says: "220-mail.test\r\n220 ready\r\n" },
  { hears: "EHLO", says: "250-mail.test\r\n250 STARTTLS\r\n" },
  { hears: "QUIT", says: "221 bye\r\n" }
]

describe("a dialogue", () => {
  it.live("goes as written", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scripted(...mail)
      const dialogue = [
        { expect: "^220 " },
        { send: "EHLO me\r\n" },
        { expect: "^250-" },
        { expect: "^250 STARTTLS" },
        { send: { secret: "QUIT\r\n" } },
        { expect: "^221" }
      ]
      const result = yield* run(local(port, { dialogue }))
      assert.strictEqual(outcomeOf(result), "up")
      assert.strictEqual(result.observation!.sizeBytes, 64)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

  it.live("does not depend on how the server's text is cut into packets", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.drippingText("220 a\r\n250 b\r\n", 1)
      const dialogue = [{ expect: "^220" }, { expect: "^250 b" }, { expect: "^220 a" }]
      assert.strictEqual(outcomeOf(yield* run(local(port, { dialogue }))), "up")
    })
  )

  it.live("shakes hands in the middle, and forgets what came in clear", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scripted(
        { says: "220 ready\r\n" },
        { hears: "STARTTLS", says: "220 go\r\n", secures: localhost },
        { hears: "NOOP", says: "250 secure\r\n" }
      )
      const dialogue = [
        { expect: "^220" },
        { send: "STARTTLS\r\n" },
        { expect: "^220 go" },
        { startTls: true },
        { send: "NOOP\r\n" },
        { expect: "^250 secure" }
      ]
      const result = yield* run({ host: "localhost", port, dialogue })
      assert.strictEqual(outcomeOf(result), "up")
      assert.strictEqual(result.observation!.tls!.version, "TLSv1.3")
      assert.isAbove(result.observation!.phases.tlsUs, 0)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
      const untrusted = yield* run({ host: "localhost", port, dialogue }, { ca: [] })
      assert.strictEqual(outcomeOf(untrusted), "down certificate_untrusted")
    })
  )

  it.live("that hears something else fails and shows what, cut and escaped", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.saying(`554 no\u0007\u001b[2J\r\n${"x".repeat(500)}`)
      const result = yield* run(local(port, { dialogue: [{ expect: "^220" }] }))
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, 'expected "^220"')
      assert.include(result.message, '"554 no\\u0007\\u001b[2J\\r\\nxxx')
      assert.include(result.message, "…")
      assert.match(result.observation!.excerpt!, /^554 no/)
    })
  )

  it.live("that hears something else from a server that stays is over at the deadline", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.scripted({ says: "554 no\r\n" })
      const result = yield* run(local(port, { dialogue: [{ expect: "^220" }] }), { timeoutMs: 200 })
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, "within 200 ms")
    })
  )

  it.live("shows no secret that the server sends back, not even a part of one", () =>
    Effect.gen(function* () {
      const secret = "hunter2-".repeat(12)
      const { port } = yield* HostileTargets.raw((socket) => {
        socket.on("data", (chunk) => socket.end(`${"x".repeat(60)}${chunk.toString()} ${"y".repeat(2_000)}${secret}`))
      })
      const dialogue = [{ send: { secret } }, { expect: "^220" }]
      const result = yield* run(local(port, { dialogue }))
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, "xxx***")
      assert.include(result.observation!.excerpt, "xxx***")
      assert.notInclude(JSON.stringify(result), "hunter2")
    })
  )

  it.live("reads no more than it keeps", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.babbling("a".repeat(16_384))
      const result = yield* run(local(port, { dialogue: [{ expect: "never" }] }))
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, "in 65536 characters")
      assert.isBelow(result.observation!.sizeBytes!, 300_000)
    })
  )

  it.live("with a costly pattern leaves most of the time to others", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.drippingText("ab", 0)
      const before = process.cpuUsage()
      const dialogue = [{ expect: "(?:a?){40}(?:[ab]{1,40}c){3}" }]
      const result = yield* run(local(port, { dialogue }), { timeoutMs: 1_000 })
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      const { system, user } = process.cpuUsage(before)
      assert.isBelow(user + system, 700_000)
    })
  )
})

describe("the banner", () => {
  const asked = { assertions: [bannerAsked] }

  it.live("is waited for when an assertion asks for it, up to its line end", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.drippingText("SSH-2.0-x\r\n", 2)
      const result = yield* run(local(port), asked)
      assert.strictEqual(outcomeOf(result), "up")
      const old = { source: "banner", comparison: "matches", expected: "^SSH-1", severity: "down" } as const
      const judged = yield* run(local(port), { assertions: [old] })
      assert.strictEqual(outcomeOf(judged), "down assertion")
      assert.strictEqual(judged.message, 'banner is "SSH-2.0-x\\r\\n", expected to match "^SSH-1"')
    })
  )

  it.live("without a line end is what came until the server fell silent or hung up", () =>
    Effect.gen(function* () {
      const quiet = yield* StreamTargets.scripted({ says: "hello" })
      const { observation } = yield* run(local(quiet.port), asked)
      assert.strictEqual(observation!.sizeBytes, 5)
      assert.isBelow(observation!.totalUs, 100_000)
      const closing = yield* StreamTargets.saying("hi")
      assert.strictEqual((yield* run(local(closing.port), asked)).observation!.sizeBytes, 2)
    })
  )

  it.live("is read up to its limit only", () =>
    Effect.gen(function* () {
      const { port } = yield* StreamTargets.babbling("a".repeat(4_096))
      const result = yield* run(local(port), asked)
      assert.notStrictEqual(result.outcome, "error")
      assert.isBelow(result.observation!.sizeBytes!, 200_000)
    })
  )

  it.live("that never comes is a timeout, or a connection that was closed", () =>
    Effect.gen(function* () {
      const silent = yield* HostileTargets.silent
      assert.strictEqual(
        outcomeOf(yield* run(local(silent.port), { ...asked, timeoutMs: 100 })),
        "down response_timeout"
      )
      const closing = yield* StreamTargets.saying("")
      assert.strictEqual(outcomeOf(yield* run(local(closing.port), asked)), "down connection_reset")
    })
  )
})

const failsAs = (
  what: string,
  expected: string,
  target: ReturnType<typeof HostileTargets.raw> | typeof HostileTargets.refusing,
  more: object = { dialogue: [{ expect: "^220" }] }
) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { port } = yield* target
      const result = yield* run(local(port, more), { timeoutMs: 300 })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

describe("a target", () => {
  const overTls = { encryption: "tls" }
  failsAs("refuses", "down connection_refused", HostileTargets.refusing)
  failsAs("is silent", "down response_timeout", HostileTargets.silent)
  failsAs("is silent before the handshake", "down tls_timeout", HostileTargets.silent, overTls)
  failsAs("resets", "down connection_reset", StreamTargets.resettingAtOnce)
  failsAs("resets after it was spoken to", "down connection_reset", HostileTargets.resetting("head"), {
    dialogue: [{ send: "hello" }, { expect: "." }]
  })
  failsAs("closes without a word", "down connection_reset", StreamTargets.saying(""))
  failsAs("drips noise", "down unexpected_answer", StreamTargets.drippingText("noise", 5))
  failsAs("sends noise", "down unexpected_answer", StreamTargets.saying("\u0000\u00ff\ud800\r\n"))
  failsAs("answers a handshake in clear", "down tls_failed", StreamTargets.saying("HTTP/1.1 400 no\r\n\r\n"), overTls)
  failsAs("closes instead of shaking hands", "down tls_failed", StreamTargets.saying(""), overTls)
})

describe("a run", () => {
  it.live("that is interrupted closes its connection", () =>
    Effect.gen(function* () {
      const accepted = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const { port } = yield* HostileTargets.raw((socket) => {
        socket.resume()
        Deferred.doneUnsafe(accepted, Effect.void)
        socket.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
      })
      const fiber = yield* Effect.forkChild(run(local(port, { dialogue: [{ expect: "x" }] })))
      yield* Deferred.await(accepted)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    })
  )

  it.live("dials nothing that the egress policy denies", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.silent
      for (const allow of [[], ["10.0.0.0/8"]]) {
        const result = yield* run(local(target.port), { allow })
        assert.strictEqual(outcomeOf(result), "error egress_denied")
        assert.include(result.message, "127.0.0.1")
      }
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1", "10.0.0.1"] }))
      const mixed = yield* run({ host: "mixed.test", port: target.port }, { nameServers: [names.address] })
      assert.strictEqual(outcomeOf(mixed), "error egress_denied")
      assert.strictEqual(target.connections(), 0)
    })
  )
})
