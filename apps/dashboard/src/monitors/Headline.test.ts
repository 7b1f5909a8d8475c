import { expect, it } from "vitest"
import { allUp, headlineParts, rolledUp, tabWords } from "./Headline.ts"

const none = { up: 0, degraded: 0, down: 0, unknown: 0, paused: 0 }

it("names every state that there is, the worst first", () => {
  const parts = headlineParts({ up: 9_000, degraded: 1, down: 1, unknown: 2, paused: 3 })
  expect(parts.map(({ text }) => text).join(", ")).toBe("1 down, 1 degraded, 2 unknown, 9,000 up, 3 paused")
})

it("is calm when all are up, and never while anything is not known", () => {
  expect(allUp({ ...none, up: 12 })).toBe("All 12 monitors are up")
  expect(allUp({ ...none, up: 1, paused: 2 })).toBe("The monitor is up, 2 paused")
  expect(allUp({ ...none, up: 12, unknown: 1 })).toBeUndefined()
  expect(allUp({ ...none, paused: 3 })).toBeUndefined()
})

it("rolls a tag up to its worst state; paused monitors say nothing while others are watched", () => {
  expect(rolledUp({ ...none, up: 5, unknown: 1, paused: 1 })).toBe("unknown")
  expect(rolledUp({ ...none, up: 5, paused: 1 })).toBe("up")
  expect(rolledUp({ ...none, paused: 1 })).toBe("paused")
})

it("says what is wrong in the title of the tab", () => {
  expect(tabWords({ ...none, up: 5, down: 2, unknown: 1 })).toBe("2 down · Monitors")
  expect(tabWords({ ...none, up: 5 })).toBe("Monitors")
})
