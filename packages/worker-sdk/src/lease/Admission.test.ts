import { assert, describe, it } from "@effect/vitest"
import { Admission } from "./Admission.ts"

/** The admission of a loop that was read once a second: the share in which it was busy, and the runs it started. */
const after = (seconds: number, busy: number, startsPerSecond: number, concurrency = 1_000) => {
  const admission = new Admission(concurrency, { at: 0, activeMs: 0, started: 0 })
  for (let n = 1; n <= seconds; n++) {
    admission.read({ at: n * 1_000, activeMs: n * 1_000 * busy, started: n * startsPerSecond })
  }
  return admission
}

/** The runs in a second for which there is room when 7.5 s of them wait. */
const rateOf = (admission: Admission): number => admission.room(0, 0).runs / 7.5

describe("Admission", () => {
  it("takes on as many runs as keep the loop busy for half of the time, whatever they cost", () => {
    // 100 runs a second of 4 ms each: 125 would be half. 10 of 80 ms: 6. 400 of 0.25 ms: 2,000.
    assert.approximately(rateOf(after(60, 0.4, 100)), 125, 5)
    assert.approximately(rateOf(after(60, 0.8, 10)), 8, 2)
    assert.isAbove(rateOf(after(60, 0.1, 400)), 1_500)
  })

  it("begins with a millisecond a run, and is not led astray by a loop that starts few", () => {
    assert.strictEqual(after(0, 0, 0).room(0, 0).runs, 3_750)
    assert.isAbove(rateOf(after(600, 0.01, 0)), 100)
  })

  it("counts what waits, not what goes on, and no more than may be held", () => {
    const admission = after(0, 0, 0, 100)
    assert.deepStrictEqual(admission.room(0, 0), { runs: 1_600, runsMax: 1_600 })
    assert.deepStrictEqual(admission.room(500, 100), { runs: 1_000, runsMax: 1_600 })
    assert.isBelow(after(60, 1, 10, 1_000).room(200, 0).runs, 0)
  })

  it("learns within half a minute that runs have become dear", () => {
    const admission = after(60, 0.1, 100)
    for (let n = 1; n <= 30; n++) {
      admission.read({ at: 60_000 + n * 1_000, activeMs: 6_000 + n * 1_000, started: 6_000 + n * 50 })
    }
    assert.isBelow(rateOf(admission), 60)
  })
})
