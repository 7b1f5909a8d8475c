import { expect, it } from "vitest"
import { visibleRange } from "./VisibleRange.ts"

const window = { height: 800, rowHeight: 50 }

it("draws the rows in the window and some beyond, wherever it is", () => {
  expect(visibleRange({ ...window, top: 300 }, 10_000)).toEqual({ from: 0, to: 24 })
  const middle = visibleRange({ ...window, top: -450_000 }, 10_000)
  expect(middle.from).toBeLessThanOrEqual(9_000 - 12)
  expect(middle.to).toBeGreaterThanOrEqual(9_016 + 12)
  expect(middle.to - middle.from).toBeLessThan(50)
})

it("ends with the list, also when it has become shorter than where the window is", () => {
  expect(visibleRange({ ...window, top: -499_500 }, 10_000).to).toBe(10_000)
  const beyond = visibleRange({ ...window, top: -450_000 }, 30)
  expect(beyond.from).toBeLessThan(30)
  expect(visibleRange({ ...window, top: 0 }, 0)).toEqual({ from: 0, to: 0 })
})
