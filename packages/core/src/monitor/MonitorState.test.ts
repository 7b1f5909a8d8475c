import { assert, describe, it } from "@effect/vitest"
import { overall, type RegionState } from "./MonitorState.ts"

describe("the state of a monitor", () => {
  it("follows from its states by region", () => {
    const table: ReadonlyArray<readonly [ReadonlyArray<RegionState>, string]> = [
      [[], "unknown"],
      [["unknown", "unknown"], "unknown"],
      [["up"], "up"],
      [["up", "unknown"], "up"],
      [["degraded", "up", "up"], "degraded"],
      [["down"], "down"],
      [["down", "up"], "degraded"],
      [["down", "down", "up"], "down"],
      [["down", "down", "up", "up"], "degraded"],
      [["down", "unknown", "unknown"], "down"],
      [["degraded", "degraded", "down"], "degraded"]
    ]
    for (const [states, expected] of table) assert.strictEqual(overall(false, states), expected, states.join(" "))
  })

  it("is paused while the monitor is, whatever the regions say", () => {
    assert.strictEqual(overall(true, ["down", "up"]), "paused")
  })
})
