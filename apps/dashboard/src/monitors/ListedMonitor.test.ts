import { expect, test } from "vitest"
import { hasPast, type ListedMonitor, withPast } from "./ListedMonitor.ts"

const now = {
  id: "mon_1",
  name: "Shop",
  kind: "http",
  target: "https://shop.example/",
  state: "down",
  tags: [],
  regionsUp: 0,
  regionsTotal: 1,
  intervalMs: 60_000,
  version: 1
} satisfies ListedMonitor
const past = { uptime: 0.9, coverage: 1, days: [900], spark: [1], p95Us: 1, p95UsBefore: null }

test("a monitor that was read without its past keeps the one that is known, and nothing else of it", () => {
  expect(withPast(now, { ...now, ...past, state: "up", name: "Old" })).toEqual({ ...now, ...past })
})

test("a past that is handed on shares no array, which the store would write into for two rows", () => {
  const known = { ...now, ...past }
  const handedOn = withPast(now, known)
  expect(handedOn.days).not.toBe(known.days)
  expect(handedOn.spark).not.toBe(known.spark)
})

test("a past that was read is not replaced, and one that nobody knows stays unknown", () => {
  const read = { ...now, ...past, days: [1_000] }
  expect(withPast(read, { ...now, ...past })).toBe(read)
  expect(withPast(now, undefined)).toBe(now)
  expect(hasPast(withPast(now, now))).toBe(false)
})
