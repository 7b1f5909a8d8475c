import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Id from "./Id.ts"

describe("an identifier", () => {
  it("made from random bytes is one of its kind and of no other", () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 7)
    const id = Id.fromBytes("mon", bytes)
    assert.match(id, /^mon_[0-9A-Za-z]{20}$/)
    assert.isTrue(Schema.is(Id.MonitorId)(id))
    assert.isFalse(Schema.is(Id.WorkerId)(id))
  })

  it("skips bytes that would make some characters likelier than others", () => {
    const bytes = Uint8Array.from([...Array(30).fill(248), ...Array(20).fill(247)])
    assert.strictEqual(Id.fromBytes("req", bytes), `req_${"z".repeat(20)}`)
  })

  it("is not made from too few bytes", () => {
    assert.throws(() => Id.fromBytes("mon", new Uint8Array(19)), RangeError)
  })
})
