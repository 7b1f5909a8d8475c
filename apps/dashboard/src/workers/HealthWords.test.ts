import { expect, it } from "vitest"
import { regionSaying, runsPerSecond } from "./HealthWords.ts"

const region = (workersHealthy: number, workersLost: number) =>
  regionSaying({ name: "local", owner: "instance", workersHealthy, workersLost })

it("calls the monitors of a region without a healthy worker unknown, never down", () => {
  expect(region(0, 0)).toMatchObject({ state: "unknown", sentence: "No worker: its monitors are unknown." })
  expect(region(0, 2)).toMatchObject({ state: "unknown" })
  expect(region(0, 1).sentence).toBe("1 worker lost, none healthy: its monitors are unknown.")
  expect(region(1, 1)).toMatchObject({ state: "degraded" })
  expect(region(2, 0)).toMatchObject({ state: "up", sentence: "2 healthy workers." })
})

it("counts runs a second between heartbeats, and not across a restart", () => {
  expect(runsPerSecond(undefined, { at: 0, runs: 5 })).toBeUndefined()
  expect(runsPerSecond({ at: 0, runs: 100 }, { at: 10_000, runs: 150 })).toBe(5)
  expect(runsPerSecond({ at: 0, runs: 100 }, { at: 10_000, runs: 20 })).toBeUndefined()
  expect(runsPerSecond({ at: 10_000, runs: 100 }, { at: 10_000, runs: 100 })).toBeUndefined()
})
