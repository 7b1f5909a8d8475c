import { expect, it } from "vitest"
import type { State } from "../components/State.ts"
import { fieldOf, tilesOf } from "./WallTiles.ts"

const wall = (counts: Partial<Record<State, number>>) => {
  const states = Object.entries(counts).flatMap(([state, count]) => Array<State>(count).fill(state as State))
  return { at: "", ids: states.map((_, i) => `mon_${i}`), names: states.map((_, i) => `name ${i}`), states }
}

it("has a tile for each monitor as long as they can be read", () => {
  const { folded, size, tiles } = tilesOf(wall({ down: 1, up: 20 }))
  expect([size, tiles.length, folded]).toEqual(["large", 21, []])
})

it("of thousands names what is wrong, and counts the others", () => {
  const { folded, tiles } = tilesOf(wall({ down: 30, unknown: 5, up: 9_000, paused: 7 }))
  expect(tiles).toHaveLength(35)
  expect(folded).toEqual([
    { state: "up", count: 9_000 },
    { state: "paused", count: 7 }
  ])
})

it("loses no monitor when everything is down", () => {
  const { folded, tiles } = tilesOf(wall({ down: 10_000 }))
  expect(tiles.length + folded.reduce((sum, { count }) => sum + count, 0)).toBe(10_000)
})

it("draws a square for each", () => {
  const { columns, path, rows } = fieldOf(1_000)
  expect(path.match(/z/g)).toHaveLength(1_000)
  expect(columns * rows).toBeGreaterThanOrEqual(1_000)
})
