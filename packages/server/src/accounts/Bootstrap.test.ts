import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, References, Result } from "effect"
import { Database } from "../db/Database.ts"
import { migrate } from "../db/Migrations.ts"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import { ApiKeys } from "./ApiKeys.ts"
import { bootstrap } from "./Bootstrap.ts"
import { Principals } from "./Principal.ts"
import { Sessions } from "./Sessions.ts"

const Fresh = Principals.layer.pipe(
  Layer.provideMerge(Layer.merge(ApiKeys.layer, Sessions.layer)),
  Layer.provideMerge(Layer.effectDiscard(migrate)),
  Layer.provideMerge(
    Layer.unwrap(
      TestDatabase.useSync(({ url }) =>
        Database.layer({ url, workerConnections: 1, apiConnections: 2, backgroundConnections: 4 })
      )
    )
  ),
  Layer.provide(TestDatabase.layer()),
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Warn"))
)

const authenticate = (key: Redacted.Redacted) =>
  Principals.use((principals) =>
    principals.authenticate({
      method: "GET",
      url: "/",
      headers: { authorization: `bearer ${Redacted.value(key)}` }
    })
  )
layer(Fresh, { excludeTestServices: true })("bootstrap", (it) => {
  it.effect("claims the instance for one of those who race for it, and for nobody after", () =>
    Effect.gen(function* () {
      const { background } = yield* Database
      const results = yield* Effect.all(
        Array.from({ length: 4 }, () => Effect.result(bootstrap({ organizationName: "Acme" }))),
        { concurrency: 4 }
      )
      const [claimed, ...more] = results.filter(Result.isSuccess)
      assert.strictEqual(more.length, 0)
      const organizations = yield* background.run(
        background.sql<{ organization_id: string; name: string }>`select organization_id, name from auth.organizations`
      )
      assert.deepStrictEqual(organizations, [{ organization_id: claimed!.success.organizationId, name: "Acme" }])
      const refused = yield* Effect.flip(bootstrap())
      assert.include(refused.message, "--new-key")

      const first = Option.getOrThrow(yield* authenticate(claimed!.success.apiKey))
      assert.deepStrictEqual(first.scopes, ["admin"])

      const another = yield* bootstrap({ newKey: true })
      assert.strictEqual(another.organizationId, claimed!.success.organizationId)
      const second = Option.getOrThrow(yield* authenticate(another.apiKey))
      assert.strictEqual(second.organizationKey, first.organizationKey)
      assert.notStrictEqual(second.id, first.id)
    })
  )

  it.effect("lets an embedding program name its own principals, and makes their organizations", () =>
    Effect.gen(function* () {
      const Embedded = Principals.layerEmbedder(({ headers }) =>
        Effect.succeed(
          Option.map(Option.fromNullishOr(headers["x-user"]), (user) => ({
            id: user,
            scopes: ["write" as const],
            ...(user === "root" ? {} : { organizationId: `tenant-${user}` })
          }))
        )
      )
      const ask = (user: string | undefined) =>
        Principals.use((principals) =>
          principals.authenticate({ method: "GET", url: "/", headers: { "x-user": user } })
        ).pipe(Effect.provide(Embedded))
      const [a, again, b, root] = yield* Effect.all([ask("a"), ask("a"), ask("b"), ask("root")], { concurrency: 4 })
      assert.strictEqual(Option.getOrThrow(a).kind, "embedder")
      assert.strictEqual(Option.getOrThrow(a).organizationKey, Option.getOrThrow(again).organizationKey)
      const keys = [a, b, root].map((principal) => Option.getOrThrow(principal).organizationKey)
      assert.strictEqual(new Set(keys).size, 3)
      assert.isTrue(Option.isNone(yield* ask(undefined)))
    })
  )
})
