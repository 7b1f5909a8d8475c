import { assert, describe, it } from "@effect/vitest"
import { ofStep, sum } from "./Tally.ts"

describe("Tally", () => {
  it("takes the numbers of the last line", () => {
    const log = "ok a\nFAIL b\n2 passed, 1 failed\n"
    assert.deepStrictEqual(ofStep({ succeeded: false, log }), { passed: 2, failed: 1 })
  })

  it("counts a step that counts nothing as one check", () => {
    assert.deepStrictEqual(ofStep({ succeeded: true, log: "" }), { passed: 1, failed: 0 })
    assert.deepStrictEqual(ofStep({ succeeded: false, log: "error" }), { passed: 0, failed: 1 })
  })

  it("counts skipped and unfinished tests as failed", () => {
    const report = JSON.stringify({
      numTotalTests: 10,
      numPassedTests: 7,
      numFailedTests: 1,
      numPendingTests: 1,
      numTodoTests: 1
    })
    assert.deepStrictEqual(ofStep({ succeeded: true, report, log: "1 passed, 0 failed" }), { passed: 7, failed: 3 })
  })

  it("never calls a step passed that failed after its last test", () => {
    const report = JSON.stringify({ numTotalTests: 7, numPassedTests: 7 })
    assert.deepStrictEqual(ofStep({ succeeded: false, report }), { passed: 7, failed: 1 })
  })

  it("adds up", () => {
    assert.deepStrictEqual(
      sum([
        { passed: 1, failed: 0 },
        { passed: 2, failed: 3 }
      ]),
      { passed: 3, failed: 3 }
    )
  })
})
