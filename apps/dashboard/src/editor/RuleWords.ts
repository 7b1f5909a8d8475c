/**
 * What a monitor does, in sentences: how often, when it is called down, and how soon that is seen.
 */
import { durationWords } from "~/editor/DurationText.ts"

/** What the sentences are made of. `regions` is how many; an inbound one is not checked: its target calls. */
export interface Rule {
  readonly isInbound: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly regions: number
  readonly assertions: number
}

const dayMs = 86_400_000

/** The interval and the timeout of a monitor that states none: those of the API. */
export const intervalMsDefault = 60_000
export const timeoutMsFor = (intervalMs: number): number => Math.min(10_000, Math.floor(intervalMs * 0.8))

/** The rule in words. */
export const ruleWords = ({ assertions, intervalMs, isInbound, regions, timeoutMs }: Rule): ReadonlyArray<string> => {
  if (isInbound) {
    return [
      "Nothing is checked from here: the job calls a URL, which you make on the monitor's page once it is saved.",
      "Down when a call is missing for longer than the grace, or when the job says that it failed."
    ]
  }
  const places = regions === 1 ? "one region" : `each of ${regions} regions`
  const perDay = Math.round((dayMs / intervalMs) * regions)
  const failing =
    assertions === 0
      ? "A check fails when nothing answers as it should"
      : `A check fails when nothing answers, or when ${assertions === 1 ? "the assertion does" : `one of ${assertions} assertions does`} not hold`
  return [
    `Checked every ${durationWords(intervalMs)} from ${places}: ${perDay.toLocaleString("en")} checks a day.`,
    `${failing}.`,
    regions === 1
      ? "Down as soon as the check fails, up as soon as it passes."
      : "Degraded as soon as it fails in any region, down when it fails in more than half of those that know.",
    `A failure is seen at most ${durationWords(intervalMs + timeoutMs)} after it begins: the interval, and the timeout of the check.`
  ]
}
