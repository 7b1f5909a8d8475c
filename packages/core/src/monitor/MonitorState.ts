/**
 * How a monitor is: its state in each region, and the one state that these add up to.
 */
import { Schema } from "effect"

/** The state of a monitor in one region. `unknown`: nothing was heard of it lately, which is neither up nor down. */
export const RegionState = Schema.Literals(["up", "degraded", "down", "unknown"]).annotate({
  identifier: "RegionState",
  message: "must be up, degraded, down or unknown"
})
export type RegionState = typeof RegionState.Type

/** The state of a monitor over all its regions. */
export const MonitorState = Schema.Literals(["up", "degraded", "down", "unknown", "paused"]).annotate({
  identifier: "MonitorState",
  message: "must be up, degraded, down, unknown or paused"
})
export type MonitorState = typeof MonitorState.Type

/**
 * The state of a monitor from its states by region.
 *
 * Down when more than half of the regions that know something see it down; degraded when any of them sees it down or
 * degraded; unknown when none of them knows anything.
 *
 * @example
 * ```ts
 * import { MonitorState } from "@openseer/core"
 * MonitorState.overall(false, ["up", "down", "down"]) // "down"
 * MonitorState.overall(false, ["up", "down", "unknown"]) // "degraded"
 * ```
 */
export const overall = (paused: boolean, states: ReadonlyArray<RegionState>): MonitorState => {
  if (paused) return "paused"
  const known = states.filter((state) => state !== "unknown")
  if (known.length === 0) return "unknown"
  const down = known.filter((state) => state === "down").length
  if (down * 2 > known.length) return "down"
  return known.every((state) => state === "up") ? "up" : "degraded"
}
