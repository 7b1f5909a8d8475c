import { assert, describe, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import fc from "fast-check"
import * as Assertion from "./Assertion.ts"
import { CheckError, TargetFailed } from "./CheckFailure.ts"
import * as Judgement from "./Judgement.ts"
import { noPhases, type Observation } from "./Observation.ts"

const observed = (statusCode: number, totalMs = 20): Observation => ({
  totalUs: totalMs * 1_000,
  phases: noPhases,
  statusCode
})

const status = (
  comparison: Assertion.Comparison,
  expected: ReadonlyArray<number>,
  severity: "down" | "degraded" = "down"
): Assertion.Assertion => ({ source: "status", comparison, expected, severity })

describe("an assertion", () => {
  const table: ReadonlyArray<[Assertion.Comparison, ReadonlyArray<number>, number, boolean]> = [
    ["equals", [200], 200, true],
    ["equals", [200], 201, false],
    ["notEquals", [500], 200, true],
    ["notEquals", [500], 500, false],
    ["lessThan", [400], 399, true],
    ["lessThan", [400], 400, false],
    ["greaterThan", [199], 200, true],
    ["greaterThan", [199], 199, false],
    ["between", [200, 399], 200, true],
    ["between", [200, 399], 399, true],
    ["between", [200, 399], 400, false],
    ["oneOf", [200, 204, 301], 204, true],
    ["oneOf", [200, 204, 301], 302, false]
  ]
  for (const [comparison, expected, actual, holds] of table) {
    it(`says that ${actual} ${comparison} ${expected.join(", ")} is ${holds}`, () => {
      assert.strictEqual(Assertion.failures([status(comparison, expected)], observed(actual)).length === 0, holds)
    })
  }

  it("fails where there is nothing to compare", () => {
    const failed = Assertion.failures([status("notEquals", [500])], { totalUs: 1, phases: noPhases })
    assert.strictEqual(failed.length, 1)
  })

  it("is refused when it is unknown or has the wrong number of expected values", () => {
    const decode = Schema.decodeUnknownExit(Assertion.Assertion)
    for (const bad of [
      { source: "weather", comparison: "equals", expected: [1], severity: "down" },
      { source: "status", comparison: "resembles", expected: [1], severity: "down" },
      { source: "status", comparison: "between", expected: [1], severity: "down" },
      { source: "status", comparison: "equals", expected: [], severity: "down" },
      { source: "status", comparison: "equals", expected: [1], severity: "mild" }
    ]) {
      assert.isTrue(Exit.isFailure(decode(bad)), JSON.stringify(bad))
    }
  })
})

describe("a judgement", () => {
  it("is up when every assertion holds", () => {
    assert.strictEqual(Judgement.ofObservation([status("equals", [200])], observed(200)).outcome, "up")
  })

  it("takes the worst severity among what does not hold, and names all of it", () => {
    const judged = Judgement.ofObservation(
      [
        { source: "responseTimeMs", comparison: "lessThan", expected: [10], severity: "degraded" },
        status("equals", [200])
      ],
      observed(503)
    )
    assert.strictEqual(judged.outcome, "down")
    assert.strictEqual(judged.reason, "status")
    assert.include(judged.message, "responseTimeMs lessThan 10: got 20")
    assert.include(judged.message, "status equals 200: got 503")
  })

  it("says down of the target's failures and error of ours, which never paint a target red", () => {
    assert.strictEqual(
      Judgement.ofFailure(new TargetFailed({ reason: "connection_refused", message: "refused" })).outcome,
      "down"
    )
    assert.strictEqual(
      Judgement.ofFailure(new CheckError({ reason: "worker_overloaded", message: "busy" })).outcome,
      "error"
    )
  })

  it("cuts messages to size at whole characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 2_000 }), (message) => {
        const cut = Judgement.ofFailure(new TargetFailed({ reason: "status", message })).message!
        return cut.length <= Judgement.messageLengthMax && cut.isWellFormed()
      })
    )
  })
})
