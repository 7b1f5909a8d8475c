/**
 * INGEST: the statements on heartbeats and their rows, and what is written of what became of them.
 */
import { type Expectation, HeartbeatCheck } from "@openseer/core"
import { createHash } from "node:crypto"
import type { SqlClient } from "../db/Pool.ts"
import { storable } from "./Storable.ts"

/** We were away when no control plane said for so long that it is there, in milliseconds. */
export const absentMs = 5_000

/** How many heartbeats one transaction settles. */
export const heartbeatsMax = 20

/** What a signal says besides its kind, kept with a result that is not up. */
export interface SignalDetail {
  readonly exitCode?: number
  /** The beginning of what was sent with it. */
  readonly excerpt?: string
}

/**
 * Locks one heartbeat. `clock_timestamp()` is read again when the lock was waited for, so signals are in the order of
 * their instants. Served by the unique key of tokens.
 */
export const lockByToken = (sql: SqlClient, token: string) => sql<HeartbeatRow>`
  select ${columns(sql)} from app.heartbeats h
   where h.token_hash = ${hashOf(token)} for no key update`

const hashOf = (token: string) => createHash("sha256").update(token).digest()

/** Whether a token is that of a heartbeat. Locks nothing. Served by the unique key of tokens. */
export const isKnown = (sql: SqlClient, token: string) => sql<{ is_known: boolean }>`
  select exists (select from app.heartbeats h where h.token_hash = ${hashOf(token)}) as is_known`

/**
 * Locks some heartbeats that time may have ended, and skips those that another has locked. Served by `heartbeats_wake`,
 * which needs its own condition said: the planner can't know that `now()` is before infinity, and read every row.
 */
export const lockOverdue = (sql: SqlClient) => sql<HeartbeatRow>`
  select ${columns(sql)} from app.heartbeats h
   where h.wake_at <= now() and h.wake_at < 'infinity' order by h.wake_at limit ${heartbeatsMax} for no key update skip locked`

/** See `app.store_heartbeats` in `@openseer/sql`. Under the locks of the rows: the second of two finds other states. */
export const store = (sql: SqlClient, changes: ReadonlyArray<Change>) => sql`
  select app.store_heartbeats(${JSON.stringify(changes.map(toRow))}::json,
                              ${JSON.stringify(changes.flatMap(toEnded))}::json)`

/** A paused heartbeat only remembers that it was called. */
export const noteSignal = (sql: SqlClient, monitorKey: number, said: Expectation.Signal) => sql`
  update app.heartbeats set last_signal = ${said}, last_at = clock_timestamp() where monitor_key = ${monitorKey}`

/** Leaves a heartbeat alone for a minute. */
export const postpone = (sql: SqlClient, monitorKey: number) => sql`
  update app.heartbeats set wake_at = now() + interval '1 minute' where monitor_key = ${monitorKey}`

/** A row, and all that decides about it, as of one moment of the database. */
export interface HeartbeatRow {
  readonly monitor_key: number
  readonly region_key: number
  readonly spec: HeartbeatCheck.HeartbeatSpec
  readonly interval_ms: number
  readonly is_paused: boolean
  readonly due_ms: number | null
  readonly started_ms: number | null
  readonly ended_ms: number | null
  readonly outcome: number | null
  readonly now_ms: number
  readonly seen_ms: number
  readonly absences: ReadonlyArray<Expectation.Absence>
}

/**
 * The absences are those that may have kept something from arriving, from one grace (a minute with a cron expression)
 * before what is expected on, and no others: after a week of restarts there are thousands. By `absences_ends`. `seen_ms`
 * is of the same snapshot: an absence that nobody has recorded yet shows in it.
 */
const columns = (sql: SqlClient) =>
  sql.literal(`h.monitor_key, h.region_key::int, h.spec, h.interval_ms, h.is_paused,
    (extract(epoch from h.due_at) * 1000)::float8 as due_ms, (extract(epoch from h.started_at) * 1000)::float8 as started_ms,
    (extract(epoch from h.ended_at) * 1000)::float8 as ended_ms, h.outcome::int,
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms,
    (select (extract(epoch from p.seen_at) * 1000)::float8 from app.presence p) as seen_ms,
    (select coalesce(json_agg(json_build_object('from', (extract(epoch from a.starts_at) * 1000)::float8,
                                                'to', (extract(epoch from a.ends_at) * 1000)::float8) order by a.starts_at), '[]')
       from app.absences a
      where a.ends_at >= least(h.due_at, h.started_at) - interval '1 minute'
                         - (h.spec ->> 'graceMs')::float8 * interval '1 millisecond') as absences`)

/** A heartbeat as core's rules take it. */
export interface Heartbeat {
  readonly monitorKey: number
  readonly regionKey: number
  readonly rule: Expectation.Rule
  readonly state: Expectation.State
  readonly absences: ReadonlyArray<Expectation.Absence>
  readonly now: number
}

/** What became of a heartbeat. */
export interface Change {
  readonly heartbeat: Heartbeat
  readonly step: Expectation.Step
  readonly signal:
    | { readonly said: Expectation.Signal; readonly at: number; readonly detail?: SignalDetail }
    | undefined
}

/** What a row says, as the rules take it. */
export const toHeartbeat = (row: HeartbeatRow): Heartbeat => {
  // An instant is one of the database's milliseconds, and never one that has ended already.
  const now = Math.max(row.now_ms, (row.ended_ms ?? 0) + 1)
  const isAway = now - row.seen_ms >= absentMs
  return {
    monitorKey: row.monitor_key,
    regionKey: row.region_key,
    rule: { spec: row.spec, intervalMs: row.interval_ms },
    state: {
      dueAt: row.due_ms ?? undefined,
      startedAt: row.started_ms ?? undefined,
      endedAt: row.ended_ms ?? undefined,
      outcome: row.outcome === null ? undefined : row.outcome === 0 ? "up" : "down"
    },
    absences: isAway ? [...row.absences, { from: row.seen_ms, to: now }] : row.absences,
    now
  }
}

const toRow = ({ heartbeat, signal, step }: Change) => ({
  k: heartbeat.monitorKey,
  d: step.state.dueAt,
  w: step.wakeAt,
  s: step.state.startedAt,
  e: step.state.endedAt,
  o: step.state.outcome === undefined ? undefined : step.state.outcome === "up" ? 0 : 2,
  l: signal?.said,
  a: signal?.at
})

/** What `integer` holds of microseconds: 35 minutes. What took longer stands in the details. */
const microsMax = 2_147_483_647
const micros = (ms: number): number => Math.min(microsMax, Math.round(ms * 1_000))

const toEnded = ({ heartbeat, signal, step }: Change) => {
  const own = { k: heartbeat.monitorKey, g: heartbeat.regionKey }
  return [
    ...step.results.map((result) => {
      const { at, latenessMs, outcome, reason, runMs } = result
      const isSaid = reason === "heartbeat_failed"
      const detail = {
        ...(runMs === undefined ? {} : { runMs }),
        ...(latenessMs * 1_000 > microsMax ? { latenessMs } : {}),
        ...(isSaid && signal?.detail !== undefined ? signal.detail : {})
      }
      return {
        ...own,
        a: at,
        o: outcome === "up" ? 0 : 2,
        y: micros(latenessMs),
        t: micros(runMs ?? 0),
        i: 0,
        n: 1,
        ...(reason === undefined ? {} : { m: reason, s: message(heartbeat.rule.spec, result, signal?.detail) }),
        ...(Object.keys(detail).length === 0 ? {} : { x: storable(detail) })
      }
    }),
    ...runsOf(step.unheard).map(({ a, i, n }) => ({ k: own.k, g: own.g, a, i, n, o: 3 }))
  ]
}

const message = (
  { graceMs, runMsMax }: HeartbeatCheck.HeartbeatSpec,
  { at, reason }: Expectation.Result,
  detail: SignalDetail | undefined
): string => {
  switch (reason) {
    case "heartbeat_missed":
      return `expected at ${new Date(at).toISOString()}, and not there ${HeartbeatCheck.duration(graceMs)} later`
    case "heartbeat_overran":
      return `started, and did not report its end within ${HeartbeatCheck.duration(runMsMax ?? graceMs)}`
    default:
      return detail?.exitCode === undefined
        ? "the job reported that it failed"
        : `the job ended with exit code ${detail.exitCode}`
  }
}

/** Instants as stretches of even distance: `a` the first, `n` how many, `i` milliseconds apart, at most a day. */
const runsOf = (instants: ReadonlyArray<number>) => {
  const runs: Array<{ a: number; i: number; n: number }> = []
  for (const at of instants) {
    const last = runs.at(-1)
    const distance = last === undefined ? 0 : at - (last.a + (last.n - 1) * last.i)
    if (last !== undefined && distance <= 86_400_000 && (last.n === 1 || last.i === distance)) {
      last.i = distance
      last.n++
    } else runs.push({ a: at, i: 1_000, n: 1 })
  }
  return runs
}
