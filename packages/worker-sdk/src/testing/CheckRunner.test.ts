import { assert, describe, it } from "@effect/vitest"
import { CheckFailure, CheckType, Observation, Secret } from "@openseer/core"
import { Console, Effect, Schema } from "effect"
import * as Executor from "../execute/Executor.ts"
import { httpExecutor } from "../execute/HttpExecutor.ts"
import * as CheckRunner from "./CheckRunner.ts"
import * as HostileTargets from "./HostileTargets.ts"

const LedgerCheck = CheckType.make({
  kind: "acme-ledger",
  version: 1,
  spec: Schema.Struct({ account: Schema.String, token: Schema.optionalKey(Secret.Secret) }),
  target: ({ account }) => account
})

/** Takes a minute, which nobody has to wait for. */
const slow = Executor.make(LedgerCheck, (_, { timeoutMs }) =>
  Effect.sleep("1 minute").pipe(
    Effect.as({ totalUs: 60_000_000, phases: Observation.noPhases, detail: { balance: 7 } }),
    Effect.timeoutOrElse({
      duration: timeoutMs,
      orElse: () => Effect.fail(new CheckFailure.TargetFailed({ reason: "timeout", message: "too slow" }))
    })
  )
)

describe("CheckRunner", () => {
  it.live("runs a check with its assertions against a target on loopback", () =>
    Effect.gen(function* () {
      const { url } = yield* HostileTargets.http((_, response) => response.writeHead(503).end())
      const executed = yield* CheckRunner.run(httpExecutor, { url })
      assert.deepInclude(executed, { outcome: "down", reason: "status" })
      const wanted = { source: "status", comparison: "equals", expected: 503, severity: "down" }
      assert.strictEqual((yield* CheckRunner.run(httpExecutor, { url }, { assertions: [wanted] })).outcome, "up")
    }).pipe(Effect.provide(CheckRunner.loopback))
  )

  it.live("moves a fake clock, so that a minute takes no time", () =>
    Effect.gen(function* () {
      const startedAt = performance.now()
      const spec = { account: "a" }
      const late = yield* CheckRunner.runWithFakeClock(slow, spec, { elapsedMs: 10_000 })
      assert.deepInclude(late, { outcome: "down", reason: "timeout" })
      const inTime = yield* CheckRunner.runWithFakeClock(slow, spec, { elapsedMs: 60_000, timeoutMs: 60_001 })
      assert.strictEqual(inTime.outcome, "up")
      assert.isBelow(performance.now() - startedAt, 5_000)
    })
  )

  it.live("prints what was seen", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const console = { ...globalThis.console, log: (line: unknown) => lines.push(line) }
      const executed = yield* CheckRunner.runWithFakeClock(slow, { account: "a" }, { elapsedMs: 10_000 })
      yield* CheckRunner.print(executed).pipe(Effect.provideService(Console.Console, console))
      assert.include(lines.join("\n"), "✖ down  check\n  timeout: too slow")
    })
  )
})
