import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import { constants } from "node:http2"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { bestOf, isClose, localhost, observe, run } from "../testing/HttpChecks.ts"
import { outcomeOf, sumOf } from "../testing/LoopbackRun.ts"

const ok = (stream: ServerHttp2Stream): void => {
  stream.respond({ ":status": 200, "set-cookie": ["a=1", "b=2"], server: "two" })
  stream.end("two")
}

const resultOf = (url: string) => run({ url, httpVersion: "2" })

const failsAs = (what: string, expected: string, target: ReturnType<typeof HostileTargets.raw>) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { url } = yield* target
      const result = yield* run({ url, httpVersion: "2" }, { timeoutMs: 1_000 })
      assert.strictEqual(outcomeOf(result), `down ${expected}`, result.message)
      assert.isNotEmpty(result.message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

describe("HTTP/2", () => {
  it.live("is spoken where the server offers it, or alone, over TLS and by prior knowledge", () =>
    Effect.gen(function* () {
      const secure = yield* HostileTargets.http2(ok, localhost)
      const plain = yield* HostileTargets.http2(ok)
      for (const spec of [
        { url: secure.url, httpVersion: "auto" },
        { url: secure.url, httpVersion: "2" },
        { url: plain.url, httpVersion: "2" }
      ]) {
        const observed = yield* observe(spec, "body", "header")
        assert.deepInclude(observed, { protocol: "HTTP/2", statusCode: 200, sizeBytes: 3, wireBytes: 3 })
        assert.deepInclude(observed.headers, { server: "two" })
        assert.deepInclude(observed.content!.headers, { "set-cookie": "a=1, b=2" })
        assert.strictEqual(observed.content!.body, "two")
      }
    })
  )

  it.live("is left for HTTP/1.1 by auto where it is not offered, and without TLS", () =>
    Effect.gen(function* () {
      const secure = yield* HostileTargets.http((_, response) => response.end(), localhost)
      const plain = yield* HostileTargets.http((_, response) => response.end())
      for (const { url } of [secure, plain]) {
        assert.strictEqual((yield* observe({ url, httpVersion: "auto" })).protocol, "HTTP/1.1")
      }
    })
  )

  it.live("that is demanded and not there is a named failure", () =>
    Effect.gen(function* () {
      const secure = yield* HostileTargets.http((_, response) => response.end(), { ...localhost, ALPNProtocols: [] })
      const strict = yield* HostileTargets.http((_, response) => response.end(), localhost)
      const plain = yield* HostileTargets.http((_, response) => response.end())
      const refused = yield* resultOf(strict.url)
      assert.strictEqual(outcomeOf(refused), "down tls_failed")
      assert.include(refused.message, "none of the protocols that were asked for")
      const ignored = yield* resultOf(secure.url)
      assert.strictEqual(outcomeOf(ignored), "down protocol_error")
      assert.include(ignored.message, "does not offer HTTP/2")
      assert.strictEqual(outcomeOf(yield* resultOf(plain.url)), "down protocol_error")
    })
  )

  it.live("sends method, path, headers and body as HTTP/1.1 would", () =>
    Effect.gen(function* () {
      let seen: IncomingHttpHeaders = {}
      let body = ""
      const { port, url } = yield* HostileTargets.http2((stream, headers) => {
        seen = headers
        stream.on("data", (chunk) => (body += chunk))
        stream.on("end", () => ok(stream))
      })
      yield* observe({
        url: `${url}/a?b`,
        httpVersion: "2",
        method: "POST",
        body: { json: { a: 1 } },
        headers: { "X-Key": { secret: "k" }, "Proxy-Connection": "x", "HTTP2-Settings": "x" }
      })
      assert.deepInclude(seen, {
        ":method": "POST",
        ":path": "/a?b",
        ":scheme": "http",
        ":authority": `127.0.0.1:${port}`,
        "content-length": "7",
        "content-type": "application/json",
        "x-key": "k"
      })
      assert.doesNotHaveAnyKeys(seen, ["connection", "proxy-connection", "http2-settings", "host"])
      assert.strictEqual(body, '{"a":1}')
    })
  )

  it.live("has the same phases, which match injected delays", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http2((stream) => {
        setTimeout(() => {
          stream.respond({ ":status": 200 })
          stream.write("a".repeat(512))
          setTimeout(() => stream.end("b".repeat(512)), 40)
        }, 50)
      })
      const passed = yield* bestOf(
        12,
        run({ url, httpVersion: "2" }).pipe(
          Effect.map(({ observation }) => {
            const { phases, totalUs } = observation!
            assert.strictEqual(sumOf(phases), totalUs)
            return isClose(phases.connectUs, 0) && isClose(phases.ttfbUs, 50) && isClose(phases.downloadUs, 40)
          })
        )
      )
      assert.isTrue(passed)
    })
  )

  it.live("ends at a limit of the body, and decodes one", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http2((stream) => {
        stream.respond({ ":status": 200 })
        const chunk = Buffer.alloc(65_536)
        const more = (): void => {
          while (!stream.destroyed && stream.write(chunk));
        }
        stream.on("drain", more)
        more()
      })
      assert.deepInclude(yield* observe({ url, httpVersion: "2" }), { sizeBytes: 1_048_576, truncated: true })
    })
  )

  failsAs("is not there", "protocol_error", HostileTargets.answering("HTTP/1.1 400 Bad Request\r\n\r\n"))
  failsAs("closes at once", "connection_reset", HostileTargets.answering(""))
  failsAs("never answers", "response_timeout", HostileTargets.silent)
  failsAs("is refused", "connection_refused", HostileTargets.refusing)
  failsAs(
    "resets the stream before the answer",
    "connection_reset",
    HostileTargets.http2((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  )
  failsAs(
    "cancels the stream before the answer",
    "connection_reset",
    HostileTargets.http2((stream) => stream.close(constants.NGHTTP2_CANCEL))
  )
  failsAs(
    "wants HTTP/1.1",
    "protocol_error",
    HostileTargets.http2((stream) => stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED))
  )
  failsAs(
    "closes the connection in the body",
    "body_incomplete",
    HostileTargets.http2((stream) => {
      stream.respond({ ":status": 200 })
      stream.write("half", () => setTimeout(() => stream.session!.destroy(), 20))
    })
  )
  failsAs(
    "resets the stream in the body",
    "connection_reset",
    HostileTargets.http2((stream) => {
      stream.respond({ ":status": 200 })
      stream.write("half", () => setTimeout(() => stream.destroy(new Error("no more")), 20))
    })
  )
  failsAs(
    "sends a header section of 64 kB",
    "headers_too_large",
    HostileTargets.http2((stream) =>
      stream.respond({ ":status": 200, "x-large": "a".repeat(64_000) }, { endStream: true })
    )
  )
  failsAs(
    "sends 3,000 headers",
    "headers_too_large",
    HostileTargets.http2((stream) => {
      const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`x-${i}`, "1"]))
      stream.respond({ ":status": 200, ...many }, { endStream: true })
    })
  )
  failsAs(
    "floods with informational responses",
    "protocol_error",
    HostileTargets.http2((stream) => {
      for (let i = 0; i < 50; i++) stream.additionalHeaders({ ":status": 103, link: "</a>" })
      stream.respond({ ":status": 200 }, { endStream: true })
    })
  )
})
