import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createSecureServer } from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import type { KeyPair } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { authority, bestOf, localhost, run } from "../testing/HttpChecks.ts"
import { outcomeOf, sumOf } from "../testing/LoopbackRun.ts"

interface Proxy {
  readonly url: string
  readonly asked: ReadonlyArray<Pick<IncomingMessage, "url" | "headers">>
}

/** Answers CONNECT as it likes. */
const proxy = (
  onConnect: (request: IncomingMessage, socket: Socket) => void,
  tls?: KeyPair
): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Proxy & { readonly close: Effect.Effect<void> }>((resume) => {
      const asked: Array<IncomingMessage> = []
      const sockets = new Set<Socket>()
      const server = tls === undefined ? createServer() : createSecureServer(tls)
      server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})))
      server.on("connect", (request, socket: Socket) => {
        asked.push(request)
        socket.on("error", () => {})
        onConnect(request, socket)
      })
      const close = Effect.callback<void>((closed) => {
        server.close(() => closed(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ url: `${tls ? "https" : "http"}://127.0.0.1:${port}`, asked, close }))
      })
    }),
    ({ close }) => close
  )

/** Opens a way to a port of this machine, whatever name was asked for. */
const open =
  (port: number, afterMs = 0) =>
  (_: IncomingMessage, socket: Socket) => {
    const target = connect(port, "127.0.0.1", () =>
      setTimeout(() => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        target.pipe(socket).pipe(target)
      }, afterMs)
    )
    target.on("error", () => socket.destroy())
  }

/** Proxy, relay and both ends compute in this process: a few milliseconds are theirs. */
const isBetween = (us: number, fromMs: number, toMs: number): boolean => us > fromMs * 1_000 && us < toMs * 1_000

const ok = (tls?: KeyPair) => HostileTargets.http((_, response) => response.end("ok"), tls)

const failsWith = (what: string, onConnect: Parameters<typeof proxy>[0], message: string) =>
  it.live(`that ${what} is proxy_failed`, () =>
    Effect.gen(function* () {
      const { url } = yield* proxy(onConnect)
      const result = yield* run({ url: "http://far.test/", proxy: { url } })
      assert.strictEqual(outcomeOf(result), "down proxy_failed")
      assert.strictEqual(result.message, `the proxy did not open a way to the target: ${message}`)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

const answer = (text: string) => (_: IncomingMessage, socket: Socket) => socket.end(text)

describe("a proxy", () => {
  it.live("is asked by CONNECT for targets with and without TLS, and names are its to look up", () =>
    Effect.gen(function* () {
      const plain = yield* ok()
      const secure = yield* ok(authority.issue({ names: ["far.test"] }))
      for (const [target, url] of [
        [plain, `http://far.test:${plain.port}/`],
        [secure, `https://far.test:${secure.port}/`]
      ] as const) {
        const { asked, url: proxyUrl } = yield* proxy(open(target.port))
        const result = yield* run({ url, proxy: { url: proxyUrl } })
        assert.strictEqual(outcomeOf(result), "up", result.message)
        assert.deepInclude(result.observation, { statusCode: 200, sizeBytes: 2, address: "127.0.0.1" })
        assert.strictEqual(asked[0]!.url, `far.test:${target.port}`)
        assert.strictEqual(asked[0]!.headers.host, `far.test:${target.port}`)
        assert.isUndefined(asked[0]!.headers["proxy-authorization"])
        assert.isUndefined(asked[0]!.headers["user-agent"])
      }
    })
  )

  it.live("may be reached over TLS, is verified, and gets credentials that the target never sees", () =>
    Effect.gen(function* () {
      let seen: unknown
      const target = yield* HostileTargets.http((request, response) => {
        seen = request.headers["proxy-authorization"]
        response.end()
      }, localhost)
      const auth = { username: "ann", password: { secret: "pw" } }
      const good = yield* proxy(open(target.port), localhost)
      const url = `https://localhost:${target.port}/`
      const result = yield* run({ url, proxy: { url: good.url, auth } })
      assert.strictEqual(outcomeOf(result), "up", result.message)
      assert.strictEqual(good.asked[0]!.headers["proxy-authorization"], `Basic ${btoa("ann:pw")}`)
      assert.isUndefined(seen)
      const bad = yield* proxy(open(target.port), authority.issue({ names: ["other.test"] }))
      const refused = yield* run({ url, proxy: { url: bad.url, auth }, tls: { verify: "none" } })
      assert.strictEqual(outcomeOf(refused), "down proxy_failed")
      assert.include(refused.message, "the certificate is not for 127.0.0.1")
      assert.lengthOf(bad.asked, 0)
    })
  )

  it.live("counts into the phase connect", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.slowTls({ tlsMs: 90, ttfbMs: 50, downloadMs: 40 }, localhost)
      // The target counts its delay from when the proxy connects to it.
      const { url: proxyUrl } = yield* proxy(open(target.port, 60))
      const passed = yield* bestOf(
        15,
        run({ url: `https://localhost:${target.port}/`, proxy: { url: proxyUrl } }).pipe(
          Effect.map(({ observation }) => {
            const { phases, totalUs } = observation!
            assert.strictEqual(sumOf(phases), totalUs)
            return (
              isBetween(phases.connectUs, 59, 70) &&
              isBetween(phases.tlsUs, 20, 38) &&
              isBetween(phases.ttfbUs, 49, 55) &&
              isBetween(phases.downloadUs, 39, 45)
            )
          })
        )
      )
      assert.isTrue(passed)
    })
  )

  it.live("speaks HTTP/2 through, and follows redirects by a way of their own", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.http2((stream, headers) => {
        if (headers[":path"] === "/end") stream.respond({ ":status": 200 }, { endStream: true })
        else stream.respond({ ":status": 302, location: "/end" }, { endStream: true })
      }, localhost)
      const { asked, url: proxyUrl } = yield* proxy(open(target.port))
      const spec = { url: `https://localhost:${target.port}/`, proxy: { url: proxyUrl }, httpVersion: "2" }
      const { observation } = yield* run(spec)
      assert.deepInclude(observation, { protocol: "HTTP/2", redirects: 1, statusCode: 200 })
      assert.lengthOf(asked, 2)
    })
  )

  failsWith(
    "wants credentials",
    answer("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
    "it wants other credentials (407)"
  )
  failsWith("can't reach the target", answer("HTTP/1.1 502 No\r\n\r\n"), "it could not reach the target (502)")
  failsWith("answers something else", answer("HTTP/1.1 418 No\r\n\r\n"), "it answered with status 418")
  failsWith("hangs up", answer(""), "the connection was closed before the answer")
  failsWith(
    "speaks no HTTP",
    answer("SSH-2.0\r\n"),
    "the answer is not valid HTTP/1.1: Parse Error: Expected HTTP/, RTSP/ or ICE/"
  )

  it.live("that nobody is at, or without a name, is proxy_failed", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.refusing
      const result = yield* run({ url: "http://far.test/", proxy: { url } })
      assert.strictEqual(outcomeOf(result), "down proxy_failed")
      assert.include(result.message, "the connection was refused")
    })
  )

  it.live("that never answers is connect_timeout", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.silent
      const result = yield* run({ url: "http://far.test/", proxy: { url } }, { timeoutMs: 150 })
      assert.strictEqual(outcomeOf(result), "down connect_timeout")
    })
  )

  it.live("is judged by the egress policy, and so is the target behind it", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* proxy(open(1))
      const allow = ["127.0.0.0/8"]
      for (const [spec, options] of [
        [{ url: "http://far.test/", proxy: { url } }, { allow: [] }],
        [{ url: "http://10.0.0.1/", proxy: { url } }, { allow }],
        [{ url: "http://169.254.169.254/", proxy: { url } }, { allow }],
        [{ url: "http://metadata.google.internal/", proxy: { url } }, { allow }],
        [
          { url: "http://far.test/", proxy: { url } },
          { allow, deny: ["far.test"] }
        ]
      ] as const) {
        assert.strictEqual(outcomeOf(yield* run(spec, options)), "error egress_denied", spec.url)
      }
      assert.lengthOf(asked, 0)
    })
  )
})
