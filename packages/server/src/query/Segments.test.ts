import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { dayMs, hourMs, type Range, type Reach, segments } from "./Segments.ts"
import { buckets, grainOf, ladder } from "./Step.ts"

const now = Date.parse("2026-03-04T10:25:31.123Z")
const unit = { raw: 1, hour: hourMs, day: dayMs }

const ranges: FastCheck.Arbitrary<Range> = FastCheck.tuple(
  FastCheck.integer({ min: 1, max: 400 * dayMs }),
  FastCheck.integer({ min: 0, max: 3 * dayMs })
).map(([width, ago]) => ({ from: now - ago - width, to: now - ago }))

const reaches: FastCheck.Arbitrary<Reach> = FastCheck.tuple(
  FastCheck.integer({ min: 0, max: 60 }),
  FastCheck.integer({ min: 0, max: 3 })
).map(([hoursBehind, daysBehind]) => {
  const rolledTo = Math.floor(now / hourMs) * hourMs - hoursBehind * hourMs
  const dailyTo = Math.floor(rolledTo / dayMs) * dayMs - daysBehind * dayMs
  return { now, rolledTo, dailyTo, rawFrom: now - 30 * dayMs, hourlyFrom: now - 395 * dayMs }
})

describe("segments", () => {
  it("cover the range once, in order, in whole units, and read no grain beyond its watermark", () => {
    FastCheck.assert(
      FastCheck.property(
        ranges,
        reaches,
        FastCheck.constantFrom("raw" as const, "hour" as const, "day" as const),
        (range, reach, coarsest) => {
          const found = segments(range, reach, coarsest)
          let at = range.from
          for (const { from, grain, to } of found) {
            assert.strictEqual(from, at)
            assert.isBelow(from, to)
            assert.strictEqual(from % unit[grain], 0)
            assert.strictEqual(to % unit[grain], 0)
            assert.isAtMost(unit[grain], unit[coarsest])
            if (grain === "hour") assert.isAtMost(to, reach.rolledTo)
            if (grain === "day") assert.isAtMost(to, reach.dailyTo)
            at = to
          }
          assert.strictEqual(at, range.to)
          assert.isAtMost(found.length, 5)
        }
      )
    )
  })
})

describe("buckets", () => {
  it("are as many as asked for at most, cover the range, are aligned, and stay above interval and retention", () => {
    FastCheck.assert(
      FastCheck.property(
        ranges,
        reaches,
        FastCheck.integer({ min: 10, max: 1_000 }),
        FastCheck.integer({ min: 1_000, max: dayMs }),
        (range, reach, points, intervalMs) => {
          const { from, stepMs, to } = buckets(range, points, intervalMs, reach, 0)
          assert.include(ladder, stepMs)
          assert.isAtMost((to - from) / stepMs, Math.max(points, 1))
          assert.isAtMost(from, range.from)
          assert.isAtLeast(to, range.to)
          assert.isBelow(range.from - from, stepMs)
          assert.isAtLeast(stepMs, intervalMs)
          if (stepMs <= dayMs) assert.strictEqual(from % stepMs, 0)
          if (range.from < reach.rawFrom) assert.notStrictEqual(grainOf(stepMs), "raw")
          if (range.from < reach.hourlyFrom) assert.strictEqual(grainOf(stepMs), "day")
        }
      )
    )
  })

  it("of a day at 30 s are five minutes wide, and of a month three hours", () => {
    const reach = { now, rolledTo: now, dailyTo: now, rawFrom: now - 30 * dayMs, hourlyFrom: 0 }
    assert.strictEqual(buckets({ from: now - dayMs, to: now }, 300, 30_000, reach, 0).stepMs, 300_000)
    assert.strictEqual(buckets({ from: now - 30 * dayMs, to: now }, 300, 30_000, reach, 0).stepMs, 3 * hourMs)
    assert.strictEqual(buckets({ from: now - 90 * dayMs, to: now }, 300, 30_000, reach, 0).stepMs, dayMs)
  })

  it("are not made wider for a time before the monitor was there", () => {
    const rawFrom = now - 2 * hourMs
    const reach = { now, rolledTo: now, dailyTo: now, rawFrom, hourlyFrom: rawFrom }
    assert.strictEqual(buckets({ from: now - dayMs, to: now }, 300, 1_000, reach, rawFrom).stepMs, 300_000)
  })
})
