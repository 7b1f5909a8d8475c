import { assert, describe, it } from "@effect/vitest"
import { Observation } from "@openseer/core"
import { Effect, Schema } from "effect"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { authority, localhost, observe, run } from "../testing/HttpChecks.ts"
import { outcomeOf, sumOf } from "../testing/LoopbackRun.ts"

describe("the observation", () => {
  it.live("keeps a selection of headers, cut to size, and never a cookie; assertions see all", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((_, response) => {
        response.setHeader("Server", "s".repeat(1_000))
        response.setHeader("Set-Cookie", ["session=secret", "b=2"])
        response.setHeader("X-Own", ["1", "2"])
        response.setHeader("constructor", "c")
        response.writeHead(200, { "Content-Type": "text/plain" }).end("ok")
      })
      const { content, ...observation } = yield* observe({ url }, "header")
      assert.strictEqual(observation.headers!["server"], "s".repeat(256))
      assert.strictEqual(observation.headers!["content-type"], "text/plain")
      assert.doesNotHaveAnyKeys(observation.headers, ["set-cookie", "x-own", "constructor"])
      assert.deepInclude(content!.headers, {
        server: "s".repeat(1_000),
        "set-cookie": "session=secret, b=2",
        "x-own": "1, 2",
        constructor: "c"
      })
      assert.isUndefined(content!.headers!["toString"])
      assert.isUndefined(Schema.decodeUnknownSync(Observation.Observation)({ ...observation }).excerpt)
    })
  )

  it.live("keeps no text of the body", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((_, response) => response.end("the text of the body"))
      const { content, ...observation } = yield* observe({ url }, "body")
      assert.strictEqual(content!.body, "the text of the body")
      assert.notInclude(JSON.stringify(observation), "the text")
    })
  )

  it.live("tells each hop, and all of them add up", () =>
    Effect.gen(function* () {
      const last = yield* HostileTargets.slow({ ttfbMs: 30, downloadMs: 10 })
      const middle = yield* HostileTargets.redirecting(() => `${last.url}/end`, 307)
      const first = yield* HostileTargets.redirecting(() => `${middle.url}/middle#fragment`)
      const observation = yield* observe({ url: `${first.url}/?start` })
      const { hops, phases, redirectTarget, redirects, totalUs } = observation
      assert.strictEqual(redirects, 2)
      assert.strictEqual(redirectTarget, `${last.url}/end`)
      assert.deepStrictEqual(
        hops!.map(({ address, statusCode, url }) => [url, statusCode, address]),
        [
          [`${first.url}/?start`, 302, "127.0.0.1"],
          [`${middle.url}/middle`, 307, "127.0.0.1"],
          [`${last.url}/end`, 200, "127.0.0.1"]
        ]
      )
      for (const hop of hops!) assert.strictEqual(sumOf(hop.phases), hop.totalUs)
      for (const name of ["dnsUs", "connectUs", "tlsUs", "ttfbUs", "downloadUs"] as const) {
        assert.strictEqual(
          hops!.reduce((sum, hop) => sum + hop.phases[name], 0),
          phases[name]
        )
      }
      assert.strictEqual(sumOf(phases), totalUs)
      assert.isAbove(hops![2]!.phases.ttfbUs, 28_000)
    })
  )

  it.live("has no hops without redirects, and tells where one would have led that is not followed", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.redirecting(() => "../elsewhere?a#b")
      const none = yield* observe({ url: `${url}/a/b`, redirectsMax: 0 })
      assert.deepInclude(none, { statusCode: 302, redirects: 0, redirectTarget: `${url}/elsewhere?a` })
      assert.isUndefined(none.hops)
      const plain = yield* HostileTargets.http((_, response) => response.end())
      const direct = yield* observe({ url: plain.url })
      assert.isUndefined(direct.hops)
      assert.isUndefined(direct.redirectTarget)
    })
  )

  it.live("of a hop that fails tells the hops before it", () =>
    Effect.gen(function* () {
      const gone = yield* HostileTargets.refusing
      const { url } = yield* HostileTargets.redirecting(() => gone.url)
      const result = yield* run({ url })
      assert.strictEqual(outcomeOf(result), "down connection_refused")
      assert.deepStrictEqual(
        result.observation!.hops!.map(({ statusCode }) => statusCode),
        [302, undefined]
      )
    })
  )

  it.live("of a handshake tells version, cipher and each certificate of the chain", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((_, response) => response.end(), localhost)
      const { protocol, tls } = yield* observe({ url })
      assert.strictEqual(protocol, "HTTP/1.1")
      assert.strictEqual(tls!.version, "TLSv1.3")
      assert.match(tls!.cipher, /^TLS_AES_(128|256)_GCM_SHA(256|384)$/)
      assert.deepInclude(tls!.chain[0], {
        subject: "localhost",
        names: ["localhost", "127.0.0.1"],
        issuer: "OpenSeer Test Authority",
        keyType: "EC P-256"
      })
    })
  )

  it.live("of another certificate of the same server is another one", () =>
    Effect.gen(function* () {
      const prints = new Set<string>()
      for (const pair of [
        localhost,
        authority.issue({ names: ["localhost"] }),
        makeAuthority().issue({ names: ["a"] })
      ]) {
        const { url } = yield* HostileTargets.http((_, response) => response.end(), pair)
        for (let i = 0; i < 2; i++) {
          prints.add((yield* observe({ url, tls: { verify: "none" } })).tls!.chain[0]!.fingerprint256)
        }
      }
      assert.strictEqual(prints.size, 3)
    })
  )
})

const sentTo = (path: string) => {
  const seen: Array<string> = []
  return Effect.map(
    HostileTargets.http((request, response) => {
      let body = ""
      request.on("data", (chunk) => (body += chunk))
      request.on("end", () => (seen.push(`${request.headers.authorization} ${body}`), response.end(path)))
    }),
    (target) => ({ ...target, seen })
  )
}

describe("a redirect", () => {
  it.live("to another origin takes no credentials along, and does not give them back later", () =>
    Effect.gen(function* () {
      const home = yield* Effect.gen(function* () {
        const seen: Array<string | undefined> = []
        const target = yield* HostileTargets.http((request, response) => {
          seen.push(request.headers.authorization)
          if (request.url === "/end") response.end()
          else response.writeHead(302, { location: `${away.url}/` }).end()
        })
        const away = yield* HostileTargets.redirecting(() => `${target.url}/end`)
        return { ...target, seen }
      })
      yield* observe({ url: home.url, auth: { bearer: { secret: "t" } } })
      assert.deepStrictEqual(home.seen, ["Bearer t", undefined])
    })
  )

  it.live("to another origin does not send a secret body there, a plain one it does", () =>
    Effect.gen(function* () {
      const away = yield* sentTo("/")
      const { url } = yield* HostileTargets.redirecting(() => away.url, 307)
      for (const body of [{ secret: "hunter2" }, { form: { a: { secret: "hunter2" } } }]) {
        const result = yield* run({ url, method: "POST", body })
        assert.strictEqual(outcomeOf(result), "down redirect_invalid")
        assert.include(result.message, "another origin, which the body's secrets are not for")
      }
      assert.isEmpty(away.seen)
      assert.strictEqual(outcomeOf(yield* run({ url, method: "POST", body: "plain" })), "up")
      assert.deepStrictEqual(away.seen, ["undefined plain"])
    })
  )

  it.live("with a location of five megabytes is headers_too_large", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.answering(
        `HTTP/1.1 302 Found\r\nlocation: /${"a".repeat(5_000_000)}\r\n\r\n`
      )
      assert.strictEqual(outcomeOf(yield* run({ url })), "down headers_too_large")
    })
  )

  it.live("to a location of 8 kB is followed, and told cut", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((request, response) => {
        if (request.url === "/") response.writeHead(302, { location: `/${"a".repeat(8_000)}` }).end()
        else response.end()
      })
      const { hops, redirectTarget } = yield* observe({ url })
      assert.lengthOf(redirectTarget!, 512)
      assert.lengthOf(hops![1]!.url, 512)
    })
  )
})

const setting = (count: number) =>
  HostileTargets.http((_, response) => {
    response.setHeader(
      "set-cookie",
      Array.from({ length: count }, (_value, i) => `cookie-${i}=value`)
    )
    response.end()
  })

describe("an answer", () => {
  it.live("of 1,000 cookies is headers_too_large, a few dozen are none of our business", () =>
    Effect.gen(function* () {
      assert.strictEqual(outcomeOf(yield* run({ url: (yield* setting(1_000)).url })), "down headers_too_large")
      assert.strictEqual(outcomeOf(yield* run({ url: (yield* setting(50)).url })), "up")
    })
  )

  it.live("of HTTP/0.9, of random bytes, or a second one behind the first", () =>
    Effect.gen(function* () {
      const results = []
      for (const bytes of [
        "<html>no head</html>",
        Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 197) % 256)),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 Smuggled\r\ncontent-length: 0\r\n\r\n"
      ]) {
        const { url } = yield* HostileTargets.answering(bytes)
        results.push(outcomeOf(yield* run({ url })))
      }
      assert.deepStrictEqual(results, ["down protocol_error", "down protocol_error", "up"])
    })
  )

  it.live("may have trailers, an empty reason, and HTTP/1.0", () =>
    Effect.gen(function* () {
      for (const [bytes, protocol] of [
        ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nok\r\n0\r\nx: 1\r\n\r\n", "HTTP/1.1"],
        ["HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", "HTTP/1.1"],
        ["HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.0"]
      ] as const) {
        const { url } = yield* HostileTargets.answering(bytes)
        assert.deepInclude(yield* observe({ url }), { protocol, sizeBytes: 2 })
      }
    })
  )
})
