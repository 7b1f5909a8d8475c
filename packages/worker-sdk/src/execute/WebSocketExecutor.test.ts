import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { makeAuthority } from "../testing/Certificates.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as LoopbackRun from "../testing/LoopbackRun.ts"
import * as WebSocketTargets from "../testing/WebSocketTargets.ts"
import { webSocketExecutor } from "./WebSocketExecutor.ts"

const authority = makeAuthority()
const localhost = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

const run = LoopbackRun.of(webSocketExecutor, { ca: [authority.ca] })
const { outcomeOf, sumOf } = LoopbackRun

const at = (port: number, more: object = {}) => ({ url: `ws://127.0.0.1:${port}/live?a=1`, ...more })

const echo = WebSocketTargets.make((webSocket) =>
  webSocket.on("message", (data) => webSocket.send(`echo ${String(data)}`))
)

describe("an upgrade", () => {
  it.live("is all that it takes, with headers, credentials and a subprotocol", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<number>()
      const target = yield* WebSocketTargets.make((webSocket) =>
        webSocket.on("close", (code) => Deferred.doneUnsafe(closed, Effect.succeed(code)))
      )
      const result = yield* run(
        at(target.port, {
          headers: { "X-Key": { secret: "k" } },
          auth: { bearer: { secret: "token" } },
          subprotocols: ["one", "two"]
        })
      )
      assert.strictEqual(outcomeOf(result), "up")
      const { phases, protocol, statusCode, totalUs } = result.observation!
      assert.deepStrictEqual([statusCode, protocol], [101, "one"])
      assert.strictEqual(sumOf(phases), totalUs)
      const [{ headers, url }] = target.requests as [(typeof target.requests)[0]]
      assert.deepStrictEqual([url, headers["x-key"], headers.authorization], ["/live?a=1", "k", "Bearer token"])
      assert.match(headers["user-agent"]!, /^OpenSeer\//)
      assert.isUndefined(headers["sec-websocket-extensions"])
      assert.strictEqual(yield* Deferred.await(closed), 1_000)
    })
  )

  it.live("over TLS tells the certificate, and fails by its name for what is wrong", () =>
    Effect.gen(function* () {
      const { port } = yield* WebSocketTargets.make(() => {}, { tls: localhost })
      const result = yield* run({ url: `wss://localhost:${port}/` })
      assert.strictEqual(outcomeOf(result), "up")
      assert.strictEqual(result.observation!.tls!.chain[0]!.subject, "localhost")
      const untrusted = yield* run({ url: `wss://localhost:${port}/` }, { ca: [] })
      assert.strictEqual(outcomeOf(untrusted), "down certificate_untrusted")
    })
  )

  it.live("that is refused or redirected is told with its status, and not followed", () =>
    Effect.gen(function* () {
      const other = yield* HostileTargets.silent
      const cases = [
        [yield* HostileTargets.http((_, response) => response.writeHead(404).end("no")), "404"],
        [yield* HostileTargets.http((_, response) => response.writeHead(200).end("hello")), "200"],
        [yield* HostileTargets.redirecting(() => other.url), "302, to go to"]
      ] as const
      for (const [{ port }, status] of cases) {
        const result = yield* run(at(port))
        assert.strictEqual(outcomeOf(result), "down upgrade_refused")
        assert.include(result.message, `answered ${status}`)
      }
      assert.strictEqual(other.connections(), 0)
    })
  )
})

describe("a dialogue", () => {
  it.live("goes as written", () =>
    Effect.gen(function* () {
      const { port } = yield* echo
      const dialogue = [{ send: "one" }, { send: { secret: "two" } }, { expect: "^echo one$" }, { expect: "two" }]
      const body = { source: "body", comparison: "equals", expected: "echo one\necho two", severity: "down" } as const
      const result = yield* run(at(port, { dialogue }), { assertions: [body] })
      assert.strictEqual(outcomeOf(result), "up")
      assert.strictEqual(result.observation!.sizeBytes, 16)
    })
  )

  it.live("passes over messages that are not what it expects", () =>
    Effect.gen(function* () {
      const { port } = yield* WebSocketTargets.make((webSocket) => {
        for (const message of ["tick", "tick", "ready", "tick"]) webSocket.send(message)
      })
      assert.strictEqual(outcomeOf(yield* run(at(port, { dialogue: [{ expect: "ready" }] }))), "up")
      const result = yield* run(at(port, { dialogue: [{ expect: "never" }] }), { timeoutMs: 300 })
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, 'expected "never" and did not get it within 300 ms: got "tick"')
      assert.strictEqual(result.observation!.excerpt, "tick\ntick\nready\ntick")
    })
  )

  it.live("is not needed for an assertion on what the server says first", () =>
    Effect.gen(function* () {
      const { port } = yield* WebSocketTargets.make((webSocket) => webSocket.send('{"ready":true}'))
      const ready = { source: "json", property: "$.ready", comparison: "equals", severity: "down" } as const
      const spec = at(port)
      assert.strictEqual(outcomeOf(yield* run(spec, { assertions: [{ ...ready, expected: true }] })), "up")
      const other = yield* run(spec, { assertions: [{ ...ready, expected: false }] })
      assert.strictEqual(outcomeOf(other), "down assertion")
    })
  )

  it.live("that the server ends tells its code and reason", () =>
    Effect.gen(function* () {
      const { port } = yield* WebSocketTargets.make((webSocket) => webSocket.close(1_008, "not you"))
      const result = yield* run(at(port, { dialogue: [{ expect: "hello" }] }))
      assert.strictEqual(outcomeOf(result), "down connection_reset")
      assert.include(result.message, 'code 1008, "not you"')
    })
  )
})

const failsAs = (
  what: string,
  expected: string,
  target: Effect.Effect<{ readonly port: number }, never, Scope.Scope>,
  more: object = { dialogue: [{ expect: "hello" }] }
) =>
  it.live(`that ${what} is ${expected}`, () =>
    Effect.gen(function* () {
      const { port } = yield* target
      const result = yield* run(at(port, more), { timeoutMs: 600 })
      assert.strictEqual(outcomeOf(result), expected)
      assert.isNotEmpty(result.message)
      assert.strictEqual(sumOf(result.observation!.phases), result.observation!.totalUs)
    })
  )

/** The head of an unmasked frame of 2^40 bytes. */
const huge = Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])

describe("a server", () => {
  failsAs("refuses", "down connection_refused", HostileTargets.refusing)
  failsAs("is silent", "down response_timeout", HostileTargets.silent)
  failsAs(
    "is silent after the upgrade",
    "down response_timeout",
    WebSocketTargets.make(() => {})
  )
  failsAs("resets", "down connection_reset", HostileTargets.resetting("head"))
  failsAs("closes without an answer", "down connection_reset", HostileTargets.answering(""))
  failsAs("drips headers", "down download_timeout", HostileTargets.dripping("head", 20))
  failsAs("speaks another protocol", "down protocol_error", HostileTargets.answering("SSH-2.0-x\r\n"))
  failsAs(
    "has too large headers",
    "down headers_too_large",
    HostileTargets.answering(`HTTP/1.1 101 Yes\r\nx: ${"a".repeat(20_000)}\r\n\r\n`)
  )
  failsAs(
    "sends informational responses without end",
    "down protocol_error",
    HostileTargets.answering("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))
  )
  failsAs(
    "accepts another key",
    "down protocol_error",
    HostileTargets.answering(
      "HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n"
    )
  )
  failsAs(
    "chooses a subprotocol that was not offered",
    "down protocol_error",
    WebSocketTargets.framing(() => {}, "sec-websocket-protocol: other\r\n")
  )
  failsAs(
    "compresses without being asked",
    "down protocol_error",
    WebSocketTargets.framing(() => {}, "sec-websocket-extensions: permessage-deflate\r\n")
  )
  failsAs(
    "sends noise",
    "down protocol_error",
    WebSocketTargets.framing((socket) => socket.write("\u007f".repeat(50)))
  )
  failsAs(
    "sends too large a message",
    "down unexpected_answer",
    WebSocketTargets.framing((socket) => socket.write(huge))
  )
  failsAs(
    "sends text that is not UTF-8",
    "down protocol_error",
    WebSocketTargets.framing((socket) => socket.write(Buffer.from([0x81, 2, 0xc3, 0x28])))
  )
  failsAs(
    "resets after the upgrade",
    "down connection_reset",
    WebSocketTargets.framing((socket) => setTimeout(() => socket.resetAndDestroy(), 20))
  )
  failsAs(
    "sends messages without end",
    "down unexpected_answer",
    WebSocketTargets.framing((socket) => {
      const frames = Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from([0x81, 1, 0x61])))
      const more = (): void => {
        while (!socket.destroyed && socket.write(frames));
      }
      socket.on("drain", more)
      more()
    })
  )
  failsAs(
    "sends pings without end",
    "down unexpected_answer",
    WebSocketTargets.framing((socket) => {
      const frames = Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from([0x89, 0])))
      const more = (): void => {
        while (!socket.destroyed && socket.write(frames));
      }
      socket.on("drain", more)
      more()
    })
  )
})

describe("a pattern", () => {
  it.live("that is too expensive for the messages is given up before it has cost a second", () =>
    Effect.gen(function* () {
      const { port } = yield* WebSocketTargets.make((webSocket) => {
        // Without any order, so that hardly a state of the pattern comes twice.
        for (let i = 0; i < 500; i++) {
          webSocket.send(Array.from(randomBytes(2_000), (byte) => (byte < 128 ? "a" : "b")).join(""))
        }
      })
      const result = yield* run(at(port, { dialogue: [{ expect: "(a[ab]{150}|b[ab]{170})[c-z]" }] }))
      assert.strictEqual(outcomeOf(result), "down unexpected_answer")
      assert.include(result.message, "is too expensive for the messages that came")
    })
  )
})

describe("a run", () => {
  it.live("that is interrupted closes its connection", () =>
    Effect.gen(function* () {
      const accepted = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const { port } = yield* WebSocketTargets.make((webSocket) => {
        Deferred.doneUnsafe(accepted, Effect.void)
        webSocket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
      })
      const fiber = yield* Effect.forkChild(run(at(port, { dialogue: [{ expect: "x" }] })))
      yield* Deferred.await(accepted)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    })
  )

  it.live("dials nothing that the egress policy denies", () =>
    Effect.gen(function* () {
      const target = yield* HostileTargets.silent
      for (const url of [`ws://127.0.0.1:${target.port}/`, `wss://localhost:${target.port}/`, "ws://[::1]:1/"]) {
        assert.strictEqual(outcomeOf(yield* run({ url }, { allow: [] })), "error egress_denied")
      }
      assert.strictEqual(target.connections(), 0)
    })
  )
})
