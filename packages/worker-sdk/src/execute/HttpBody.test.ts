import { assert, describe, it } from "@effect/vitest"
import type { Observation } from "@openseer/core"
import { Effect } from "effect"
import * as zlib from "node:zlib"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { observe, run } from "../testing/HttpChecks.ts"
import { outcomeOf } from "../testing/LoopbackRun.ts"
import { HttpBody } from "./HttpBody.ts"

const coders = {
  gzip: (text: Buffer) => zlib.gzipSync(text),
  "x-gzip": (text: Buffer) => zlib.gzipSync(text),
  deflate: (text: Buffer) => zlib.deflateSync(text),
  br: (text: Buffer) => zlib.brotliCompressSync(text),
  zstd: (text: Buffer) => zlib.zstdCompressSync(text)
}

const answering = (body: string | Buffer, headers: Record<string, string | ReadonlyArray<string>> = {}) =>
  HostileTargets.http((_, response) => response.writeHead(200, headers as Record<string, string>).end(body))

const text = "all is well. ".repeat(200)

describe("a coded body", () => {
  for (const [coding, code] of Object.entries(coders)) {
    it.live(`of ${coding} is decoded, and counted as it came and as it is`, () =>
      Effect.gen(function* () {
        const coded = code(Buffer.from(text))
        const { url } = yield* answering(coded, { "content-encoding": coding.toUpperCase() })
        const observed = yield* observe({ url }, "body")
        assert.deepInclude(observed, { sizeBytes: text.length, wireBytes: coded.length })
        assert.strictEqual(observed.content!.body, text)
      })
    )
  }

  it.live("of bare deflate, without zlib's frame, is decoded as well", () =>
    Effect.gen(function* () {
      const { url } = yield* answering(zlib.deflateRawSync(text), { "content-encoding": "deflate" })
      assert.strictEqual((yield* run({ url })).observation!.sizeBytes, text.length)
    })
  )

  it.live("may have three codings, in one field or several, with identity among them", () =>
    Effect.gen(function* () {
      const nested = coders.br(coders.deflate(coders.gzip(Buffer.from(text))))
      for (const value of ["gzip, deflate, identity, br", ["gzip", "deflate, br"]]) {
        const { url } = yield* answering(nested, { "content-encoding": value })
        assert.strictEqual((yield* run({ url })).observation!.sizeBytes, text.length)
      }
    })
  )

  it.live("of four codings, or an unknown one, is counted as it came", () =>
    Effect.gen(function* () {
      for (const coding of ["gzip, gzip, gzip, gzip", "compress", "__proto__", "gzip, aes128gcm"]) {
        const { url } = yield* answering("coded", { "content-encoding": coding })
        const result = yield* run({ url })
        assert.strictEqual(outcomeOf(result), "up", coding)
        assert.deepInclude(result.observation, { sizeBytes: 5, wireBytes: 5 })
      }
    })
  )

  it.live("of an unknown coding is decode_failed when an assertion looks at it", () =>
    Effect.gen(function* () {
      const { url } = yield* answering("coded", { "content-encoding": "compress" })
      for (const source of ["body", "json", "sizeBytes"] as const) {
        const failure = yield* Effect.flip(observe({ url }, source))
        assert.deepInclude(failure, {
          reason: "decode_failed",
          message: `the body has a coding that cannot be taken off: "compress"`
        })
      }
    })
  )

  it.live("that is not what it says is decode_failed", () =>
    Effect.gen(function* () {
      for (const coding of Object.keys(coders)) {
        const { url } = yield* answering("this is not compressed", { "content-encoding": coding })
        const result = yield* run({ url })
        assert.strictEqual(outcomeOf(result), "down decode_failed", coding)
        assert.include(result.message, `the body could not be decoded as ${coding}`)
      }
    })
  )

  it.live("that ends in the middle of its coding is decode_failed", () =>
    Effect.gen(function* () {
      for (const coding of ["gzip", "deflate", "br", "zstd"] as const) {
        const coded = coders[coding](Buffer.from(text))
        const { url } = yield* answering(coded.subarray(0, coded.length - 9), { "content-encoding": coding })
        assert.strictEqual(outcomeOf(yield* run({ url })), "down decode_failed", coding)
      }
    })
  )

  it.live("of zstd with a second frame, which Node does not read, is decode_failed and not half a body", () =>
    Effect.gen(function* () {
      const frame = coders.zstd(Buffer.from(text))
      const { url } = yield* answering(Buffer.concat([frame, frame]), { "content-encoding": "zstd" })
      const result = yield* run({ url })
      assert.strictEqual(outcomeOf(result), "down decode_failed")
      assert.strictEqual(result.message, "the body could not be decoded as zstd: it has more than one frame")
    })
  )

  it.live("may be empty", () =>
    Effect.gen(function* () {
      const { url } = yield* answering("", { "content-encoding": "gzip, br" })
      const { observation } = yield* run({ url })
      assert.deepInclude(observation, { sizeBytes: 0, wireBytes: 0 })
    })
  )

  it.live("is not waited for in the measured time: decoding is ours", () =>
    Effect.gen(function* () {
      const { url } = yield* answering(coders.gzip(Buffer.from(text)), { "content-encoding": "gzip" })
      const { observation } = yield* run({ url })
      const { connectUs, dnsUs, downloadUs, tlsUs, ttfbUs } = observation!.phases
      assert.strictEqual(connectUs + dnsUs + downloadUs + tlsUs + ttfbUs, observation!.totalUs)
    })
  )
})

/** How far the memory of this process grew at most, in bytes. */
const growthDuring = <A, E>(
  effect: Effect.Effect<A, E>
): Effect.Effect<{ readonly result: A; readonly grewBytes: number }, E> =>
  Effect.gen(function* () {
    const before = process.memoryUsage.rss()
    let most = before
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 2)
    const result = yield* effect
    clearInterval(timer)
    return { result, grewBytes: Math.max(most, process.memoryUsage.rss()) - before }
  })

const isCut = (observed: Observation.Observed, bytes: number) =>
  assert.deepInclude(observed, { sizeBytes: bytes, truncated: true, statusCode: 200 })

describe("a body that is too large", () => {
  for (const coding of ["gzip", "deflate", "br", "zstd"] as const) {
    it.live(`because it is a bomb of ${coding} is cut at the limit, within a few megabytes of memory`, () =>
      Effect.gen(function* () {
        const { url } = yield* HostileTargets.bomb(coding)
        isCut(yield* observe({ url }), 1_048_576)
        const { grewBytes, result } = yield* growthDuring(observe({ url }, "body"))
        isCut(result, 1_048_576)
        assert.lengthOf(result.content!.body!, 1_048_576)
        // 20 MB of a body and what is made of it; inflated it would be 200.
        assert.isBelow(grewBytes, 40_000_000)
      })
    )
  }

  it.live("because it has no end is cut at the limit, and the connection is closed", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.endless
      isCut(yield* observe({ url }), 1_048_576)
      const { grewBytes, result } = yield* growthDuring(observe({ url }))
      isCut(result, 1_048_576)
      assert.isBelow(grewBytes, 40_000_000)
      assert.isBelow(result.totalUs, 2_000_000)
    })
  )

  it.live("because its coding holds nothing, for ever, is cut by what came over the wire", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.hollow
      const observed = yield* observe({ url })
      assert.deepInclude(observed, { sizeBytes: 0, truncated: true })
      assert.isBelow(observed.wireBytes!, 1_048_576 + 200_000)
    })
  )

  it.live("for the spec's own limit is cut there, and one of just that size is not", () =>
    Effect.gen(function* () {
      const { url } = yield* answering("0123456789")
      isCut(yield* observe({ url, bodyBytesMax: 9 }), 9)
      isCut(yield* observe({ url, bodyBytesMax: 0 }), 0)
      const { observation } = yield* run({ url, bodyBytesMax: 10 })
      assert.strictEqual(observation!.sizeBytes, 10)
      assert.isUndefined(observation!.truncated)
    })
  )
})

describe("a body in many pieces", () => {
  it("is kept whole in few", () => {
    const body = new HttpBody({
      bytesMax: 100_000,
      keptBytesMax: 100_000,
      codings: [],
      listener: { onBodyResume: () => {}, onBodyDone: () => {}, onFault: () => {} }
    })
    const bytes = Buffer.from("0123456789".repeat(5_000))
    for (let i = 0; i < bytes.length; i++) body.write(bytes.subarray(i, i + 1))
    assert.isTrue(Buffer.concat(body.pieces).equals(bytes))
    assert.isBelow(body.pieces.length, 500)
  })
})

const isText = (what: string, bytes: Buffer, contentType: string | undefined, expected: string) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const { url } = yield* answering(bytes, contentType === undefined ? {} : { "content-type": contentType })
      assert.strictEqual((yield* observe({ url }, "body")).content!.body, expected)
    })
  )

describe("the text of a body", () => {
  isText("is UTF-8, unless something else is said", Buffer.from("grüße €"), undefined, "grüße €")
  isText("is what the content type says", Buffer.from("grüße", "latin1"), "text/plain; charset=ISO-8859-1", "grüße")
  isText("is UTF-8 for a charset that nobody knows", Buffer.from("grüße"), 'text/plain; charset="x-none"', "grüße")
  isText("goes without its byte order mark", Buffer.from("\u{feff}{}"), "application/json", "{}")
  isText("is UTF-16 after the mark of it", Buffer.from("\u{feff}ok", "utf16le"), "text/plain; charset=utf-8", "ok")
  isText("has bad bytes replaced", Buffer.from([0x61, 0xff, 0xc3, 0x62]), undefined, "a\u{fffd}\u{fffd}b")
  it.live("is its beginning only when no assertion looks at it, cut between characters", () =>
    Effect.gen(function* () {
      const { url } = yield* answering("a" + "€".repeat(10_000))
      const { content, sizeBytes } = yield* observe({ url }, "status")
      assert.strictEqual(sizeBytes, 30_001)
      assert.strictEqual(content!.body, "a" + "€".repeat(2_730))
    })
  )

  isText("may hold NUL", Buffer.from("a\0b"), undefined, "a\0b")
})
