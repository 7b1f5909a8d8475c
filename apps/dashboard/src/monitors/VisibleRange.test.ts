import { expect, it } from "vitest"
import { nextBeyond, visibleRange } from "./VisibleRange.ts"

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

it("draws what is in the window first after a jump, and the rows beyond it in the frames that follow", () => {
  const there = { ...window, top: -450_000 }
  let drawn = visibleRange({ ...window, top: 0 }, 10_000)
  let beyond = 12
  const counts = Array.from({ length: 4 }, () => {
    beyond = nextBeyond(drawn, there, 10_000, beyond)
    drawn = visibleRange(there, 10_000, beyond)
    return drawn.to - drawn.from
  })
  expect(counts[0]).toBeLessThan(30)
  expect(counts.slice(1)).toEqual([counts[0]! + 8, counts[0]! + 16, counts[0]! + 16])
  expect(drawn).toEqual(visibleRange(there, 10_000))
})

it("goes on drawing beyond the edges while rows come in one by one", () => {
  let drawn = visibleRange({ ...window, top: -450_000 }, 10_000)
  for (let row = 0; row < 100; row++) {
    const there = { ...window, top: -450_000 - row * 50 }
    expect(nextBeyond(drawn, there, 10_000, 12)).toBe(12)
    drawn = visibleRange(there, 10_000, 12)
  }
})
