import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SecondFactor } from "../accounts/SecondFactor.ts"
import { CheckTypes } from "../CheckTypes.ts"
import { Leases } from "../lease/Leases.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as SecretKeys from "../secrets/SecretKeys.ts"
import * as TestAuthenticator from "../testing/TestAuthenticator.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Monitors } from "./Monitors.ts"
import { OneOffJobs } from "./OneOffJobs.ts"
import * as SecretRotation from "./SecretRotation.ts"

const lines = { old: SecretKeys.newLine(), new: SecretKeys.newLine(), other: SecretKeys.newLine() }
const idOf = (name: keyof typeof lines): string => lines[name].split(":")[0]!
const boxWith = (...names: ReadonlyArray<keyof typeof lines>) =>
  Layer.unwrap(
    Effect.map(SecretKeys.parse(names.map((name) => lines[name]).join("\n")), (keys) => SecretBox.layer(keys))
  )

const withBox = <A, E, R>(effect: Effect.Effect<A, E, R>, ...names: ReadonlyArray<keyof typeof lines>) =>
  Effect.provide(effect, boxWith(...names))

const monitorsWith = (...names: ReadonlyArray<keyof typeof lines>) =>
  Effect.provide(Monitors, Layer.fresh(Monitors.layer).pipe(Layer.provide([boxWith(...names), CheckTypes.layer()])))

const factorWith = (...names: ReadonlyArray<keyof typeof lines>) =>
  Effect.provide(SecondFactor, Layer.fresh(SecondFactor.layer).pipe(Layer.provide(boxWith(...names))))

/** A number that JavaScript can't hold: what is rotated must be the text that is stored, and nothing that was parsed. */
const exact = "12345678901234567890.12345678901234567890"

const specOf = (secret: string) => ({
  url: "https://a.example/",
  headers: { a: { secret }, b: { secret: `${secret}b` }, c: "open" }
})

const setup = Effect.gen(function* () {
  const { organizationKey, rows, workerKey } = yield* TestInstance
  const create = (monitors: Monitors["Service"], secret: string) =>
    monitors.create(organizationKey, {
      name: "m",
      kind: "http",
      spec: specOf(secret),
      intervalMs: 1_000,
      regions: ["global"],
      tags: []
    })
  const specs = (table = "monitors") =>
    Effect.map(rows<{ text: string }>(`select spec::text as text from app.${table} order by 1`), (found) =>
      found.map(({ text }) => text)
    )
  const secretsOf = Effect.fnUntraced(function* (id: string, ...names: ReadonlyArray<keyof typeof lines>) {
    yield* rows(
      "update app.jobs set due_at = now(), ready_at = now(), lease_id = null, attempts = 0 where members <> '{}'"
    )
    const { grant } = yield* Effect.provide(Leases, Layer.provide(Layer.fresh(Leases.layer), boxWith(...names)))
    const [region] = yield* rows<{ key: number }>(
      "select region_key::int as key from app.regions where name = 'global'"
    )
    const jobs = yield* grant({
      workerKey,
      regionKeys: [region!.key],
      capacity: 10_000,
      horizonMs: 0,
      checkTypes: [{ kind: "http", version: 1 }],
      known: []
    })
    const member = jobs.flatMap(({ members }) => members ?? []).find(({ monitorId }) => monitorId === id)
    return (member!.spec as { readonly headers: unknown }).headers
  })
  return { create, organizationKey, rows, secretsOf, specs }
})

const fresh = { excludeTestServices: true } as const

layer(TestInstance.layer, fresh)("rotation", (it) => {
  it.effect(
    "seals everything anew with the first key, so that the old one may go, and finds nothing the second time",
    () =>
      Effect.gen(function* () {
        const { create, organizationKey, rows, secretsOf, specs } = yield* setup
        const before = yield* monitorsWith("old")
        const count = SecretRotation.batchSize + 5
        const ids = yield* Effect.forEach(Array.from({ length: count }), (_, n) => create(before, `s${n}`), {
          concurrency: 4
        })
        yield* rows(`update app.monitors set spec = spec || '{"exact": ${exact}}' where monitor_id = '${ids[1]}'`)
        yield* before.remove(organizationKey, ids[2]!)
        yield* Effect.provide(
          OneOffJobs.use(({ draft, run }) =>
            Effect.all([
              run(organizationKey, ids[0]!, { waitMs: 0 }),
              draft(organizationKey, { kind: "http", spec: specOf("draft"), regions: ["global"], waitMs: 0 })
            ])
          ),
          Layer.fresh(OneOffJobs.layer).pipe(Layer.provide([boxWith("old"), CheckTypes.layer()]))
        )

        const examined = yield* withBox(SecretRotation.examine, "new", "old")
        assert.deepStrictEqual(examined, {
          secrets: count * 2 + 4,
          old: count * 2 + 4,
          resealed: 0,
          missing: new Map()
        })
        const rotated = yield* withBox(SecretRotation.rotate, "new", "old")
        assert.deepStrictEqual(rotated, { ...examined, old: 0, resealed: count * 2 + 4 })
        const after = [...(yield* specs()), ...(yield* specs("one_off_jobs"))]
        assert.lengthOf(after, count + 2)
        for (const text of after)
          assert.isTrue(text.split(`v1.${idOf("new")}.`).length === 3 && !text.includes(idOf("old")))
        assert.lengthOf(
          after.filter((text) => text.includes(exact)),
          1
        )
        assert.deepStrictEqual(yield* secretsOf(ids[0]!, "new"), specOf("s0").headers)
        assert.deepStrictEqual(yield* secretsOf(ids.at(-1)!, "new"), specOf(`s${count - 1}`).headers)

        assert.deepStrictEqual(yield* withBox(SecretRotation.rotate, "new"), { ...rotated, resealed: 0 })
        assert.deepStrictEqual([...(yield* specs()), ...(yield* specs("one_off_jobs"))], after)
      })
  )
})

layer(TestInstance.layer, fresh)("rotating", (it) => {
  it.effect("seals the secrets of second factors anew, whose codes go on being taken", () =>
    Effect.gen(function* () {
      const { rows } = yield* setup
      const [user] = yield* rows<{ key: number }>(
        "insert into auth.users (user_id, email, name) values ('usr_1', 'a@a.example', 'A') returning user_key as key"
      )
      const { secret } = yield* (yield* factorWith("old")).offer(user!.key)
      const rotated = yield* withBox(SecretRotation.rotate, "new", "old")
      assert.deepStrictEqual(rotated, { secrets: 1, old: 0, resealed: 1, missing: new Map() })
      const [now] = yield* rows<{ step: number }>("select floor(extract(epoch from now()) / 30)::int as step")
      const code = TestAuthenticator.codeOf(secret, now!.step)
      const codes = yield* (yield* factorWith("new")).confirm(user!.key, code)
      assert.lengthOf(codes, 10)
      yield* rows("delete from auth.users")
    })
  )

  it.effect("leaves what it can't open as it is, and counts it by key", () =>
    Effect.gen(function* () {
      const { create, specs } = yield* setup
      yield* create(yield* monitorsWith("other"), "x")
      yield* create(yield* monitorsWith("old"), "y")
      const before = yield* specs()
      const { missing, resealed } = yield* withBox(SecretRotation.rotate, "new", "old")
      assert.strictEqual(resealed, 2)
      assert.deepStrictEqual([...missing], [[idOf("other"), 2]])
      const kept = (yield* specs()).filter((text) => text.includes(idOf("other")))
      assert.deepStrictEqual(
        kept,
        before.filter((text) => text.includes(idOf("other")))
      )
    })
  )

  it.effect("by several at once, beside editors, loses no change and leaves no secret with the old key", () =>
    Effect.gen(function* () {
      const { create, organizationKey, secretsOf, specs } = yield* setup
      const before = yield* monitorsWith("old")
      const during = yield* monitorsWith("old", "new")
      const ids = yield* Effect.forEach(Array.from({ length: 20 }), (_, n) => create(before, `s${n}`))
      const edits = Effect.forEach(ids, (id, n) =>
        during.update(organizationKey, id, { name: `n${n}`, spec: specOf(`t${n}`) })
      )
      yield* Effect.all(
        [edits, ...Array.from({ length: 3 }, () => withBox(SecretRotation.rotate, "new", "old", "other"))],
        { concurrency: "unbounded" }
      )
      yield* withBox(SecretRotation.rotate, "new", "old", "other")
      for (const text of yield* specs()) assert.notInclude(text, idOf("old"))
      for (const [n, id] of ids.entries()) {
        assert.deepStrictEqual(yield* secretsOf(id, "new"), specOf(`t${n}`).headers)
      }
    })
  )
})
