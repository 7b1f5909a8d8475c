/**
 * Which monitors of a wall are tiles with names, and how large these are.
 */
import type { Wall } from "@openseer/core/contract/ViewsApi"
import type { State } from "~/components/State.ts"

/** A monitor as a tile. */
export interface Tile {
  readonly id: string
  readonly name: string
  readonly state: State
}

/** Tiles, the worst first; `folded` counts those that are up or paused and have none, since nobody could read them. */
export interface Tiles {
  readonly size: "large" | "medium" | "small"
  readonly tiles: ReadonlyArray<Tile>
  readonly folded: ReadonlyArray<{ readonly state: State; readonly count: number }>
}

const largeMax = 24
const mediumMax = 80
const tilesMax = 240

/** Even of what is wrong, no more are drawn: that many are one trouble, and the sentence counts them. */
const wrongMax = 600

/** The tiles of a wall. What is wrong always has one. */
export const tilesOf = ({ ids, names, states }: Wall): Tiles => {
  const all = ids.map((id, i): Tile => ({ id, name: names[i]!, state: states[i]! }))
  const foldsCalm = all.length > tilesMax
  const tiles = (foldsCalm ? all.filter(({ state }) => !isCalm(state)) : all).slice(0, foldsCalm ? wrongMax : tilesMax)
  const drawn = new Map<State, number>()
  for (const { state } of tiles) drawn.set(state, (drawn.get(state) ?? 0) + 1)
  const counts = new Map<State, number>()
  for (const { state } of all) counts.set(state, (counts.get(state) ?? 0) + 1)
  const folded = [...counts]
    .map(([state, count]) => ({ state, count: count - (drawn.get(state) ?? 0) }))
    .filter(({ count }) => count > 0)
  const size = tiles.length <= largeMax ? "large" : tiles.length <= mediumMax ? "medium" : "small"
  return { size, tiles, folded }
}

const columnsMin = 60

/** How much wider than high the field of all squares is. */
const aspect = 3.6

/** A square for each of `count`, as one path in units of a square. */
export const fieldOf = (count: number): { readonly columns: number; readonly rows: number; readonly path: string } => {
  const columns = Math.max(columnsMin, Math.ceil(Math.sqrt(count * aspect)))
  const rows = Math.ceil(count / columns)
  const path = Array.from({ length: rows }, (_, row) => `M.1 ${row}.1${line(Math.min(columns, count - row * columns))}`)
  return { columns, rows, path: path.join("") }
}

const isCalm = (state: State): boolean => state === "up" || state === "paused"

const line = (length: number): string => "h.8v.8h-.8zm1 0".repeat(length)
