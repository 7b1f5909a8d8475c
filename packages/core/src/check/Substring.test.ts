import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Substring from "./Substring.ts"

const part = `${"a".repeat(8_000)}b${"a".repeat(8_000)}`

describe("Substring", () => {
  it("finds what the engine finds, in texts that are too long for it, too", () => {
    const long = "ab".repeat(30_000)
    for (const tail of ["abb", "b", "", "aab"]) {
      const text = `${long}${long}${tail}`
      const searched = `${"ab".repeat(900)}${tail}`
      assert.strictEqual(Substring.searchFor(searched)(text), text.indexOf(searched), tail)
      assert.strictEqual(Substring.searchFor(searched)(text, 59_000), text.indexOf(searched, 59_000), tail)
    }
  })

  it("takes linear time where the engine takes the product of both lengths", () => {
    const beganMs = performance.now()
    assert.strictEqual(Substring.searchFor(part)("a".repeat(1_000_000)), -1)
    assert.isBelow(performance.now() - beganMs, 500)
  })

  it("replaces every place", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 })
    const few = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(text, few, (all, one) => {
        assert.strictEqual(
          Substring.replaceAll(all, Substring.searchFor(one), one.length, "***"),
          all.replaceAll(one, "***")
        )
      })
    )
    const hidden = Substring.replaceAll(`x${part}y${part}`, Substring.searchFor(part), part.length, "***")
    assert.strictEqual(hidden, "x***y***")
  })
})
