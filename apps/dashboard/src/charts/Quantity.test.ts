import { expect, it } from "vitest"
import { bytes, counted, millis, nothing, percent } from "./Quantity.ts"

it("gives durations the digits that count", () => {
  expect([0, 420, 4_200, 142_400, 1_240_000].map(millis)).toEqual(["0 ms", "0.42 ms", "4.2 ms", "142 ms", "1,240 ms"])
  expect(millis(null)).toBe(nothing)
})

it("never rounds a share up to 100 %", () => {
  expect([0.99999, 1, 0.29, 0.997_220_2].map((share) => percent(share))).toEqual([
    "99.99 %",
    "100 %",
    "29.00 %",
    "99.72 %"
  ])
  expect(percent(0.9765, 1)).toBe("97.6 %")
  expect(percent(null)).toBe(nothing)
})

it("says counts and sizes with their words", () => {
  expect([counted(1, "check"), counted(2_000, "check"), counted(0, "failure")]).toEqual([
    "1 check",
    "2,000 checks",
    "0 failures"
  ])
  expect([15, 1_400, 3_200_000].map(bytes)).toEqual(["15 B", "1.4 kB", "3.2 MB"])
})
