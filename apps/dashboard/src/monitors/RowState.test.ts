import { assert, describe, it } from "vitest"
import { rowStateOf } from "./RowState.ts"

const change = {
  monitorId: "mon_1",
  region: "local",
  state: "down",
  at: "2026-11-26T03:00:00.000Z",
  reason: "assertion",
  message: "status is 503"
} as Parameters<typeof rowStateOf>[1]

describe("what an event says of a row", () => {
  it("is the state of a monitor in one region, since when and why", () => {
    const { at: since, message, reason, state } = change
    const row = { regionsTotal: 1, state: "up" } as const
    assert.deepStrictEqual(rowStateOf(row, change), { state, since, reason, message, regionsUp: 0 })
    const { message: _, reason: __, ...well } = { ...change, state: "up" as const }
    assert.deepStrictEqual(rowStateOf({ ...row, state }, well), {
      state: "up",
      since,
      reason: undefined,
      message: undefined,
      regionsUp: 1
    })
  })

  it("is nothing of a monitor in more regions, which the others may keep as it is, or of a paused one", () => {
    assert.isUndefined(rowStateOf({ regionsTotal: 3, state: "up" }, change))
    assert.isUndefined(rowStateOf({ regionsTotal: 1, state: "paused" }, change))
  })
})
