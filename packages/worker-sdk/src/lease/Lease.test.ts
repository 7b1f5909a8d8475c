import { assert, describe, it } from "@effect/vitest"
import { trustWindow } from "./Lease.ts"

describe("trustWindow", () => {
  it("ends two seconds before the lease, counted from the earliest instant of its grant", () => {
    assert.strictEqual(trustWindow(1_000, 30_000, 0).deadlineAt, 29_000)
  })

  it("renews half-way when the tick may outlast the lease", () => {
    assert.strictEqual(trustWindow(0, 10_000, 7_500).renewAt, 4_000)
    assert.strictEqual(trustWindow(0, 10_000, 60_000).renewAt, 4_000)
  })

  it("leaves a tick alone that fits, until it goes on longer than planned", () => {
    assert.strictEqual(trustWindow(0, 10_000, 7_000).renewAt, 7_000)
    assert.strictEqual(trustWindow(0, 10_000, 1_000).renewAt, 4_000)
  })
})
