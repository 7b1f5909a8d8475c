import { assert, describe, it } from "@effect/vitest"
import { CheckFailure, CheckType, Observation, Secret } from "@openseer/core"
import { Context, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Executor from "./Executor.ts"
import * as Executors from "./Executors.ts"

const LedgerCheck = CheckType.make({
  kind: "acme-ledger",
  version: 2,
  spec: Schema.Struct({ account: Schema.String, token: Schema.optionalKey(Schema.String) }),
  target: ({ account }) => account,
  defaultAssertions: [{ source: "responseTimeMs", comparison: "lessThan", expected: 100, severity: "degraded" }]
})

class Ledger extends Context.Service<Ledger, { readonly balance: number }>()("@openseer/worker-sdk/test/Ledger") {}

const observation = (totalUs: number): Observation.Observation => ({ totalUs, phases: Observation.noPhases })

const ref = { kind: "acme-ledger", version: 2 }

const member = { spec: { account: "a" }, assertions: [], timeoutMs: 1_000 }

/** Runs one member with an executor that does this. */
const run = (execute: Effect.Effect<Observation.Observation, CheckFailure.CheckFailure>, overrides = {}) =>
  Executors.make([Executor.make(LedgerCheck, () => execute)]).pipe(
    Effect.flatMap(({ prepare }) => prepare(ref, { ...member, ...overrides }))
  )

describe("Executors", () => {
  it.effect("names what it can execute, and refuses the rest", () =>
    Effect.gen(function* () {
      const executors = yield* Executors.make([Executor.make(LedgerCheck, () => Effect.succeed(observation(1)))])
      assert.deepStrictEqual(executors.checkTypes, [ref])
      for (const other of [
        { kind: "acme-ledger", version: 1 },
        { kind: "http", version: 2 }
      ]) {
        assert.deepInclude(yield* executors.prepare(other, member), { outcome: "error", reason: "unsupported_check" })
      }
    })
  )

  it.effect("gives the executor the decoded spec, the timeout and the services it was made with", () =>
    Effect.gen(function* () {
      const executor = Executor.make(LedgerCheck, ({ account }, { timeoutMs }) =>
        Effect.map(Ledger, ({ balance }) => ({ ...observation(balance), detail: { account, timeoutMs } }))
      )
      const { prepare } = yield* Effect.provideService(Executors.make([executor]), Ledger, { balance: 7 })
      const executed = yield* prepare(ref, member)
      assert.deepStrictEqual(executed.observation, { ...observation(7), detail: { account: "a", timeoutMs: 1_000 } })
      assert.strictEqual(executed.outcome, "up")
      assert.isTrue(Number.isInteger(executed.errorBoundUs) && executed.errorBoundUs >= 0)
    })
  )

  it.effect("judges by the member's assertions, or by the check type's when there are none", () =>
    Effect.gen(function* () {
      const slow = Effect.succeed(observation(150_000))
      assert.deepInclude(yield* run(slow), { outcome: "degraded", reason: "assertion" })
      const own = { source: "responseTimeMs", comparison: "lessThan", expected: 200, severity: "down" } as const
      assert.deepInclude(yield* run(slow, { assertions: [own] }), { outcome: "up" })
    })
  )

  it.effect("says where a spec is wrong, and not what stands there", () =>
    Effect.gen(function* () {
      const executed = yield* run(Effect.succeed(observation(1)), { spec: { account: "a", token: ["s3cret"] } })
      assert.deepInclude(executed, { outcome: "error", reason: "invalid_spec" })
      assert.include(executed.message, "token")
      assert.notInclude(executed.message, "s3cret")
    })
  )

  it.effect("executes nothing when the control plane could not open a secret: the run is an error that names it", () =>
    Effect.gen(function* () {
      const spec = { account: "a", more: { headers: [{ sealed: "k1" }] } }
      const executed = yield* run(Effect.succeed(observation(1)), { spec })
      assert.deepInclude(executed, { outcome: "error", reason: "invalid_spec" })
      assert.include(executed.message, "spec.more.headers.0, which the key k1 sealed")
    })
  )

  it.effect("tells the target's failures from our own", () =>
    Effect.gen(function* () {
      const down = new CheckFailure.TargetFailed({ reason: "check_failed", message: "no", observation: observation(3) })
      assert.deepInclude(yield* run(Effect.fail(down)), {
        outcome: "down",
        reason: "check_failed",
        message: "no",
        observation: observation(3)
      })
      const ours = new CheckFailure.CheckError({ reason: "network_down", message: "offline" })
      assert.deepInclude(yield* run(Effect.fail(ours)), { outcome: "error", reason: "network_down" })
    })
  )

  it.effect("makes defects of any kind an error that quotes nothing", () =>
    Effect.gen(function* () {
      const throwing = Executor.make(LedgerCheck, (): Effect.Effect<Observation.Observation> => {
        throw new TypeError("s3cret")
      })
      const { prepare } = yield* Executors.make([throwing])
      for (const executed of [
        yield* prepare(ref, member),
        yield* run(Effect.die(new RangeError("s3cret"))),
        yield* run(Effect.die("s3cret")),
        yield* run(Effect.interrupt)
      ]) {
        assert.deepInclude(executed, { outcome: "error", reason: "executor_defect" })
        assert.notInclude(executed.message, "s3cret")
      }
    })
  )

  it.effect("stops an executor a second after the deadline that it did not keep", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(run(Effect.never), { startImmediately: true })
      yield* TestClock.adjust(1_999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(fiber), { outcome: "error", reason: "executor_defect" })
    })
  )

  it.effect("takes an assertion that it does not know for an error of its own, and never for one that holds", () =>
    Effect.gen(function* () {
      const good = { source: "responseTimeMs", comparison: "lessThan", expected: 200, severity: "down" }
      for (const unknown of [
        { ...good, source: "weather" },
        { ...good, comparison: "resembles" },
        { ...good, negate: true },
        { source: "body", comparison: "matches", expected: "(?=x)", severity: "down" },
        "responseTimeMs < 200"
      ]) {
        const executed = yield* run(Effect.succeed(observation(1)), { assertions: [good, unknown] })
        assert.deepInclude(executed, { outcome: "error", reason: "unsupported_assertion" })
        assert.include(executed.message, "assertion 1")
      }
    })
  )

  it.effect("tells the executor what the assertions look at, and keeps the content that it returns to itself", () =>
    Effect.gen(function* () {
      const executor = Executor.make(LedgerCheck, (_spec, { assertionSources }) =>
        Effect.succeed({ ...observation(1), content: { body: [...assertionSources].join(" "), banner: "hi" } })
      )
      const { prepare } = yield* Executors.make([executor])
      const body = { source: "body", comparison: "equals", expected: "body banner", severity: "down" }
      const banner = { source: "banner", comparison: "exists", severity: "down" }
      const executed = yield* prepare(ref, { ...member, assertions: [body, banner] })
      assert.strictEqual(executed.outcome, "up")
      assert.deepStrictEqual(executed.observation, observation(1))
    })
  )

  it.effect("keeps the secrets of the spec out of all that it tells, however the target sends them back", () =>
    Effect.gen(function* () {
      const token = "tok-7f3a/9+b&c"
      const spec = { account: "shop", token: { secret: token } }
      const SecretCheck = CheckType.make({
        kind: "acme-ledger",
        version: 2,
        spec: Schema.Struct({ account: Schema.String, token: Secret.Secret }),
        target: ({ account }) => account
      })
      const echo = `${"x".repeat(150)} ${token} ${encodeURIComponent(token)} ${btoa(token)} ${btoa(`shop:${token}`)} ${JSON.stringify({ token })}`
      const seen: Observation.Observed = {
        ...observation(1),
        headers: { "x-echo": echo.slice(0, 256) },
        redirectTarget: `https://b.example/?t=${encodeURIComponent(token)}`,
        hops: [{ url: `https://a.example/${token}`, totalUs: 1, phases: Observation.noPhases }],
        detail: { [token]: [token, { deep: `Basic ${btoa(`shop:${token}`)}` }] },
        content: { body: `${echo} ${"y".repeat(1_600)} ${echo}`, banner: token, headers: { "x-echo": echo } }
      }
      const assertions = [
        { source: "body", comparison: "empty", severity: "down" },
        { source: "banner", comparison: "notMatches", expected: token.slice(0, 5), severity: "down" },
        { source: "header", property: "x-echo", comparison: "notContains", expected: token, severity: "down" },
        { source: "detail", property: "$..*", comparison: "empty", severity: "down" }
      ]
      const failure = new CheckFailure.TargetFailed({
        reason: "check_failed",
        message: `no: ${echo}`,
        observation: seen
      })
      for (const outcome of [Effect.succeed(seen), Effect.fail(failure)]) {
        for (const asked of [assertions, []]) {
          const { prepare } = yield* Executors.make([Executor.make(SecretCheck, () => outcome)])
          const told = JSON.stringify(yield* prepare(ref, { ...member, spec, assertions: asked }))
          for (const spelling of [token, encodeURIComponent(token), btoa(token), btoa(`shop:${token}`).slice(0, 16)]) {
            assert.notInclude(told, spelling)
          }
          assert.include(told, "***")
        }
      }
    })
  )

  it.effect("decodes the spec once for all ticks", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const executor = Executor.make(LedgerCheck, (spec) => Effect.sync(() => (seen.push(spec), observation(1))))
      const { prepare } = yield* Executors.make([executor])
      yield* Effect.repeat(prepare(ref, member), { times: 2 })
      assert.strictEqual(seen.length, 3)
      assert.strictEqual(seen[0], seen[2])
    })
  )
})
