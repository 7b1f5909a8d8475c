import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, References } from "effect"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import { Database } from "./Database.ts"
import * as DatabaseStart from "./DatabaseStart.ts"

const Environment = TestDatabase.layer().pipe(Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Error")))

const databaseAt = (change: (url: URL) => void) =>
  Layer.unwrap(
    TestDatabase.useSync((test) => {
      const url = new URL(Redacted.value(test.url))
      change(url)
      return Database.layer({
        url: Redacted.make(url.href),
        workerConnections: 1,
        apiConnections: 1,
        backgroundConnections: 1
      })
    })
  )

const asOwner = (statement: string) =>
  Database.use(({ background }) => background.run(background.sql.unsafe(statement))).pipe(
    Effect.provide(databaseAt(() => undefined))
  )

layer(Environment, { excludeTestServices: true })("a start", (it) => {
  it.effect("waits for a database that takes no connections yet", () =>
    Effect.gen(function* () {
      const { name } = yield* TestDatabase
      yield* Effect.acquireRelease(asOwner(`create role ${name} login password 'secret' connection limit 0`), () =>
        Effect.orDie(asOwner(`drop role ${name}`))
      )
      const guest = databaseAt((url) => {
        url.username = name
        url.password = "secret"
      })
      yield* Effect.gen(function* () {
        const { api } = yield* Database
        const started = yield* Effect.forkChild(DatabaseStart.untilThere, { startImmediately: true })
        const busy = yield* Effect.flip(api.run(api.sql`select 1`))
        assert.strictEqual(busy.reason, "unreachable")
        assert.isUndefined(started.pollUnsafe())
        yield* asOwner(`alter role ${name} connection limit -1`)
        yield* Fiber.join(started)
      }).pipe(Effect.provide(guest))
    }).pipe(Effect.scoped)
  )

  it.effect("does not wait for what will not change, and says what it is", () =>
    Effect.gen(function* () {
      const nowhere = databaseAt((url) => {
        url.pathname = "/nowhere"
      })
      const { message } = yield* DatabaseStart.untilThere.pipe(Effect.flip, Effect.provide(nowhere))
      assert.strictEqual(message, 'the database refuses: database "nowhere" does not exist')
    })
  )
})
