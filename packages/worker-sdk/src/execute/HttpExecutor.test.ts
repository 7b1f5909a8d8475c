import { assert, describe, it } from "@effect/vitest"
import type { Judgement } from "@openseer/core"
import { DateTime, Deferred, Effect, Fiber, Layer } from "effect"
import type { IncomingHttpHeaders } from "node:http"
import { connect, type Socket } from "node:net"
import { OpenSocket } from "../egress/Dial.ts"
import * as Egress from "../egress/Egress.ts"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { authority, bestOf, isClose, localhost, run, runWith } from "../testing/HttpChecks.ts"
import { outcomeOf, sumOf } from "../testing/LoopbackRun.ts"
import * as NameServer from "../testing/NameServer.ts"
import { version } from "../Version.ts"

const die = (): never => {
  throw new TypeError("a secret")
}

describe("phases", () => {
  it.live("of a plain request match injected delays, and add up to the total", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1"], delayMs: 25 }))
      const target = yield* HostileTargets.slow({ ttfbMs: 50, downloadMs: 40 })
      const passed = yield* bestOf(
        15,
        run({ url: `http://target.test:${target.port}/` }, { nameServers: [names.address] }).pipe(
          Effect.map(({ observation, outcome }) => {
            assert.strictEqual(outcome, "up")
            const { phases, totalUs } = observation!
            assert.strictEqual(sumOf(phases), totalUs)
            assert.strictEqual(phases.tlsUs, 0)
            assert.strictEqual(observation!.sizeBytes, 1_024)
            assert.strictEqual(observation!.address, "127.0.0.1")
            assert.strictEqual(observation!.protocol, "HTTP/1.1")
            return (
              isClose(phases.dnsUs, 25) &&
              isClose(phases.connectUs, 0) &&
              isClose(phases.ttfbUs, 50) &&
              isClose(phases.downloadUs, 40)
            )
          })
        )
      )
      assert.isTrue(passed)
    })
  )

  it.live("of a request over TLS match injected delays, and the certificate is summarised", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.slowTls({ tlsMs: 30, ttfbMs: 50, downloadMs: 40 }, localhost)
      const passed = yield* bestOf(
        15,
        run({ url: `https://localhost:${target.port}/` }).pipe(
          Effect.map(({ observation, outcome }) => {
            assert.strictEqual(outcome, "up")
            const { phases, tls, totalUs } = observation!
            const certificate = tls?.chain[0]
            assert.strictEqual(sumOf(phases), totalUs)
            assert.strictEqual(phases.dnsUs, 0)
            assert.strictEqual(observation!.protocol, "HTTP/1.1")
            assert.strictEqual(certificate!.subject, "localhost")
            assert.strictEqual(certificate!.issuer, "OpenSeer Test Authority")
            assert.isAbove(DateTime.toEpochMillis(certificate!.validTo), Date.now())
            // Both ends of the handshake compute in this process.
            return phases.tlsUs > 29_000 && phases.tlsUs < 38_000 && isClose(phases.ttfbUs, 50)
          })
        )
      )
      assert.isTrue(passed)
    })
  )

  it.live("are summed over redirects, gaps between hops included", () =>
    Effect.gen(function* () {
      const last = yield* HostileTargets.slow({ ttfbMs: 30, downloadMs: 10 })
      const first = yield* HostileTargets.http((_, response) => {
        setTimeout(() => response.writeHead(301, { location: `${last.url}/end` }).end(), 30)
      })
      const { observation } = yield* run({ url: first.url })
      assert.strictEqual(sumOf(observation!.phases), observation!.totalUs)
      assert.strictEqual(observation!.redirects, 1)
      assert.strictEqual(observation!.statusCode, 200)
      assert.isAbove(observation!.phases.ttfbUs, 58_000)
    })
  )

  it.live("come with an error bound that a busy event loop raises", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => {
        response.end("ok")
        // Reads the answer 60 ms after it was there.
        setImmediate(() => {
          const until = performance.now() + 60
          while (performance.now() < until);
        })
      })
      const busy = yield* run({ url: target.url })
      assert.isAbove(busy.errorBoundUs, 55_000)
      assert.isAtMost(busy.errorBoundUs, busy.observation!.totalUs)
      const calm = yield* HostileTargets.slow({ ttfbMs: 100, downloadMs: 100 })
      const { errorBoundUs } = yield* run({ url: calm.url })
      assert.isBelow(errorBoundUs, 40_000)
    })
  )
})

const failsAs = (
  what: string,
  expected: string,
  target: ReturnType<typeof HostileTargets.raw> | typeof HostileTargets.refusing
) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { url } = yield* target
      const result = yield* run({ url })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

describe("a failing target", () => {
  failsAs("refuses", "down connection_refused", HostileTargets.refusing)
  failsAs("resets before the answer", "down connection_reset", HostileTargets.resetting("head"))
  failsAs("resets in the body", "down connection_reset", HostileTargets.resetting("body"))
  failsAs("closes without an answer", "down connection_reset", HostileTargets.answering(""))
  failsAs(
    "closes in the middle of the headers",
    "down connection_reset",
    HostileTargets.answering("HTTP/1.1 200 OK\r\nx-")
  )
  failsAs("closes in the middle of the body", "down body_incomplete", HostileTargets.closingEarly)
  failsAs("ends a chunked body early", "down body_incomplete", answer("transfer-encoding: chunked\r\n\r\n5\r\nhel"))
  failsAs(
    "speaks another protocol",
    "down protocol_error",
    HostileTargets.raw((socket) => socket.write("SSH-2.0-x\r\n"))
  )
  failsAs("answers noise", "down protocol_error", HostileTargets.answering(Buffer.from([0, 1, 2, 255, 254, 13, 10])))
  failsAs("sends a NUL in a header", "down protocol_error", answer("x-nul: a\0b\r\n\r\n"))
  failsAs(
    "frames its body twice",
    "down protocol_error",
    answer("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
  )
  failsAs(
    "switches protocols",
    "down protocol_error",
    HostileTargets.answering("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")
  )
  failsAs(
    "floods with informational responses",
    "down protocol_error",
    HostileTargets.answering(`${"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(50)}HTTP/1.1 200 OK\r\n\r\n`)
  )
  failsAs("sends one large header", "down headers_too_large", answer(`x-large: ${"a".repeat(64_000)}\r\n\r\n`))
  failsAs("sends 20,000 headers", "down headers_too_large", answer(`${"x-many: 1\r\n".repeat(20_000)}\r\n`))
  failsAs(
    "answers 503",
    "down status",
    HostileTargets.http((_, response) => response.writeHead(503).end())
  )

  it.live("that has no name is dns_not_found, one whose name servers fail is dns_failed", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make((name) => (name === "broken.test" ? "servfail" : "nxdomain"))
      const result = (url: string) => run({ url }, { nameServers: [names.address] })
      assert.strictEqual(outcomeOf(yield* result("http://gone.test/")), "down dns_not_found")
      assert.strictEqual(outcomeOf(yield* result("http://broken.test/")), "down dns_failed")
    })
  )

  it.live("whose body has no end is truncated at a mebibyte, and not down", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.endless
      const { observation, outcome } = yield* run({ url })
      assert.strictEqual(outcome, "up")
      assert.isTrue(observation!.truncated)
      assert.strictEqual(observation!.sizeBytes!, 1_048_576)
      assert.isBelow(observation!.wireBytes!, 2 * 1_048_576)
    })
  )
})

describe("the deadline", () => {
  const timeoutMs = 150

  const inTime = ({ message, observation, ...judged }: Judgement.Judgement, reason: string, what: string) => {
    assert.strictEqual(outcomeOf(judged), `down ${reason}`)
    assert.strictEqual(message, `${what} after ${timeoutMs} ms, the timeout of the check`)
    assert.isAtLeast(observation!.totalUs, (timeoutMs - 1) * 1_000)
    assert.isBelow(observation!.totalUs, (timeoutMs + 250) * 1_000)
    assert.strictEqual(sumOf(observation!.phases), observation!.totalUs)
  }

  it.live("holds in DNS, when no name server answers", () =>
    Effect.gen(function* () {
      const names = yield* NameServer.make(() => "silence")
      inTime(
        yield* run({ url: "http://mute.test/" }, { nameServers: [names.address], timeoutMs }),
        "dns_timeout",
        "no name server had answered"
      )
    })
  )

  it.live("holds in TLS, when nobody shakes hands", () =>
    Effect.gen(function* () {
      const { port } = yield* HostileTargets.silent
      inTime(
        yield* run({ url: `https://127.0.0.1:${port}/` }, { timeoutMs }),
        "tls_timeout",
        "the TLS handshake was not over"
      )
    })
  )

  it.live("holds when nothing is answered", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.silent
      inTime(yield* run({ url }, { timeoutMs }), "response_timeout", "the answer had not begun")
    })
  )

  it.live("holds when headers and bodies drip", () =>
    Effect.gen(function* () {
      for (const what of ["head", "body"] as const) {
        const { url } = yield* HostileTargets.dripping(what, 20)
        inTime(yield* run({ url }, { timeoutMs }), "download_timeout", "the answer was not complete")
      }
    })
  )

  it.live("holds over all redirects together", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((request, response) => {
        setTimeout(() => response.writeHead(302, { location: `${request.url}a` }).end(), 40)
      })
      inTime(yield* run({ url }, { timeoutMs }), "response_timeout", "the answer had not begun")
    })
  )
})

const isRefused = (what: string, expected: string, tls: () => Parameters<typeof HostileTargets.http>[1]) =>
  it.live(`${what} is ${expected}, and nothing is sent`, () =>
    Effect.gen(function* () {
      let requests = 0
      const target = yield* HostileTargets.http((_, response) => (requests++, response.end()), tls())
      const result = yield* run({ url: `https://localhost:${target.port}/` })
      assert.strictEqual(outcomeOf(result), expected)
      assert.strictEqual(requests, 0)
    })
  )

describe("TLS", () => {
  isRefused("an expired certificate", "down certificate_expired", () =>
    authority.issue({ names: ["localhost"], validTo: new Date(Date.now() - 60_000) })
  )
  isRefused("a certificate for another name", "down certificate_wrong_name", () =>
    authority.issue({ names: ["other.test"] })
  )
  isRefused("a certificate for a wildcard of another depth", "down certificate_wrong_name", () =>
    authority.issue({ names: ["*.localhost"] })
  )
  isRefused("a certificate of an unknown authority", "down certificate_untrusted", () =>
    makeAuthority().issue({ names: ["localhost"] })
  )
  isRefused("a version below 1.2", "down tls_failed", () => ({
    ...localhost,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0"
  }))

  it.live("of a failing certificate is still described", () =>
    Effect.gen(function* () {
      const validTo = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 60_000)
      const target = yield* HostileTargets.http(
        (_, response) => response.end(),
        authority.issue({ names: ["localhost"], validTo })
      )
      const { observation } = yield* run({ url: `https://localhost:${target.port}/` })
      assert.deepStrictEqual(DateTime.toDateUtc(observation!.tls!.chain[0]!.validTo), validTo)
    })
  )

  it.live("of an address is checked against the certificate's addresses", () =>
    Effect.gen(function* () {
      const good = yield* HostileTargets.http((_, response) => response.end(), localhost)
      assert.strictEqual((yield* run({ url: `https://127.0.0.1:${good.port}/` })).outcome, "up")
      const names = authority.issue({ names: ["127.0.0.1"] })
      const bad = yield* HostileTargets.http((_, response) => response.end(), names)
      assert.strictEqual(
        outcomeOf(yield* run({ url: `https://127.0.0.1:${bad.port}/` })),
        "down certificate_wrong_name"
      )
    })
  )

  it.live("that wants a certificate of ours is tls_failed, though it says so only after the handshake", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end(), { ...localhost, requestCert: true })
      assert.strictEqual(outcomeOf(yield* run({ url: `https://localhost:${target.port}/` })), "down tls_failed")
    })
  )

  it.live("with a server that does not speak it is tls_failed", () =>
    Effect.gen(function* () {
      const plain = yield* HostileTargets.http((_, response) => response.end())
      assert.strictEqual(outcomeOf(yield* run({ url: `https://127.0.0.1:${plain.port}/` })), "down tls_failed")
      const closing = yield* HostileTargets.raw((socket) => socket.end())
      assert.strictEqual(outcomeOf(yield* run({ url: `https://127.0.0.1:${closing.port}/` })), "down tls_failed")
    })
  )
})

describe("egress", () => {
  it.live("is denied by default before anything is dialled", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end())
      for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]) {
        const result = yield* run({ url: `http://${host}:${target.port}/` }, { allow: [] })
        assert.strictEqual(outcomeOf(result), "error egress_denied", host)
      }
      assert.strictEqual(target.connections(), 0)
    })
  )

  it.live("is denied when any of a name's answers is", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end())
      const names = yield* NameServer.make(() => ({ addresses: ["127.0.0.1", "10.0.0.1"] }))
      const result = yield* run({ url: `http://mixed.test:${target.port}/` }, { nameServers: [names.address] })
      assert.strictEqual(outcomeOf(result), "error egress_denied")
      assert.include(result.message, "10.0.0.1 is a private address")
      assert.strictEqual(target.connections(), 0)
    })
  )

  it.live("is denied to a redirect that leads inward", () =>
    Effect.gen(function* () {
      const inner = yield* HostileTargets.http((_, response) => response.end())
      const outer = yield* HostileTargets.redirecting(() => `http://127.0.0.2:${inner.port}/`)
      const result = yield* run({ url: outer.url }, { allow: ["127.0.0.1/32"] })
      assert.strictEqual(outcomeOf(result), "error egress_denied")
      assert.strictEqual(inner.connections(), 0)
    })
  )

  it.live("dials what was judged: a name that moves inward between hops is looked up and denied anew", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.redirecting(() => "/again")
      let questions = 0
      const names = yield* NameServer.make(() => ({ addresses: [++questions === 1 ? "93.184.215.14" : "10.0.0.1"] }))
      const dialled: Array<string | undefined> = []
      // The public address is this test's target.
      const seam = Layer.effect(
        OpenSocket,
        Effect.map(OpenSocket, (opener) => ({
          ...opener,
          tcp: ({ host, port }) => (dialled.push(host), connect(port, "127.0.0.1"))
        }))
      )
      const egress = Egress.layer({ nameServers: [names.address] }).pipe(Layer.provide(seam))
      const result = yield* runWith(egress, { url: `http://rebind.test:${target.port}/` })
      assert.strictEqual(outcomeOf(result), "error egress_denied")
      assert.deepStrictEqual(dialled, ["93.184.215.14"])
      assert.strictEqual(target.connections(), 1)
    })
  )

  it.live("are an error of ours when a handler dies, and leave nothing open", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end(), localhost)
      const sockets: Array<Socket> = []
      const seam = Layer.effect(
        OpenSocket,
        Effect.map(OpenSocket, (opener) => ({
          ...opener,
          tcp: (...options) => {
            const socket = opener.tcp(...options)
            sockets.push(socket)
            return Object.assign(socket, { getProtocol: die })
          }
        }))
      )
      const egress = Egress.layer({ allow: ["127.0.0.0/8"], ca: [authority.ca] }).pipe(Layer.provide(seam))
      const result = yield* runWith(egress, { url: `https://localhost:${target.port}/` })
      assert.strictEqual(outcomeOf(result), "error executor_defect")
      assert.strictEqual(result.message, "the executor died: TypeError")
      assert.deepStrictEqual(
        sockets.map(({ destroyed }) => destroyed),
        [true]
      )
    })
  )
})

describe("redirects", () => {
  interface Seen {
    readonly method: string | undefined
    readonly headers: IncomingHttpHeaders
    readonly body: string
  }

  /** A target that tells what it was asked, and redirects what is not `/end`. */
  const recording = (status: number, location: () => string) => {
    const seen: Array<Seen> = []
    return Effect.map(
      HostileTargets.http((request, response) => {
        let body = ""
        request.on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          seen.push({ method: request.method, headers: request.headers, body })
          if (request.url === "/end") response.end()
          else response.writeHead(status, { location: location() }).end("moved")
        })
      }),
      (target) => ({ ...target, seen })
    )
  }

  const post = {
    method: "POST",
    body: "{}",
    headers: { Authorization: "Bearer s", "X-Api-Key": "s", "Content-Type": "application/json", Accept: "text/plain" }
  }

  it.live("turn a POST into a GET without a body, but not with 307 and 308", () =>
    Effect.gen(function* () {
      for (const [status, method, body] of [
        [301, "GET", ""],
        [302, "GET", ""],
        [303, "GET", ""],
        [307, "POST", "{}"],
        [308, "POST", "{}"]
      ] as const) {
        const { seen, url } = yield* recording(status, () => "/end")
        assert.strictEqual((yield* run({ url, ...post })).outcome, "up")
        assert.deepInclude(seen[1], { method, body }, String(status))
        assert.strictEqual(seen[1]!.headers["content-type"], method === "GET" ? undefined : "application/json")
        assert.strictEqual(seen[1]!.headers.authorization, "Bearer s")
      }
    })
  )

  it.live("leave secrets behind when the origin changes", () =>
    Effect.gen(function* () {
      const other = yield* recording(200, () => "")
      const { seen, url } = yield* recording(307, () => `${other.url}/end`)
      yield* run({ url, ...post })
      assert.strictEqual(seen[0]!.headers["x-api-key"], "s")
      const { accept, authorization, "content-type": contentType, "x-api-key": apiKey } = other.seen[0]!.headers
      assert.deepStrictEqual(
        [accept, contentType, authorization, apiKey],
        ["text/plain", "application/json", undefined, undefined]
      )
    })
  )

  it.live("are followed as far as the spec says, and judged themselves when it says 0", () =>
    Effect.gen(function* () {
      const loop = yield* HostileTargets.redirecting((path) => `${path}a`)
      const tooMany = yield* run({ url: loop.url, redirectsMax: 3 })
      assert.strictEqual(outcomeOf(tooMany), "down too_many_redirects")
      assert.strictEqual(loop.connections(), 4)
      const none = yield* run({ url: loop.url, redirectsMax: 0 })
      assert.deepInclude(none, { outcome: "up" })
      assert.deepInclude(none.observation, { statusCode: 302, redirects: 0 })
    })
  )

  it.live("to what is no plain http URL are redirect_invalid", () =>
    Effect.gen(function* () {
      for (const location of ["file:///etc/passwd", "gopher://127.0.0.1/", "http://a:b@127.0.0.1/", "http://[::1"]) {
        const { url } = yield* HostileTargets.redirecting(() => location)
        assert.strictEqual(outcomeOf(yield* run({ url })), "down redirect_invalid", location)
      }
    })
  )
})

describe("a run", () => {
  it.live("says who it is, asks for plain bytes, and lets the spec say otherwise", () =>
    Effect.gen(function* () {
      const seen: Array<ReadonlyArray<string>> = []
      const { port, url } = yield* HostileTargets.http(
        ({ rawHeaders }, response) => (seen.push(rawHeaders), response.end())
      )
      yield* run({ url })
      yield* run({ url, headers: { "User-Agent": "own" } })
      const own = ["user-agent", `OpenSeer/${version}`, "accept", "*/*", "accept-encoding", "identity"]
      assert.deepStrictEqual(seen[0], ["host", `127.0.0.1:${port}`, ...own, "connection", "close"])
      assert.include(seen[1]!, "own")
      assert.notInclude(seen[1]!, `OpenSeer/${version}`)
    })
  )

  it.live("that is interrupted closes its connection at once", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const accepted = yield* Deferred.make<void>()
      const { url } = yield* HostileTargets.raw((socket) => {
        Deferred.doneUnsafe(accepted, Effect.void)
        socket.resume().once("close", () => Deferred.doneUnsafe(closed, Effect.void))
      })
      const fiber = yield* Effect.forkChild(run({ url }))
      yield* Deferred.await(accepted)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed).pipe(Effect.timeout(1_000))
    })
  )

  it.live("opens a connection of its own each time", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http((_, response) => response.end())
      yield* Effect.repeat(run({ url: target.url }), { times: 4 })
      assert.strictEqual(target.connections(), 5)
    })
  )
})

function answer(rest: string) {
  return HostileTargets.answering(`HTTP/1.1 200 OK\r\n${rest}`)
}
