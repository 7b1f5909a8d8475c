/**
 * QUERY: the results of one monitor as they are stored, for the event stream.
 *
 * Results have no order of arrival, so a watch remembers which runs of the last minutes it has seen. What is stored later
 * than that, from the outbox of a worker that was cut off, is history and is not told.
 */
import type { EventsApi } from "@openseer/core"
import { Effect } from "effect"
import { Database } from "../db/Database.ts"
import * as MonitorScope from "./MonitorScope.ts"
import { decodeResults, resultColumns, type ResultRow, toResult } from "./ResultPages.ts"

/** How late after its due instant a result is still told: a minute of lateness, a minute of timeout, one to spare. */
const windowMs = 180_000

/** A monitor that at least one stream follows. */
export interface ResultWatch {
  readonly monitorKey: number
  /** What of these rows is this monitor's and new, oldest first; it is not new any more after that. */
  readonly take: (rows: ReadonlyArray<ResultRow>, now: number) => ReadonlyArray<EventsApi.NewResult>
}

/** Watches a monitor of the organization of this transaction from now on. Fails with `NotFound` when it has none such. */
export const begin = Effect.fn("ResultWatch.begin")(function* (monitorId: string) {
  const { monitorKey } = yield* MonitorScope.find(monitorId, undefined)
  const seen = new Map<string, number>()
  const take: ResultWatch["take"] = (rows, now) => {
    for (const [run, dueAt] of seen) if (dueAt < now - 2 * windowMs) seen.delete(run)
    return rows.flatMap((row) => {
      const run = `${row.regionKey}.${row.dueAt}`
      if (row.monitorKey !== monitorKey || seen.has(run)) return []
      seen.set(run, row.dueAt)
      return [{ monitorId, ...toResult(row, monitorId) }]
    })
  }
  const watch: ResultWatch = { monitorKey, take }
  take(yield* read([watch]), Number.NEGATIVE_INFINITY)
  return watch
})

/** The results of the last minutes of all watched monitors, oldest first. Served by the primary key. */
export const read = Effect.fn("ResultWatch.read")(function* (watches: ReadonlyArray<ResultWatch>) {
  if (watches.length === 0) return []
  const { sql } = (yield* Database).api
  const rows = yield* sql`
    select ${resultColumns(sql)}
      from ts.own_results_raw r
      left join ts.own_result_details d
        on d.monitor_key = r.monitor_key and d.region_key = r.region_key and d.due_at = r.due_at
     where ${sql.in(
       "r.monitor_key",
       watches.map(({ monitorKey }) => monitorKey)
     )} and r.due_at > now() - ${windowMs}::int * interval '1 millisecond'
     order by r.due_at, r.region_key`
  return yield* Effect.orDie(decodeResults(rows))
})
