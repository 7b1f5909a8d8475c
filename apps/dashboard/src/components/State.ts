/**
 * The states of a monitor and their words.
 */

/** The states of a monitor. */
export type State = "up" | "degraded" | "down" | "paused" | "unknown"

/** The states, worst first. */
export const states: ReadonlyArray<State> = ["down", "degraded", "unknown", "up", "paused"]

/** The word of a state, as it stands in pills and sentences. */
export const stateWord: Readonly<Record<State, string>> = {
  up: "Up",
  degraded: "Degraded",
  down: "Down",
  paused: "Paused",
  unknown: "Unknown"
}
