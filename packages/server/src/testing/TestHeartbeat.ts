/**
 * Heartbeats for tests: made and called over HTTP, with time that can be moved.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { Heartbeats } from "../ingest/Heartbeats.ts"
import { TestApi } from "./TestApi.ts"
import { TestInstance } from "./TestInstance.ts"

/** A heartbeat under test. */
export interface TestHeartbeat {
  readonly id: string
  /** The path of its ping URL. */
  readonly path: string
  readonly key: string
}

/** One minute, in milliseconds. */
export const minute = 60_000

/** Every hour, grace ten minutes. */
export const hourly = { schedule: { periodMs: 60 * minute }, graceMs: 10 * minute }

/** Makes a heartbeat of the test organization with a ping URL, and says that we are here. */
export const makeHeartbeat = Effect.fn("TestHeartbeat.make")(function* (spec: object = hourly) {
  const { call, newKey } = yield* TestApi
  const { organizationKey } = yield* TestInstance
  yield* (yield* Heartbeats).markPresent
  const key = yield* newKey(organizationKey, "write")
  const created = yield* call("POST", "/api/v1/monitors", { key, json: { name: "Backup", kind: "heartbeat", spec } })
  assert.strictEqual(created.status, 201, created.text)
  const made = yield* call("POST", `/api/v1/monitors/${created.json.id}/ping-url`, { key })
  assert.strictEqual(made.status, 200, made.text)
  return { id: created.json.id, path: made.json.path, key } satisfies TestHeartbeat
})

/** Calls the ping URL as a job does; answers the status. */
export const ping = Effect.fn("TestHeartbeat.ping")(function* ({ path }: TestHeartbeat, word = "", method = "GET") {
  const { call } = yield* TestApi
  return (yield* call(method, `${path}${word === "" ? "" : `/${word}`}`)).status
})

/** Moves all heartbeats, and what came of them, back in time, as if `ms` had passed with us here. */
export const pass = Effect.fn("TestHeartbeat.pass")(function* (ms: number) {
  const { rows } = yield* TestInstance
  const back = `- ${ms}::float8 * interval '1 millisecond'`
  yield* rows(
    `update app.heartbeats set due_at = due_at ${back}, wake_at = wake_at ${back}, started_at = started_at ${back},
                               ended_at = ended_at ${back}, last_at = last_at ${back}`
  )
  yield* rows("select ts.ensure_partitions(current_date - 7, current_date)")
  // All at once: moved one by one, a row could take the key of one that has not moved yet.
  for (const table of ["ts.results_raw", "ts.result_details"]) {
    yield* rows(`do $$ begin
      create temp table moved on commit drop as select * from ${table};
      delete from ${table};
      update moved set due_at = due_at ${back};
      insert into ${table} select * from moved;
    end $$`)
  }
  yield* rows(`update ts.gaps set starts_at = starts_at ${back}, ends_at = ends_at ${back}`)
  yield* rows(`update app.monitor_states set since_at = since_at ${back}`)
  yield* rows(`update app.absences set starts_at = starts_at ${back}, ends_at = ends_at ${back}`)
  yield* (yield* Heartbeats).markPresent
})

/** As `pass`, with no control plane there for the last `ms`; it comes back now. */
export const passAway = Effect.fn("TestHeartbeat.passAway")(function* (ms: number) {
  const { rows } = yield* TestInstance
  yield* pass(ms)
  yield* rows(`update app.presence set seen_at = now() - ${ms}::float8 * interval '1 millisecond'`)
})

/** What came of a heartbeat, oldest first: `up`, `down heartbeat_missed`, `gap 3`. */
export const cameOf = Effect.fn("TestHeartbeat.cameOf")(function* ({ id }: TestHeartbeat) {
  const { rows } = yield* TestInstance
  const found = yield* rows<{ what: string }>(`
    select what from (
      select r.due_at as at, (array['up', 'degraded', 'down'])[r.outcome + 1] || coalesce(' ' || d.reason, '') as what
        from ts.results_raw r join app.monitors m using (monitor_key)
        left join ts.result_details d using (monitor_key, region_key, due_at) where m.monitor_id = '${id}'
       union all
      select g.starts_at, 'gap ' || g.count from ts.gaps g join app.monitors m using (monitor_key)
       where m.monitor_id = '${id}' and g.cause = 'no_control_plane') w order by at`)
  return found.map(({ what }) => what)
})

/** The monitor, as the API tells it. */
export const monitorOf = Effect.fn("TestHeartbeat.monitorOf")(function* ({ id, key }: TestHeartbeat) {
  const { call } = yield* TestApi
  return (yield* call("GET", `/api/v1/monitors/${id}`, { key })).json
})
