import { assert, describe, it } from "@effect/vitest"
import { BuiltInChecks, CheckType } from "@openseer/core"
import { Effect, Layer, Schema } from "effect"
import { allWith, CheckTypes } from "./CheckTypes.ts"
import * as OpenSeer from "./OpenSeer.ts"

const LedgerCheck = CheckType.make({
  kind: "acme-ledger",
  version: 3,
  spec: Schema.Struct({
    account: Schema.String,
    currency: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("EUR")))
  }),
  target: ({ account, currency }) => `${account} (${currency})`
})

const own = (kind: string, more: object = {}) =>
  CheckType.make({ kind, version: 1, spec: Schema.Struct({}), target: () => "", ...more })

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

  it.effect("refuse one of one's own that would take another's place, or that nobody could use, with a sentence", () =>
    Effect.gen(function* () {
      for (const [types, sentence] of [
        [[own("heartbeat")], 'check type "heartbeat": this kind is built in: give yours a prefix, like acme-heartbeat'],
        [[own("acme-a"), own("acme-a")], 'check type "acme-a": there are two of this kind: leave one out'],
        [[own("acme-a"), own("Acme B")], /^check type "Acme B": its kind must be up to 32 lower case letters/],
        [[own("acme-a", { version: 0 })], /its version 1 to 32767$/],
        [[own("acme-a", { inbound: true })], /^check type "acme-a": it is inbound, which only the built-in heartbeat/]
      ] as const) {
        const { message } = yield* Effect.flip(Layer.build(CheckTypes.layer(types)))
        if (typeof sentence === "string") assert.strictEqual(message, sentence)
        else assert.match(message, sentence)
        // Nothing listens there: it is refused before the database is touched.
        const started = OpenSeer.start({ databaseUrl: "postgres://127.0.0.1:1/none", checkTypes: types })
        const rejected = yield* Effect.flip(Effect.tryPromise({ try: () => started, catch: String }))
        assert.include(rejected, message)
      }
    })
  )

  it.effect("take the very same one once, however often it is handed over", () =>
    Effect.gen(function* () {
      const all = yield* allWith([LedgerCheck, BuiltInChecks.builtInChecks[0]!, LedgerCheck])
      assert.deepStrictEqual(
        all.map(({ kind }) => kind),
        [...builtInKinds, "acme-ledger"]
      )
    })
  )

  it.effect("show a stored spec that they can't decode any more by its kind", () =>
    Effect.gen(function* () {
      const { targetOf } = yield* CheckTypes
      assert.strictEqual(targetOf("http", { address: "of an older version" }), "http")
      assert.strictEqual(targetOf("gone", {}), "gone")
    }).pipe(Effect.provide(layer))
  )

  it.effect("list those that a form can offer, the heartbeat as the one that is inbound", () =>
    Effect.gen(function* () {
      const { list } = yield* CheckTypes
      assert.deepStrictEqual(
        list.filter(({ inbound }) => inbound).map(({ kind, sources, title }) => ({ kind, sources, title })),
        [{ kind: "heartbeat", sources: [], title: "Heartbeat" }]
      )
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
