import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Scope } from "effect"
import type { ServerHttp2Stream } from "node:http2"
import { makeAuthority } from "../testing/Certificates.ts"
import * as GrpcTargets from "../testing/GrpcTargets.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as StreamTargets from "../testing/StreamTargets.ts"
import { grpcExecutor } from "./GrpcExecutor.ts"

const authority = makeAuthority()
const localhost = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

const run = LoopbackRun.of(grpcExecutor, { ca: [authority.ca] })
const { outcomeOf, sumOf } = LoopbackRun

const at = (port: number, more: object = {}) => ({ host: "127.0.0.1", port, encryption: "none", ...more })

const up = GrpcTargets.answering(GrpcTargets.serving(1))

/** Runs against a server that does so with each call. */
const called = (onCall: (stream: ServerHttp2Stream) => void, more: object = {}) =>
  Effect.gen(function* () {
    const target = yield* GrpcTargets.make(onCall)
    const result = yield* run(at(target.port, more), { timeoutMs: 1_000 })
    return { result, calls: target.calls }
  })

describe("a call", () => {
  it.live("of a server that serves is up, and is sent as gRPC asks", () =>
    Effect.gen(function* () {
      const { calls, result } = yield* called(up, { service: "a.B", metadata: { "X-Key": { secret: "k" } } })
      assert.strictEqual(outcomeOf(result), "up")
      const { detail, phases, protocol, totalUs } = result.observation!
      assert.deepStrictEqual(detail, { grpcStatus: "OK", servingStatus: "SERVING" })
      assert.strictEqual(protocol, "HTTP/2")
      assert.strictEqual(sumOf(phases), totalUs)
      const [{ framed, headers }] = calls as [(typeof calls)[0]]
      assert.deepInclude(headers, {
        ":method": "POST",
        ":path": "/grpc.health.v1.Health/Check",
        "content-type": "application/grpc",
        te: "trailers",
        "grpc-timeout": "1000m",
        "x-key": "k"
      })
      assert.deepStrictEqual(framed, Buffer.from([0, 0, 0, 0, 5, 10, 3, 97, 46, 66]))
    })
  )

  it.live("of the server as a whole sends an empty message", () =>
    Effect.gen(function* () {
      const { calls } = yield* called(up)
      assert.deepStrictEqual(calls[0]!.framed, Buffer.alloc(5))
    })
  )

  it.live("over TLS asks for HTTP/2, and fails by its name for what is wrong", () =>
    Effect.gen(function* () {
      const { port } = yield* GrpcTargets.make(up, localhost)
      const spec = { host: "localhost", port }
      const result = yield* run(spec)
      assert.strictEqual(outcomeOf(result), "up")
      assert.strictEqual(result.observation!.tls!.chain[0]!.subject, "localhost")
      assert.strictEqual(outcomeOf(yield* run(spec, { ca: [] })), "down certificate_untrusted")
      const http1 = yield* StreamTargets.scriptedTls(localhost)
      const other = yield* run({ host: "localhost", port: http1.port })
      assert.strictEqual(outcomeOf(other), "down protocol_error")
      assert.include(other.message, "ALPN")
    })
  )

  it.live("can be judged by header fields, trailers and detail", () =>
    Effect.gen(function* () {
      const { port } = yield* GrpcTargets.make(
        GrpcTargets.answering(GrpcTargets.serving(1), { "grpc-status": "0", "x-node": "a" })
      )
      const node = { source: "header", property: "x-node", comparison: "equals", severity: "degraded" } as const
      const detail = { source: "detail", property: "$.servingStatus", comparison: "equals", severity: "down" } as const
      const assertions = [
        { ...node, expected: "a" },
        { ...detail, expected: "SERVING" }
      ]
      assert.strictEqual(outcomeOf(yield* run(at(port), { assertions })), "up")
      const other = yield* run(at(port), { assertions: [{ ...node, expected: "b" }] })
      assert.strictEqual(outcomeOf(other), "degraded assertion")
    })
  )
})

const saysAs = (
  what: string,
  expected: string,
  message: string,
  onCall: (stream: ServerHttp2Stream) => void,
  more: object = {}
) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { result } = yield* called(onCall, more)
      assert.strictEqual(outcomeOf(result), expected)
      assert.include(result.message, message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

const framedOf = (...bytes: ReadonlyArray<number>): Buffer => Buffer.from(bytes)

describe("an answer", () => {
  const failed = "down grpc_failed"
  saysAs("says NOT_SERVING", failed, "the server is NOT_SERVING", GrpcTargets.answering(GrpcTargets.serving(2)))
  saysAs("says something unknown", failed, "is UNKNOWN", GrpcTargets.answering(GrpcTargets.serving(99)))
  saysAs("has an empty message", failed, "is UNKNOWN", GrpcTargets.answering(Buffer.alloc(5)))
  saysAs("does not know the service", failed, 'does not know the service "a.B"', GrpcTargets.failing("5", "who?"), {
    service: "a.B"
  })
  saysAs("does not know the protocol", failed, "does not have the gRPC health protocol", GrpcTargets.failing("12"))
  saysAs(
    "is refused with a message",
    failed,
    'UNAUTHENTICATED: "no \\u001b €"',
    GrpcTargets.failing("16", "no %1b %E2%82%AC")
  )
  saysAs("has a status that is none", failed, "failed with UNKNOWN", GrpcTargets.failing("x"))

  const wrong = "down protocol_error"
  saysAs("is not gRPC", wrong, 'HTTP 404, "text/html"', (stream) => {
    stream.respond({ ":status": 404, "content-type": "text/html" })
    stream.end("no")
  })
  saysAs("has no status", wrong, "without a gRPC status", (stream) => {
    stream.respond(GrpcTargets.headers)
    stream.end(GrpcTargets.serving(1))
  })
  saysAs("is compressed", wrong, "not a message", GrpcTargets.answering(framedOf(1, 0, 0, 0, 2, 8, 1)))
  saysAs("is shorter than it says", wrong, "not a message", GrpcTargets.answering(framedOf(0, 0, 0, 0, 9, 8, 1)))
  saysAs("is no protobuf", wrong, "not a message", GrpcTargets.answering(framedOf(0, 0, 0, 0, 2, 0xff, 0xff)))
  saysAs("is larger than is read", wrong, "larger than", GrpcTargets.answering(Buffer.alloc(200_000)))

  const cut = "down connection_reset"
  saysAs("is cut off before it begins", cut, "INTERNAL_ERROR", (stream) => stream.close(2))
  saysAs("is refused by the stream", cut, "REFUSED_STREAM", (stream) => stream.close(7))
  saysAs("is cut off by the end of the connection", cut, "", (stream) => stream.session!.socket.destroy())
  saysAs("is cut off by GOAWAY", cut, "GOAWAY", (stream) => stream.session!.goaway(11, 0))
  saysAs("never comes", "down response_timeout", "1000 ms", () => {})
  saysAs("never ends", "down download_timeout", "1000 ms", (stream) => stream.respond(GrpcTargets.headers))

  it.live("that comes after a polite GOAWAY is an answer", () =>
    Effect.gen(function* () {
      const { result } = yield* called((stream) => {
        stream.session!.goaway(0, stream.id!)
        setTimeout(() => up(stream), 20)
      })
      assert.strictEqual(outcomeOf(result), "up")
    })
  )
})

const failsAs = (
  what: string,
  expected: string,
  target: Effect.Effect<{ readonly port: number }, never, Scope.Scope>
) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { port } = yield* target
      const result = yield* run(at(port), { timeoutMs: 400 })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
    })
  )

describe("a server", () => {
  failsAs("refuses", "down connection_refused", HostileTargets.refusing)
  failsAs("is silent", "down response_timeout", HostileTargets.silent)
  failsAs("closes", "down connection_reset", StreamTargets.saying(""))
  failsAs("resets", "down connection_reset", StreamTargets.resettingAtOnce)
  failsAs("speaks HTTP/1.1", "down protocol_error", HostileTargets.answering("HTTP/1.1 400 Bad Request\r\n\r\n"))
  failsAs("sends noise without end", "down protocol_error", StreamTargets.babbling("noise".repeat(1_000)))

  it.live("that the egress policy denies is not dialled", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.silent
      assert.strictEqual(outcomeOf(yield* run(at(target.port), { allow: [] })), "error egress_denied")
      assert.strictEqual(target.connections(), 0)
    })
  )

  it.live("sees its connection closed when the run is interrupted", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const { port } = yield* GrpcTargets.make((stream) => {
        stream.session!.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        Deferred.doneUnsafe(asked, Effect.void)
      })
      const fiber = yield* Effect.forkChild(run(at(port)))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    })
  )
})
