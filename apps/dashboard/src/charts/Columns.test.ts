import { expect, it } from "vitest"
import {
  bucketAt,
  instantsOf,
  isUnknown,
  latencyWords,
  lonely,
  phaseMeans,
  phaseWords,
  runsOf,
  stacked
} from "./Columns.ts"

const zero = [0, 0, 0]
const series = {
  t0: 1_000,
  stepMs: 100,
  region: null,
  p50: [20_000, null, 40_000],
  p95: [30_000, null, 90_000],
  p99: [35_000, null, 95_000],
  min: [null, null, null],
  mean: [null, null, null],
  max: [null, null, null],
  n: [10, 0, 10],
  failed: zero,
  errors: [0, 2, 0],
  missed: zero,
  overall: { p50: 30_000, p95: 80_000, p99: 94_000, min: 1, mean: 2, max: 3, n: 20, failed: 0, errors: 2, missed: 0 }
}
const phases = {
  t0: 1_000,
  stepMs: 100,
  region: null,
  dns: [1_000, null, 4_000],
  connect: [2_000, null, 2_000],
  tls: [0, null, 0],
  ttfb: [10_000, null, 10_000],
  download: [500, null, 500],
  n: [2, 0, 1]
}

it("finds the bucket of an instant, and its middle", () => {
  expect(instantsOf(series, 3)).toEqual([1_050, 1_150, 1_250])
  expect([999, 1_000, 1_299, 1_300, undefined].map((at) => bucketAt(series, 3, at))).toEqual([
    undefined,
    0,
    2,
    undefined,
    undefined
  ])
})

it("takes a bucket without a run that says something for unknown, and one in which all failed for known", () => {
  expect([0, 1, 2].map((i) => isUnknown(series, i))).toEqual([false, true, false])
  expect(isUnknown({ n: [0], failed: [3] }, 0)).toBe(false)
  expect(runsOf(6, (i) => [true, true, false, true, false, true][i]!)).toEqual([
    { from: 0, to: 1 },
    { from: 3, to: 3 },
    { from: 5, to: 5 }
  ])
})

it("stacks phases up to the mean of the whole run, with a gap where there is no run", () => {
  const columns = stacked(phases)
  expect(columns[0]).toEqual([1_000, null, 4_000])
  expect(columns.at(-1)).toEqual([13_500, null, 16_500])
})

it("weighs the means of phases by their runs", () => {
  expect(phaseMeans(phases)?.us.dns).toBe(2_000)
  expect(phaseMeans({ ...phases, n: zero })).toBeUndefined()
})

it("finds the points that no line shows", () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5])
})

it("says charts in words", () => {
  expect(latencyWords(series, "last hour")).toBe(
    "Latency, last hour, 3 points. P50 30 ms, P95 80 ms, P99 94 ms of 20 runs; the highest P95 of a point is 90 ms. " +
      "0 runs failed, 2 could not be checked, none missed. Of 1 point nothing is known."
  )
  expect(phaseWords(phases, "last hour")).toBe(
    "Phases, last hour, mean of 3 runs: DNS 2.0 ms, Connect 2.0 ms, TLS 0 ms, First byte 10 ms, Download 0.50 ms."
  )
})
