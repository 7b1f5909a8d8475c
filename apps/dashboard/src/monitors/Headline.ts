/**
 * How all monitors are, in one sentence.
 */
import { type State, states } from "~/components/State.ts"
import { counted } from "~/charts/Quantity.ts"

/** How many monitors are how. */
export type Counts = Readonly<Record<State, number>>

/** How many monitors there are. */
export const totalOf = (counts: Counts): number => states.reduce((sum, state) => sum + counts[state], 0)

/** The states that there are, worst first, with how many: "1 down", "9 up". */
export const headlineParts = (counts: Counts): ReadonlyArray<{ readonly state: State; readonly text: string }> =>
  states
    .filter((state) => counts[state] > 0)
    .map((state) => ({ state, text: `${counts[state].toLocaleString("en")} ${state}` }))

/** "All 11 monitors are up" when all that are not paused are; undefined when anything is not, or not known. */
export const allUp = (counts: Counts): string | undefined => {
  if (counts.up === 0 || counts.down + counts.degraded + counts.unknown > 0) return undefined
  const watched = counts.up === 1 ? "The monitor is up" : `All ${counted(counts.up, "monitor")} are up`
  return counts.paused === 0 ? watched : `${watched}, ${counts.paused.toLocaleString("en")} paused`
}

/** The words in the title of the tab: what is wrong comes first, since a tab shows little. */
export const tabWords = (counts: Counts | undefined): string => {
  const bad = counts ? headlineParts(counts).filter(({ state }) => state === "down" || state === "degraded") : []
  const words = bad.map(({ text }) => text).join(", ")
  return words ? `${words} · Monitors` : "Monitors"
}

/** The one state of many monitors: that of the worst; paused ones say nothing while others are watched. */
export const rolledUp = (counts: Counts): State => states.find((state) => counts[state] > 0) ?? "unknown"
