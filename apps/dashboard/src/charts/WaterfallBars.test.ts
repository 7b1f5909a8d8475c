import { expect, it } from "vitest"
import { axisUs, barsOf, hopsOf, waterfallWords } from "./WaterfallBars.ts"

const times = { dnsUs: 0, connectUs: 2_000, tlsUs: 0, ttfbUs: 30_000, downloadUs: 500 }

it("puts phases one after the other and leaves out those that did not happen", () => {
  expect(barsOf(times).map(({ lengthUs, phase, startUs }) => [phase.name, startUs, lengthUs])).toEqual([
    ["connect", 0, 2_000],
    ["ttfb", 2_000, 30_000],
    ["download", 32_000, 500]
  ])
})

it("begins each request of a redirected run where the one before ended", () => {
  const hop = { url: "http://a.example/", totalUs: 32_500, phases: times }
  const [, second] = hopsOf([hop, hop])
  expect(second?.startUs).toBe(32_500)
  expect(second?.bars[0]?.startUs).toBe(32_500)
})

it("says a run in one sentence", () => {
  expect(waterfallWords(32_500, times)).toBe("33 ms in all: Connect 2.0 ms, First byte 30 ms, Download 0.50 ms.")
  expect(waterfallWords(0, { ...times, connectUs: 0, ttfbUs: 0, downloadUs: 0 })).toBe("No phase was measured.")
})

it("ends the axis at a round number that the longest run fits in", () => {
  expect([0, 900, 1_000, 42_000, 61_000, 999_999].map(axisUs)).toEqual([1_000, 1_000, 1_000, 50_000, 80_000, 1_000_000])
})
