import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { ServerResponse } from "node:http"
import { createClient } from "./Client.ts"
import { OpenSeerClient } from "./OpenSeerClient.ts"
import { OpenSeerError } from "./OpenSeerError.ts"
import { json, type Script, ScriptedServer } from "./testing/ScriptedServer.ts"

const apiKey = "osk_secretsecretsecret"
const monitorId = "mon_0123456789abcdefghij"

const open = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" })
const hello = (resumed: boolean) => `event: hello\ndata: {"serverVersion":"1","resumed":${resumed}}\n\n`
const changed = (id: string, name: string) =>
  `id: ${id}\nevent: monitor\ndata: ${JSON.stringify({ monitorId, change: "created", name })}\n\n`
const ping = "event: ping\ndata: {}\n\n"

const clientOf = ({ baseUrl }: ScriptedServer) => createClient({ baseUrl, apiKey })

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail("no error"),
    (error: unknown) => error instanceof OpenSeerError && error.kind
  )

describe("live events", () => {
  it("are told decoded and in order; pings, unknown kinds and what is split between packets do not show", async () => {
    await using server = await ScriptedServer.start((response) => {
      open(response).write(`retry: 10\n: comment\n\n${hello(false)}${ping}event: aurora\ndata: {"new":1}\n\n`)
      const text = Buffer.from(changed("1.1.1", "Käse"))
      const half = text.indexOf("ä") + 1
      response.write(text.subarray(0, half))
      setImmediate(() => response.write(text.subarray(half)))
    })
    const found: Array<unknown> = []
    for await (const event of clientOf(server).events({ monitorId, after: "1.0.0" })) {
      found.push(event)
      if (event.event === "monitor") break
    }
    assert.deepStrictEqual(found, [
      { event: "hello", data: { serverVersion: "1", resumed: false } },
      { id: "1.1.1", event: "monitor", data: { monitorId, change: "created", name: "Käse" } }
    ])
    assert.strictEqual(server.received[0]?.url, `/api/v1/events?after=1.0.0&monitor=${monitorId}`)
    assert.strictEqual(server.received[0]?.headers.authorization, `Bearer ${apiKey}`)
    while (server.open > 0) await new Promise(setImmediate)
  })

  it("go on where they were after a clean end, a broken connection and a control plane that is away", async () => {
    await using server = await ScriptedServer.start((response, _, index) => {
      if (index === 0) open(response).end(hello(false) + changed("1.1.1", "a") + changed("1.1.2", "b"))
      else if (index === 1) {
        open(response).write(hello(true) + changed("1.1.3", "c"))
        setImmediate(() => response.socket?.destroy())
      } else if (index === 2) {
        const busy = { type: "urn:openseer:problem:service-unavailable", title: "busy", status: 503 }
        json(response, 503, { ...busy, retryAfterSeconds: 0 }, { "retry-after": "0" })
      } else open(response).write(hello(true) + changed("1.1.4", "d"))
    })
    const names: Array<string> = []
    for await (const event of clientOf(server).events({ after: "1.1.0" })) {
      names.push(event.event === "monitor" ? event.data.name : event.event)
      if (names.at(-1) === "d") break
    }
    assert.deepStrictEqual(names, ["hello", "a", "b", "hello", "c", "hello", "d"])
    assert.deepStrictEqual(
      server.received.map(({ headers, url }) => [url, headers["last-event-id"]]),
      [
        ["/api/v1/events?after=1.1.0", undefined],
        ["/api/v1/events", "1.1.2"],
        ["/api/v1/events", "1.1.3"],
        ["/api/v1/events", "1.1.3"]
      ]
    )
  })

  it("end when the signal is aborted, with their connection", async () => {
    await using server = await ScriptedServer.start((response) => open(response).write(hello(false)))
    const controller = new AbortController()
    for await (const _ of clientOf(server).events({ signal: controller.signal })) controller.abort()
    while (server.open > 0) await new Promise(setImmediate)
    for await (const _ of clientOf(server).events({ signal: controller.signal })) assert.fail("an event after the end")
    assert.lengthOf(server.received, 1)
  })

  it("a problem ends them, also after a disconnect", async () => {
    await using server = await ScriptedServer.start((response, _, index) =>
      index === 0
        ? open(response).end(hello(false))
        : json(response, 401, { type: "urn:openseer:problem:unauthorized", title: "revoked", status: 401 })
    )
    const seen: Array<string> = []
    const follow = async () => {
      for await (const { event } of clientOf(server).events()) seen.push(event)
    }
    assert.strictEqual(await kindOf(follow()), "Unauthorized")
    assert.deepStrictEqual(seen, ["hello"])
  })

  it("data that is not in the contract is an UnexpectedAnswer", async () => {
    await using server = await ScriptedServer.start((response) => open(response).write("event: hello\ndata: {}\n\n"))
    const events = clientOf(server).events()[Symbol.asyncIterator]()
    assert.strictEqual(await kindOf(events.next()), "UnexpectedAnswer")
  })
})

const scripted = (script: Script) =>
  Effect.acquireRelease(
    Effect.promise(() => ScriptedServer.start(script)),
    (server) => Effect.promise(() => server[Symbol.asyncDispose]())
  )

/** Lets the sockets do their work, and time pass, until the fiber is done. */
const joinWhilePassing = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.raceFirst(
    Fiber.join(fiber),
    Effect.forever(
      Effect.andThen(
        Effect.promise(() => new Promise(setImmediate)),
        TestClock.adjust("100 millis")
      )
    )
  )

describe("live events, as time passes", () => {
  it.effect("a connection on which not even a ping comes is given up and made again", () =>
    Effect.gen(function* () {
      const server = yield* scripted((response) => open(response).write(hello(false)))
      const fiber = yield* OpenSeerClient.use(({ events }) => events().pipe(Stream.take(2), Stream.runCollect)).pipe(
        Effect.provide(OpenSeerClient.layer({ baseUrl: server.baseUrl, apiKey })),
        Effect.forkChild
      )
      assert.lengthOf(yield* joinWhilePassing(fiber), 2)
      assert.lengthOf(server.received, 2)
    })
  )

  it.effect("a control plane that never was there ends them after four more tries", () =>
    Effect.gen(function* () {
      const server = yield* scripted((response) => response.writeHead(502).end())
      const fiber = yield* OpenSeerClient.use(({ events }) => Stream.runDrain(events())).pipe(
        Effect.provide(OpenSeerClient.layer({ baseUrl: server.baseUrl, apiKey })),
        Effect.flip,
        Effect.forkChild
      )
      const failure = yield* joinWhilePassing(fiber)
      assert.strictEqual(failure._tag === "Unreachable" && failure.reason, "gateway")
      assert.lengthOf(server.received, 5)
    })
  )
})
