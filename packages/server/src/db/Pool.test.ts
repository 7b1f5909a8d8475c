import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { createServer, type AddressInfo, type Socket } from "node:net"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import * as Pool from "./Pool.ts"

const Environment = TestDatabase.layer().pipe(Layer.provideMerge(Reactivity.layer))

const pool = (options: Partial<Pool.PoolOptions>) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    return yield* Pool.make({
      name: "api",
      url,
      connections: 1,
      statementTimeoutMs: 2_000,
      waitersMax: 2,
      ...options
    })
  })

layer(Environment, { excludeTestServices: true })("a pool", (it) => {
  it.effect("turns callers away at once when too many wait, and serves those that it admitted", () =>
    Effect.gen(function* () {
      const { run, sql } = yield* pool({})
      const slow = run(sql`select pg_sleep(0.4)`)
      const admitted = yield* Effect.all([slow, slow, slow], { concurrency: "unbounded" }).pipe(
        Effect.forkChild({ startImmediately: true })
      )
      const startedAt = performance.now()
      const refused = yield* Effect.flip(slow)
      assert.strictEqual(refused.reason, "queue_full")
      assert.isAbove(refused.retryAfterMs, 0)
      assert.isBelow(performance.now() - startedAt, 200)
      yield* Fiber.join(admitted)
    }).pipe(Effect.scoped)
  )

  it.effect("ends a statement at its deadline and goes on working", () =>
    Effect.gen(function* () {
      const { run, sql } = yield* pool({ statementTimeoutMs: 300 })
      const late = yield* Effect.flip(run(sql`select pg_sleep(30)`))
      assert.strictEqual(late.reason, "timeout")
      assert.deepStrictEqual(yield* run(sql`select 1 as one`), [{ one: 1 }])
    }).pipe(Effect.scoped)
  )

  it.effect("retries a lost connection, so that a killed backend is not seen", () =>
    Effect.gen(function* () {
      const { run, sql } = yield* pool({})
      let tries = 0
      const result = yield* run(
        Effect.gen(function* () {
          tries++
          if (tries === 1) yield* sql`select pg_terminate_backend(pg_backend_pid())`
          return yield* sql`select 1 as one`
        })
      )
      assert.deepStrictEqual(result, [{ one: 1 }])
      assert.strictEqual(tries, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("frees its callers within deadline and grace when the network swallows everything", () =>
    Effect.gen(function* () {
      const { url } = yield* silentProxy
      const { run, sql } = yield* pool({ url, statementTimeoutMs: 500 })
      const startedAt = performance.now()
      const busy = yield* Effect.flip(run(sql`select 1`))
      assert.include(["timeout", "unreachable"], busy.reason)
      assert.isBelow(performance.now() - startedAt, 6_000)
    }).pipe(Effect.scoped)
  )

  it.effect("is a defect for statements that are wrong, whose text no caller sees", () =>
    Effect.gen(function* () {
      const { run, sql } = yield* pool({})
      const exit = yield* Effect.exit(run(sql`select nonsense`))
      assert.strictEqual(exit._tag === "Failure" && exit.cause.reasons[0]?._tag, "Die")
    }).pipe(Effect.scoped)
  )
})

/** Accepts connections and never answers. */
const silentProxy = Effect.gen(function* () {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket))
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )
  return { url: Redacted.make(`postgres://nobody@127.0.0.1:${port}/nothing`) }
})
