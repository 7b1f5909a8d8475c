import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import * as Grid from "./Grid.ts"

const interval = fc.integer({ min: Grid.intervalMsMin, max: Grid.intervalMsMax })
const key = fc.integer({ min: 1, max: 2_147_483_647 })

describe("the grid", () => {
  it("keeps every offset below a tenth of the interval and below five seconds", () => {
    fc.assert(
      fc.property(key, interval, (monitorKey, intervalMs) => {
        const offset = Grid.offsetMs(monitorKey, intervalMs)
        return Number.isInteger(offset) && offset >= 0 && offset < Math.min(intervalMs / 10, 5_000)
      })
    )
  })

  it("spreads the phases of consecutive jobs evenly, however many there are", () => {
    for (const jobs of [10, 100, 1_000, 10_000]) {
      const phases = Array.from({ length: jobs }, (_, i) => Grid.phaseMs(i + 1, 60_000)).toSorted((a, b) => a - b)
      const steps = phases.map((phase, i) => (phases[i + 1] ?? 60_000 + phases[0]!) - phase)
      // The three-gap theorem: the largest step of golden-ratio multiples is below 2.7 times the mean one.
      assert.isBelow(Math.max(...steps), (60_000 / jobs) * 2.7 + 2)
    }
  })

  it("finds the first tick from an instant on, and never leaves the grid", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e13 }),
        interval,
        fc.integer({ min: -1e9, max: 1e9 }),
        (tick, ms, delta) => {
          const first = Grid.firstTickFrom(tick, ms, tick + delta)
          return (
            (first - tick) % ms === 0 &&
            first >= tick + Math.min(delta, 0) &&
            first >= tick &&
            first - ms < tick + Math.max(delta, ms)
          )
        }
      )
    )
  })

  it("counts ticks as walking along the grid does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 200 }),
        (startsAt, ms, from, length) => {
          let walked = 0
          for (let tick = startsAt; tick < from + length; tick += ms) if (tick >= from) walked++
          return Grid.countTicks(startsAt, ms, from, from + length) === walked
        }
      )
    )
  })

  it("leaves a tick time to end before the next one", () => {
    fc.assert(fc.property(interval, (ms) => Grid.timeoutMsLimit(ms) + Grid.spreadMs(ms) <= ms))
  })
})
