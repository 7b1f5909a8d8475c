import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Sketch from "./Sketch.ts"

const latency = fc.integer({ min: 1, max: 100_000_000 })
const values = fc.array(latency, { minLength: 1, maxLength: 300 })

/** The value at a rank, exactly. */
const exact = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!

describe("the sketch", () => {
  it("answers every quantile within one percent of the exact one", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (some, q) => {
        const truth = exact(
          some.toSorted((a, b) => a - b),
          q
        )
        const answer = Sketch.quantile(Sketch.fromValues(some), q)!
        return Math.abs(answer - truth) <= truth * Sketch.relativeError * 1.0001 + 1e-9
      })
    )
  })

  it("merged, answers exactly as one sketch of all values, in any order and grouping", () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const [x, y, z] = [a, b, c].map(Sketch.fromValues) as [Sketch.Sketch, Sketch.Sketch, Sketch.Sketch]
        assert.deepStrictEqual(Sketch.merge([x, Sketch.merge([y, z])]), Sketch.fromValues([...a, ...b, ...c]))
        assert.deepStrictEqual(Sketch.merge([z, y, x]), Sketch.merge([x, y, z]))
        for (const q of [0, 0.5, 0.95, 1]) {
          assert.strictEqual(Sketch.quantileOfAll([x, y, z], q), Sketch.quantile(Sketch.merge([x, y, z]), q))
        }
      })
    )
  })

  it("keeps the count of what it has seen, and answers nothing when it has seen nothing", () => {
    fc.assert(fc.property(values, (some) => Sketch.count(Sketch.fromValues(some)) === some.length))
    assert.isUndefined(Sketch.quantile([], 0.5))
    assert.isUndefined(Sketch.quantileOfAll([[], []], 0.5))
  })

  it("fits into PostgreSQL's int, at the largest bucket and count as well", () => {
    const [entry] = Sketch.merge([[(1023 << 21) | 2_097_151], [(1023 << 21) | 2_097_151]])
    assert.strictEqual(entry, 2_147_483_647)
  })
})
