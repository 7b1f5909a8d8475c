import { assert, layer } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Option, Redacted, Scope } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Database } from "../db/Database.ts"
import { defaultConnections } from "../db/DatabaseConfig.ts"
import { migrate } from "../db/Migrations.ts"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import * as OpenSeer from "../OpenSeer.ts"
import * as NodeServer from "./NodeServer.ts"
import { toNodeListener } from "./WebHandler.ts"

/** A control plane behind a real socket, whose callers are all of one organization. */
class ControlPlane extends Context.Service<
  ControlPlane,
  { readonly url: string; readonly stop: () => Promise<void> }
>()("@openseer/server/EventsHttp.test/ControlPlane") {}

const Live = Layer.effect(
  ControlPlane,
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const openSeer = yield* Effect.promise(() =>
      OpenSeer.start({
        databaseUrl: Redacted.value(url),
        authenticate: () => Promise.resolve({ id: "test", organizationId: "org_test", scopes: ["write"] })
      })
    )
    const server = createServer(toNodeListener(openSeer.handler))
    yield* Effect.promise(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)))
    yield* Effect.addFinalizer(() => Effect.sync(() => server.close().closeAllConnections()))
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/api/v1`, stop: openSeer.stop }
  })
).pipe(Layer.provide(TestDatabase.layer()))

const json = Effect.fnUntraced(function* (path: string, init?: RequestInit) {
  const { url } = yield* ControlPlane
  const response = yield* Effect.promise(() => fetch(url + path, init))
  // Tests look into answers of any shape.
  // eslint-disable-next-line typescript/no-explicit-any
  const body: any = yield* Effect.promise(() => response.json())
  return { status: response.status, body }
})

const create = json("/monitors", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ name: "Shop", spec: { url: "https://shop.example/" } })
}).pipe(Effect.map(({ body }) => body.id as string))

/** Opens the stream; `until` reads on until the text holds what is looked for, and answers all of it. */
const follow = Effect.fnUntraced(function* (query: string, headers: Record<string, string> = {}) {
  const { url } = yield* ControlPlane
  const response = yield* Effect.promise(() => fetch(`${url}/events${query}`, { headers }))
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  yield* Effect.addFinalizer(() => Effect.promise(() => reader.cancel().catch(() => undefined)))
  let text = ""
  const until = (wanted: string) =>
    Effect.promise(async () => {
      while (!text.includes(wanted)) {
        const { done, value } = await reader.read()
        if (done) return text
        text += value
      }
      return text
    }).pipe(Effect.timeout("5 seconds"))
  return { response, until }
})

layer(Live, { excludeTestServices: true })("results and events over HTTP", (it) => {
  it.effect("answers the questions about a monitor that has no results yet, and refuses what is not one", () =>
    Effect.gen(function* () {
      const id = yield* create
      const latency = yield* json(`/monitors/${id}/latency?points=48`)
      assert.strictEqual(latency.status, 200)
      assert.isAtMost(latency.body.p95.length, 48)
      assert.isNull(latency.body.overall.p95)
      const uptime = yield* json(`/monitors/${id}/uptime`)
      assert.deepInclude(uptime.body, { uptime: null, coverage: null, due: 0, region: null })
      assert.deepStrictEqual((yield* json(`/monitors/${id}/results?limit=5`)).body, { items: [] })
      assert.lengthOf((yield* json(`/monitors/${id}/timeline?days=90`)).body.days, 90)
      const overview = yield* json("/overview")
      assert.strictEqual(overview.body.monitors.unknown, 1)
      assert.strictEqual(overview.body.checksPerMinute, 1)
      assert.strictEqual((yield* json("/monitors/mon_zzzzzzzzzzzzzzzzzzzz/uptime")).status, 404)
      for (const [query, path] of [
        ["points=5", "points"],
        ["from=yesterday", "from"],
        ["from=2026-02-30T00:00:00Z", "from"],
        ["from=2030-01-01T00:00:00Z", "from"],
        ["region=elsewhere", "region"]
      ]) {
        const refused = yield* json(`/monitors/${id}/latency?${query}`)
        assert.strictEqual(refused.status, 400)
        assert.strictEqual(refused.body.errors[0].path, path)
      }
    })
  )

  it.effect("streams events from hello on, unbuffered, and goes on after Last-Event-ID", () =>
    Effect.gen(function* () {
      const { response, until } = yield* follow("")
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.strictEqual(response.headers.get("x-accel-buffering"), "no")
      const hello = yield* until("\n\n")
      const [, id] = /id: (\S+)/.exec(hello) ?? []
      assert.match(hello, /event: hello/)
      const monitorId = yield* create
      assert.match(yield* until("event: monitor"), /"resumed":false/)
      yield* until(monitorId)
      const resumed = yield* follow("?after=1.1.1", { "last-event-id": id! })
      const text = yield* resumed.until(monitorId)
      assert.match(text, /"resumed":true/)
      assert.strictEqual(text.split("event: monitor").length, 2)
      const { url } = yield* ControlPlane
      const bad = yield* Effect.promise(() => fetch(`${url}/events?after=nonsense`))
      assert.strictEqual(bad.status, 400)
    }).pipe(Effect.scoped)
  )

  it.effect("ends its streams when the control plane stops", () =>
    Effect.gen(function* () {
      const { stop } = yield* ControlPlane
      const { until } = yield* follow("")
      yield* until("event: hello")
      yield* Effect.timeout(Effect.promise(stop), "3 seconds")
      assert.notInclude(yield* until("never"), "failure")
    }).pipe(Effect.scoped)
  )
})

layer(TestDatabase.layer(), { excludeTestServices: true })("a server of its own", (it) => {
  it.effect("ends event streams as soon as it stops, and does not wait for them", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const port = yield* freePort
      const principal = { id: "test", organizationId: "org_test", scopes: ["read"] } as const
      const server = NodeServer.layer(OpenSeer.routes({ authenticate: () => Effect.succeed(Option.some(principal)) }), {
        host: "127.0.0.1",
        port
      }).pipe(
        Layer.provide(
          Layer.effectDiscard(migrate).pipe(Layer.provideMerge(Database.layer({ url, ...defaultConnections })))
        )
      )
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(server, scope)
      const { body } = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/api/v1/events`))
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
      assert.match((yield* Effect.promise(() => reader.read())).value ?? "", /event: hello/)
      const ended = yield* Effect.forkChild(
        Effect.promise(() => reader.read()),
        { startImmediately: true }
      )
      yield* Effect.timeout(Scope.close(scope, Exit.void), "3 seconds")
      assert.isTrue((yield* Fiber.join(ended)).done)
    })
  )
})

const freePort: Effect.Effect<number> = Effect.promise(
  () =>
    new Promise((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        server.close(() => done(port))
      })
    })
)
