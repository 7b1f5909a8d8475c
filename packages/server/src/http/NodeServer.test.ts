import { assert, layer } from "@effect/vitest"
import { WorkerRpc } from "@openseer/core"
import { Context, Effect, Fiber, Layer, Option } from "effect"
import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { Database } from "../db/Database.ts"
import { defaultConnections } from "../db/DatabaseConfig.ts"
import { migrate } from "../db/Migrations.ts"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import * as OpenSeer from "../OpenSeer.ts"
import * as NodeServer from "./NodeServer.ts"

/** A control plane on its own server, whose callers are one principal as long as they are signed in. */
class ControlPlane extends Context.Service<ControlPlane, { readonly port: number; isSignedIn: boolean }>()(
  "@openseer/server/NodeServer.test/ControlPlane"
) {}

const freePort: Effect.Effect<number> = Effect.promise(
  () =>
    new Promise((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        server.close(() => done(port))
      })
    })
)

const Live = Layer.effect(
  ControlPlane,
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const port = yield* freePort
    const state = { port, isSignedIn: true }
    const principal = { id: "test", organizationId: "org_test", scopes: ["read"] } as const
    const authenticate = () => Effect.sync(() => (state.isSignedIn ? Option.some(principal) : Option.none()))
    const database = Database.layer({ url, ...defaultConnections })
    yield* Layer.build(
      NodeServer.layer(OpenSeer.routes({ authenticate }), { host: "127.0.0.1", port }).pipe(
        Layer.provide(Layer.effectDiscard(migrate).pipe(Layer.provideMerge(database)))
      )
    )
    return state
  })
).pipe(Layer.provide(TestDatabase.layer()))

/** Sends bytes as they are and answers all that comes back until the server closes the connection. */
const exchange = Effect.fnUntraced(function* (text: string) {
  const { port } = yield* ControlPlane
  return yield* Effect.callback<string>((resume) => {
    let received = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.setEncoding("latin1")
    socket.on("data", (chunk) => {
      received += chunk
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })
})

const answerOf = Effect.fnUntraced(function* (path: string, init?: RequestInit) {
  const { port } = yield* ControlPlane
  return yield* Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return { status: response.status, text: await response.text() }
  })
})

layer(Live, { excludeTestServices: true })("a server of its own", (it) => {
  it.effect("answers what no route sees as problems, and ends the connection", () =>
    Effect.gen(function* () {
      const head = " HTTP/1.1\r\nHost: localhost\r\n\r\n"
      for (const [request, status] of [
        [`GET /${"a".repeat(20_000)}${head}`, 431],
        [`FOO /livez${head}`, 400],
        ["\0\0\0\r\n\r\n", 400],
        ["POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400]
      ] as const) {
        const [, body = ""] = (yield* exchange(request)).split("\r\n\r\n")
        assert.strictEqual(JSON.parse(body).status, status)
      }
    })
  )

  it.effect("serves a path in one spelling only", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* answerOf("/metrics")).status, 200)
      for (const path of ["/METRICS", "//metrics", "/api//v1/monitors", "/API/v1/monitors", "//rpc/worker", "/Docs"]) {
        assert.strictEqual((yield* answerOf(path)).status, 404, path)
      }
    })
  )

  it.effect("takes a few worker calls a request, and no flood of them", () =>
    Effect.gen(function* () {
      const payload = { protocol: WorkerRpc.protocolVersion, token: "osen_none", name: "w", version: "1" }
      const calls = (count: number) =>
        answerOf("/rpc/worker", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(
            Array.from({ length: count }, (_, i) => ({
              _tag: "Request",
              id: String(i),
              tag: "Enroll",
              payload,
              headers: []
            }))
          )
        })
      assert.lengthOf((yield* calls(16)).text.match(/EnrollmentRefused/g) ?? [], 16)
      const { text } = yield* calls(17)
      assert.notInclude(text, "EnrollmentRefused")
      assert.include(text, "at most 16 calls")
    })
  )

  it.effect("ends an event stream within seconds after its credential was refused, and a request that never ends", () =>
    Effect.gen(function* () {
      const slow = yield* Effect.forkChild(
        Effect.timeout(exchange("GET /livez HTTP/1.1\r\nHost: localhost\r\n"), "9 seconds"),
        { startImmediately: true }
      )
      const state = yield* ControlPlane
      const { body } = yield* Effect.promise(() => fetch(`http://127.0.0.1:${state.port}/api/v1/events`))
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
      assert.match((yield* Effect.promise(() => reader.read())).value ?? "", /event: hello/)
      state.isSignedIn = false
      const end = Effect.promise(() => reader.read())
      assert.isTrue((yield* Effect.timeout(end, "8 seconds")).done)
      assert.strictEqual((yield* answerOf("/api/v1/events")).status, 401)
      assert.match(yield* Fiber.join(slow), /^HTTP\/1.1 408 .*"status":408/s)
    })
  )
})
