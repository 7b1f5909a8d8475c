/**
 * Where the time of a run went, as bars on one axis: the requests of a run one after the other, their phases in them.
 */
import type { Observation } from "@openseer/core"
import { millis } from "~/charts/Quantity.ts"
import { type Phase, phases, phaseUs } from "~/charts/Phase.ts"

/** A bar on the axis of the whole run, in microseconds. */
export interface Bar {
  readonly phase: Phase
  readonly startUs: number
  readonly lengthUs: number
}

/** One request of a run, with its bars. */
export interface HopBars {
  readonly hop: Observation.Hop
  readonly startUs: number
  readonly bars: ReadonlyArray<Bar>
}

/** The phases that took any time, one after the other from `startUs` on. */
export const barsOf = (times: Observation.Phases, startUs = 0): ReadonlyArray<Bar> => {
  let at = startUs
  return phases.flatMap((phase) => {
    const lengthUs = phaseUs(times, phase.name)
    const bar = { phase, startUs: at, lengthUs }
    at += lengthUs
    return lengthUs > 0 ? [bar] : []
  })
}

/** The requests of a run that was redirected, each from where the one before ended. */
export const hopsOf = (hops: ReadonlyArray<Observation.Hop>): ReadonlyArray<HopBars> => {
  let at = 0
  return hops.map((hop) => {
    const startUs = at
    at += hop.totalUs
    return { hop, startUs, bars: barsOf(hop.phases, startUs) }
  })
}

/** The run in one sentence, for whoever can't see the bars. */
export const waterfallWords = (totalUs: number, times: Observation.Phases): string => {
  const parts = barsOf(times).map(({ lengthUs, phase }) => `${phase.word} ${millis(lengthUs)}`)
  return parts.length === 0 ? "No phase was measured." : `${millis(totalUs)} in all: ${parts.join(", ")}.`
}

/** A round number of microseconds at or above the longest run, so that runs side by side share an axis. */
export const axisUs = (longestUs: number): number => {
  if (longestUs <= 0) return 1_000
  const power = 10 ** Math.floor(Math.log10(longestUs))
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= longestUs) ?? 10) * power
}
