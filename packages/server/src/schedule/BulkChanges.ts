/**
 * SCHEDULE: one change of many monitors, one after the other, each in a transaction of its own: one that can't be changed
 * keeps none of the others from it.
 */
import { Grid, Monitor, type MonitorsApi, Problem } from "@openseer/core"
import { Effect } from "effect"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import type { CurrentMonitor, Monitors } from "./Monitors.ts"

/** Changes monitors of the organization; answers how many, and why the others are as they were. */
export const run = Effect.fn("BulkChanges.run")(function* (
  monitors: Monitors["Service"],
  organizationKey: number,
  { change, ids }: MonitorsApi.BulkRequest
) {
  const one = changeOne(monitors, organizationKey, change)
  const failed: Array<MonitorsApi.BulkFailure> = []
  for (const id of ids) {
    const message = yield* one(id).pipe(
      Effect.as(undefined),
      Effect.catch((error) => Effect.succeed(messageOf(error)))
    )
    if (message !== undefined) failed.push({ id, message })
  }
  return { changed: ids.length - failed.length, failed } satisfies MonitorsApi.BulkAnswer
})

type Failure = DatabaseBusy | Problem.BadInput | Problem.NotFound | Problem.VersionMismatch

const changeOne =
  (monitors: Monitors["Service"], organizationKey: number, { action, ...change }: MonitorsApi.BulkChange) =>
  (id: string): Effect.Effect<void, Failure> =>
    action === undefined
      ? monitors.amend(organizationKey, id, (current) => amended(current, change))
      : monitors[action](organizationKey, id)

const amended = (
  current: CurrentMonitor,
  { addTags = [], intervalMs, regions, removeTags = [] }: Omit<MonitorsApi.BulkChange, "action">
): Effect.Effect<Monitor.MonitorChange, Problem.BadInput> => {
  const tags = [...new Set([...current.tags.filter((tag) => !removeTags.includes(tag)), ...addTags])]
  if (tags.length > Monitor.tagsMax) {
    const message = `must have at most ${Monitor.tagsMax} tags`
    return Effect.fail(new Problem.BadInput({ errors: [{ path: "tags", message }] }))
  }
  return Effect.succeed({
    tags,
    ...(regions === undefined ? {} : { regions }),
    ...(intervalMs === undefined ? {} : { intervalMs, ...timeoutFor(current, intervalMs) })
  })
}

/** A timeout that is too long for the interval is shortened with it. Of a heartbeat, it follows from its spec. */
const timeoutFor = ({ isHeartbeat, timeoutMs }: CurrentMonitor, intervalMs: number) =>
  isHeartbeat ? {} : { timeoutMs: Math.min(timeoutMs, Grid.timeoutMsLimit(intervalMs)) }

const messageOf = (error: Failure): string => {
  switch (error._tag) {
    case "NotFound":
      return "there is no such monitor"
    case "BadInput":
      return error.errors.map(({ message, path }) => `${path}: ${message}`).join("; ")
    case "VersionMismatch":
      return "it was changed in the meantime"
    default:
      return "too much is going on: try again in a moment"
  }
}
