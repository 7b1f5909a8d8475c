/**
 * How a monitor is, in words: what the banner on its page says.
 */
import type { Monitor } from "@openseer/core"
import { reasonWords } from "~/checks/ReasonWords.ts"

type Regions = ReadonlyArray<Monitor.MonitorRegion>

/** The regions that make a monitor what it is, the one that changed first in front. */
export const culprits = (regions: Regions, state: string): Regions =>
  regions
    .filter((region) =>
      state === "degraded" ? region.state === "degraded" || region.state === "down" : region.state === state
    )
    .toSorted((a, b) => (a.since ?? "").localeCompare(b.since ?? ""))

/** Since when a monitor is what it is: since the first of the regions that make it so. */
export const sinceOf = (monitor: Pick<Monitor.Monitor, "regions" | "state" | "changedAt">): string | undefined =>
  monitor.state === "up" ? monitor.changedAt : (culprits(monitor.regions, monitor.state)[0]?.since ?? monitor.changedAt)

/** Why, in one sentence: "Connection refused in eu-west-1 and us-east-1." */
export const whyWords = (monitor: Pick<Monitor.Monitor, "changedAt" | "heartbeat" | "regions" | "state">): string => {
  if (monitor.state === "paused") return "No check is due until it is resumed."
  if (monitor.state === "unknown" && monitor.heartbeat && monitor.heartbeat.lastSignalAt === undefined) {
    return "It waits for the first signal of its job. This never counts as up."
  }
  if (monitor.state === "unknown" && monitor.changedAt === undefined) {
    return "Nothing was checked yet: the first check is due within one interval. This never counts as up."
  }
  if (monitor.state === "unknown") return "No result came lately, so nobody knows. This never counts as up."
  const byReason = Map.groupBy(culprits(monitor.regions, monitor.state), ({ reason }) => reason ?? "")
  return [...byReason]
    .map(([reason, regions]) => {
      const where = list(regions.map(({ region }) => region))
      return `${reason === "" ? "Not up" : reasonWords(reason)} in ${where}.`
    })
    .join(" ")
}

/** "a", "a and b", "a, b and c". */
export const list = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`
