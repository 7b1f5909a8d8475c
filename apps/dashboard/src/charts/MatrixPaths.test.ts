import { expect, it } from "vitest"
import { cellState, cellWords, matrixPaths, matrixWords } from "./MatrixPaths.ts"

const region = {
  region: "eu-west-1",
  p95: [40_000, 50_000, null, 60_000, null],
  up: [10, 8, 0, 9, 0],
  degraded: [0, 0, 0, 1, 0],
  down: [0, 2, 0, 0, 0],
  error: [0, 0, 0, 0, 3],
  missed: [0, 0, 0, 0, 1]
}

it("gives a cell the worst state of its runs, and never takes what was not checked for up", () => {
  expect([0, 1, 2, 3, 4].map((i) => cellState(region, i))).toEqual(["up", "down", "unknown", "degraded", "unknown"])
})

it("draws one path a tone, and cells that are alike as one shape", () => {
  const alike = { ...region, up: [1, 1, 1, 1, 1], degraded: [0, 0, 0, 0, 0], down: [0, 0, 0, 0, 0] }
  expect(matrixPaths([alike], 20, 8)).toEqual([["up", "M0 0h5V20h-5z"]])
  expect(Object.fromEntries(matrixPaths([alike, region], 20, 8))["down"]).toBe("M1 36h1V48h-1z")
})

it("says cells and the whole in words", () => {
  expect([0, 1, 2, 4].map((i) => cellWords(region, i))).toEqual([
    "up, 10 checks, P95 40 ms",
    "down 2 of 10 checks, P95 50 ms",
    "unknown, nothing was due",
    "unknown, 4 checks not made"
  ])
  expect(matrixWords({ t0: 0, stepMs: 1, regions: [region] }, "last hour")).toBe(
    "Regions by time, last hour. eu-west-1: down in 1 of 5, degraded in 1 of 5, unknown in 2 of 5."
  )
})
