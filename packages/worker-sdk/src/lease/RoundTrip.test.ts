import { assert, describe, it } from "@effect/vitest"
import { RoundTrip } from "./RoundTrip.ts"

describe("RoundTrip", () => {
  it("takes half of the smallest of the last 64 round trips and never less than nothing", () => {
    const roundTrip = new RoundTrip()
    assert.strictEqual(roundTrip.oneWayMs, 0)
    for (const sample of [40, 10, 300]) roundTrip.add(sample)
    assert.strictEqual(roundTrip.oneWayMs, 5)
    for (let i = 0; i < 64; i++) roundTrip.add(30)
    assert.strictEqual(roundTrip.oneWayMs, 15)
    roundTrip.add(-1)
    assert.strictEqual(roundTrip.oneWayMs, 0)
  })
})
