import { assert, describe, it } from "vitest"
import { readingOf, singleMax } from "./Reading.ts"

const calm = { onScreen: 0, elsewhere: 0, isListChanged: false, maySort: false }

describe("what is read of a list when monitors have changed", () => {
  it("is the rows when one that is sorted by state may now belong on the screen, also from far below", () => {
    assert.strictEqual(readingOf({ ...calm, maySort: true, elsewhere: 1 }), "rows")
    assert.strictEqual(readingOf({ ...calm, maySort: true, onScreen: 1 }), "rows")
  })

  it("is those on the screen, one by one, when rows stay where they are", () => {
    assert.strictEqual(readingOf({ ...calm, elsewhere: 3 }), "monitors")
    assert.strictEqual(readingOf({ ...calm, onScreen: singleMax }), "monitors")
  })

  it("is the rows when many on the screen changed, or monitors came or went", () => {
    assert.strictEqual(readingOf({ ...calm, onScreen: singleMax + 1 }), "rows")
    assert.strictEqual(readingOf({ ...calm, isListChanged: true }), "rows")
  })
})
