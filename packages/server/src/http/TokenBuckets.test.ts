import { assert, describe, it } from "@effect/vitest"
import { TokenBuckets } from "./TokenBuckets.ts"

describe("token buckets", () => {
  it("let a burst of a minute's worth through, then one as often as they fill", () => {
    const buckets = new TokenBuckets(60)
    for (let i = 0; i < 60; i++) assert.strictEqual(buckets.take("a", 0), 0)
    assert.strictEqual(buckets.take("a", 0), 1_000)
    assert.strictEqual(buckets.take("a", 400), 600, "who is refused loses nothing")
    assert.strictEqual(buckets.take("a", 1_000), 0)
    assert.strictEqual(buckets.take("a", 1_000), 1_000)
    assert.strictEqual(buckets.take("b", 1_000), 0, "callers don't share")
  })

  it("hold no more than a minute's worth, however long nobody came", () => {
    const buckets = new TokenBuckets(60)
    buckets.take("a", 0)
    const taken = Array.from({ length: 100 }, () => buckets.take("a", 3_600_000)).filter((waitMs) => waitMs === 0)
    assert.strictEqual(taken.length, 60)
  })

  it("forget the caller that has not come for the longest, and stay small", () => {
    const buckets = new TokenBuckets(1)
    buckets.take("first", 0)
    buckets.take("second", 0)
    for (let i = 0; i < 19_998; i++) buckets.take(`other ${i}`, 0)
    assert.isAbove(buckets.take("first", 0), 0, "remembered, and now the last that came")
    buckets.take("one more", 0)
    assert.isAbove(buckets.take("first", 0), 0)
    assert.strictEqual(buckets.take("second", 0), 0, "forgotten")
  })
})
