import { assert, describe, it } from "@effect/vitest"
import { BuiltInChecks, CheckType } from "@openseer/core"
import { Effect, Schema } from "effect"
import { CheckTypes } from "./CheckTypes.ts"

const LedgerCheck = CheckType.make({
  kind: "acme-ledger",
  version: 3,
  spec: Schema.Struct({
    account: Schema.String,
    currency: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("EUR")))
  }),
  target: ({ account, currency }) => `${account} (${currency})`
})

const layer = CheckTypes.layer([LedgerCheck])

const builtInKinds = BuiltInChecks.builtInChecks.map(({ kind }) => kind)

describe("check types", () => {
  it.effect("decode a spec of a type of one's own as strictly as a built-in one, filling in its defaults", () =>
    Effect.gen(function* () {
      const { decode, targetOf } = yield* CheckTypes
      const stored = decode("acme-ledger", { account: "7" })
      assert.deepInclude(stored, { version: 3, spec: { account: "7", currency: "EUR" } })
      assert.strictEqual(targetOf("acme-ledger", { account: "7", currency: "EUR" }), "7 (EUR)")
      assert.deepStrictEqual(decode("acme-ledger", { account: 7, admin: true }), [
        { path: "spec.admin", message: "is not known here: leave it out" },
        { path: "spec.account", message: "Expected string" }
      ])
      assert.deepStrictEqual(decode("acme-ledger", {}), [{ path: "spec.account", message: "is required" }])
    }).pipe(Effect.provide(layer))
  )

  it.effect("refuse a kind that nobody defined, naming those that are", () =>
    Effect.gen(function* () {
      const { decode } = yield* CheckTypes
      assert.deepStrictEqual(decode("gopher", {}), [
        { path: "kind", message: `must be one of ${[...builtInKinds, "acme-ledger"].join(", ")}` }
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("show a stored spec that they can't decode any more by its kind", () =>
    Effect.gen(function* () {
      const { targetOf } = yield* CheckTypes
      assert.strictEqual(targetOf("http", { address: "of an older version" }), "http")
      assert.strictEqual(targetOf("gone", {}), "gone")
    }).pipe(Effect.provide(layer))
  )

  it.effect("describe their specs as JSON Schema", () =>
    Effect.gen(function* () {
      const { list } = yield* CheckTypes
      assert.deepStrictEqual(
        list.map(({ kind }) => kind),
        [...builtInKinds, "acme-ledger"]
      )
      assert.deepInclude(list.at(-1)!.schema, {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        required: ["account"]
      })
    }).pipe(Effect.provide(layer))
  )
})
