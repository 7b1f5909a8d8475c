/**
 * What an event alone says of a row, before anything is read.
 */
import type { StateChange } from "@openseer/core/contract/EventsApi"
import type { MonitorRowNow } from "@openseer/core/contract/ViewsApi"
import type { RowPatch } from "~/monitors/RowStore.ts"

/**
 * What a row says from now on, when the state of a region has changed: the state of a monitor in one region is that
 * region's. Of more regions, and of a paused monitor, the event does not tell.
 */
export const rowStateOf = (
  { regionsTotal, state }: Pick<MonitorRowNow, "regionsTotal" | "state">,
  change: StateChange
): RowPatch | undefined =>
  regionsTotal !== 1 || state === "paused"
    ? undefined
    : {
        state: change.state,
        since: change.at,
        reason: change.reason,
        message: change.message,
        regionsUp: change.state === "up" ? 1 : 0
      }
