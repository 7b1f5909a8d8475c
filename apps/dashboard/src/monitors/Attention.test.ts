import { expect, it } from "vitest"
import { causes, failingRegions } from "./Attention.ts"

const down = (region: string, message?: string) =>
  ({ region, state: "down", reason: "connection_refused", ...(message ? { message } : {}) }) as const

it("tells each cause once, in words when there are some", () => {
  const regions = [down("a", "Status 503"), down("b", "Status 503"), down("c")]
  expect(causes({ state: "down", regions })).toEqual(["Status 503", "Connection refused"])
  expect(causes({ state: "unknown", regions: [{ region: "a", state: "unknown" }] })).toEqual([])
})

it("tells how many regions of how many, by name", () => {
  const two = { state: "down", regions: [down("eu"), down("us")] } as const
  expect(failingRegions({ ...two, regionsTotal: 3 }).text).toBe("2 of 3 regions: eu, us")
  expect(failingRegions({ ...two, regionsTotal: 2 }).text).toBe("all 2 regions")
  expect(failingRegions({ state: "down", regions: [down("eu")], regionsTotal: 1 }).text).toBe("eu")
  const many = ["a", "b", "c", "d", "e"].map((region) => down(region))
  expect(failingRegions({ state: "down", regions: many, regionsTotal: 9 }).text).toBe(
    "5 of 9 regions: a, b, c and 2 more"
  )
})
