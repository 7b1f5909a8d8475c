/**
 * SCHEDULE: the rows of heartbeats, in the transactions that write their monitors. A row takes the place of jobs and
 * placements; what it expects from then on is ingest's.
 */
import { Expectation, HeartbeatCheck } from "@openseer/core"
import { Effect } from "effect"
import type { SqlClient } from "../db/Pool.ts"

/** What of a monitor its heartbeat holds. */
export interface HeartbeatMonitor {
  readonly monitorKey: number
  readonly spec: unknown
  readonly intervalMs: number
  readonly regionKey: number
}

/** Whether monitors of this kind have a heartbeat instead of jobs. */
export const isHeartbeat = (kind: string): boolean => kind === HeartbeatCheck.HeartbeatCheck.kind

/** Makes the row of a new monitor: it waits for its first signal. */
export const insert = (sql: SqlClient, { intervalMs, monitorKey, regionKey, spec }: HeartbeatMonitor) => sql`
  insert into app.heartbeats (monitor_key, region_key, spec, interval_ms)
  values (${monitorKey}, ${regionKey}, ${JSON.stringify(spec)}::jsonb, ${intervalMs})`

/** Locks a row, which the signals and duties that are at it have left then, and reads the clock of the database. */
const lock = (sql: SqlClient, monitorKey: number) => sql<Row>`
  select spec, last_at is null as is_waiting, is_paused,
         (extract(epoch from due_at) * 1000)::float8 as due_ms, (extract(epoch from started_at) * 1000)::float8 as started_ms,
         floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
    from app.heartbeats where monitor_key = ${monitorKey} for update`

const expect = (sql: SqlClient, monitorKey: number, spec: HeartbeatCheck.HeartbeatSpec, state: Expectation.State) => {
  const wakeAt = Expectation.deadline(spec, state)
  return sql`
    update app.heartbeats
       set is_paused = false, due_at = to_timestamp(${state.dueAt ?? null}::float8 / 1000), started_at = null,
           ended_at = coalesce(to_timestamp(${state.endedAt ?? null}::float8 / 1000), ended_at), outcome = null,
           wake_at = coalesce(to_timestamp(${wakeAt ?? null}::float8 / 1000), 'infinity')
     where monitor_key = ${monitorKey}`
}

/**
 * Gives a row its monitor's new spec. Another schedule withdraws what is expected and expects anew from now on; another
 * grace or longest run holds for what is expected already.
 */
export const change = Effect.fn("HeartbeatRows.change")(function* (sql: SqlClient, monitor: HeartbeatMonitor) {
  const { intervalMs, monitorKey } = monitor
  const spec = monitor.spec as HeartbeatCheck.HeartbeatSpec
  const [row] = yield* lock(sql, monitorKey)
  if (row === undefined) return
  yield* sql`
    update app.heartbeats set spec = ${JSON.stringify(spec)}::jsonb, interval_ms = ${intervalMs}
     where monitor_key = ${monitorKey}`
  if (row.is_paused) return
  if (JSON.stringify(inOrder(row.spec.schedule)) !== JSON.stringify(inOrder(spec.schedule))) {
    yield* expect(sql, monitorKey, spec, Expectation.anew(spec, row.is_waiting, row.now_ms))
    return
  }
  const wakeAt = Expectation.deadline(spec, {
    ...Expectation.waiting,
    dueAt: row.due_ms ?? undefined,
    startedAt: row.started_ms ?? undefined
  })
  yield* sql`
    update app.heartbeats set wake_at = coalesce(to_timestamp(${wakeAt ?? null}::float8 / 1000), 'infinity')
     where monitor_key = ${monitorKey}`
})

/** Expects nothing any more, until it is resumed. */
export const pause = (sql: SqlClient, monitorKey: number) => sql`
  update app.heartbeats set is_paused = true, due_at = null, wake_at = 'infinity', started_at = null, outcome = null
   where monitor_key = ${monitorKey}`

/** Expects anew from now on; what never sent a signal goes on waiting for the first. */
export const resume = Effect.fn("HeartbeatRows.resume")(function* (sql: SqlClient, monitorKey: number) {
  const [row] = yield* lock(sql, monitorKey)
  if (row === undefined) return
  yield* expect(sql, monitorKey, row.spec, Expectation.anew(row.spec, row.is_waiting, row.now_ms))
})

/** Deletes a row: its ping URL is unknown from then on. */
export const remove = (sql: SqlClient, monitorKey: number) => sql`
  delete from app.heartbeats where monitor_key = ${monitorKey}`

interface Row {
  readonly spec: HeartbeatCheck.HeartbeatSpec
  readonly is_waiting: boolean
  readonly is_paused: boolean
  readonly due_ms: number | null
  readonly started_ms: number | null
  readonly now_ms: number
}

/** The members in one order: `jsonb` has its own. */
const inOrder = (schedule: HeartbeatCheck.HeartbeatSchedule) =>
  "periodMs" in schedule ? [schedule.periodMs] : [schedule.cron, schedule.timeZone]
