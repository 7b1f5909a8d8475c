import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Guarantees.ts"
import { make } from "./Project.ts"

const found = (proof: string) =>
  rule(
    make({
      "docs/GUARANTEES.md": `- Schedules never drift: ${proof}\n`,
      "test/Grid.test.ts": `it("never drifts", () => {})\nit.effect("never bunches, ever", () => {})`
    })
  ).map(({ message }) => message)

describe("Guarantees", () => {
  it("accepts the names of tests that exist", () => {
    assert.deepStrictEqual(found(`[Grid.test.ts](../test/Grid.test.ts) "never drifts", "never\n  bunches, ever"`), [])
  })

  it("finds a test that does not exist", () => {
    assert.deepStrictEqual(found(`[Grid.test.ts](../test/Grid.test.ts) "never drifts" and "never lies"`), [
      `../test/Grid.test.ts has no test "never lies"`
    ])
  })

  it("finds a part of a name that poses as a name", () => {
    assert.lengthOf(found(`[Grid.test.ts](../test/Grid.test.ts) "never"`), 1)
  })

  it("finds a file without a name", () => {
    assert.deepStrictEqual(found("[Grid.test.ts](../test/Grid.test.ts)"), [
      "../test/Grid.test.ts is not followed by a test's name in quotes"
    ])
  })
})
