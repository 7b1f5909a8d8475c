/**
 * LEASE: the statements on standing jobs. Each is one statement; a job's row lock is all that they take.
 */
import type { WorkerRpc } from "@openseer/core"
import * as IntegerArray from "../db/IntegerArray.ts"
import type { SqlClient } from "../db/Pool.ts"
import { type GrantRequest, grantJobsMax, kinds, leaseGraceMs } from "./GrantRequest.ts"

/** A job that was just leased, as its row says. Durations in milliseconds, counted from the statement. */
export interface GrantedJob {
  readonly job_id: number
  readonly one_off: boolean
  readonly lease_id: number
  readonly version: number
  readonly check_kind: string
  readonly check_version: number
  readonly region_name: string
  readonly tick_ms: number
  readonly due_in_ms: number
  readonly lease_ms: number
  readonly interval_ms: number
  readonly attempts: number
}

/** One member of a job: what is to be checked. */
export interface MemberRow {
  readonly job_id: number
  readonly monitor_key: number
  readonly monitor_id: string
  readonly offset_ms: number
  readonly timeout_ms: number
  readonly spec: WorkerRpc.JobMember["spec"]
  readonly assertions: WorkerRpc.JobMember["assertions"]
  /** The organization whose secrets the spec holds, sealed; null when it holds none. */
  readonly sealed_for: string | null
}

/** A lease that was extended. */
export interface RenewedLease {
  readonly job_id: number
  readonly one_off: boolean
  readonly lease_id: number
  readonly lease_ms: number
}

/**
 * Locks the jobs it hands out and skips those that another transaction has locked. Safe to run twice: the second
 * run finds them leased. Served by `jobs_ready`, in order and region by region, so that it reads what it takes and
 * not all that is ready. How many it locks follows from the size of the first three: locking a hundred to take
 * five cost 11 bytes of log a run. The check types are compared by `array_position` because the planner expects
 * one row in 200 of an `any`, and then sorts the whole table.
 */
export const grant = (sql: SqlClient, request: GrantRequest) => sql<GrantedJob>`
  with picked as materialized (
    select p.*, g.name as region_name
      from app.regions g cross join lateral (
        select j.job_id, j.ready_at, cardinality(j.members) as size from app.jobs j
         where j.region_key = g.region_key
           and j.ready_at <= now() + ${request.horizonMs} * interval '1 millisecond'
           and (j.lease_id is null or j.ready_at <= now())
           and j.due_at + app.lateness_max(j.interval_ms) > now()
           and j.attempts < 3 and j.members <> '{}'
           and array_position(${kinds(request.checkTypes)}::text[],
                              j.check_kind || '@' || j.check_version) is not null
         order by j.ready_at
         limit (select least(${grantJobsMax}, ceil(${request.capacity}::float8 / avg(size))) from (
           select cardinality(f.members) as size from app.jobs f
            where f.region_key = g.region_key and f.members <> '{}'
              and f.ready_at <= now() + ${request.horizonMs} * interval '1 millisecond'
            order by f.ready_at limit 3) first)
         for update skip locked) p
     where g.region_key = any (${IntegerArray.literal(request.regionKeys)}::smallint[])
  ), chosen as (
    select job_id, region_name from (
      select job_id, region_name, sum(size) over (order by ready_at, job_id) - size as before from picked) s
     where before < ${request.capacity}
  )
  update app.jobs j
     set ready_at = greatest(j.due_at, now())
           + (app.spread_ms(j.interval_ms) + j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
         lease_id = nextval('app.lease_id'), worker_key = ${request.workerKey}, attempts = j.attempts + 1
    from chosen
   where j.job_id = chosen.job_id
  returning j.job_id, false as one_off, j.lease_id::float8, j.version, j.check_kind, j.check_version::int,
            chosen.region_name, extract(epoch from j.due_at)::float8 * 1000 as tick_ms,
            extract(epoch from j.due_at - clock_timestamp())::float8 * 1000 as due_in_ms,
            extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms,
            j.interval_ms, j.attempts::int`

/**
 * Looks for secrets in the database, so that specs without any cost the control plane no walk. It takes 2 to 4 µs a spec,
 * lost in the noise of a grant, and members travel only to workers that don't know them yet.
 */
export const sealedFor = (sql: SqlClient, table: "j" | "m") =>
  sql.literal(`case when jsonb_path_exists(${table}.spec, '$.**.sealed') then (
      select o.organization_id from auth.organizations o
       where o.organization_key = ${table}.organization_key) end as sealed_for`)

/** What the members of some jobs are to check. Members that were deleted since are left out. */
export const membersOf = (sql: SqlClient, jobIds: ReadonlyArray<number>) => sql<MemberRow>`
  select j.job_id, m.monitor_key, m.monitor_id, app.offset_ms(m.monitor_key, j.interval_ms) as offset_ms,
         m.timeout_ms, m.spec, m.assertions, ${sealedFor(sql, "m")}
    from app.jobs j cross join unnest(j.members) as k join app.monitors m on m.monitor_key = k
   where j.job_id = any (${IntegerArray.literal(jobIds)}::int[])`

/** Which members of some jobs already have a result of the tick that is due. */
export const doneOf = (sql: SqlClient, jobIds: ReadonlyArray<number>) => sql<{ job_id: number; monitor_key: number }>`
  select j.job_id, r.monitor_key
    from app.jobs j cross join unnest(j.members) as k join ts.results_raw r
      on r.monitor_key = k and r.region_key = j.region_key
     and r.due_at = j.due_at + app.offset_ms(k, j.interval_ms) * interval '1 millisecond'
   where j.job_id = any (${IntegerArray.literal(jobIds)}::int[])`

/**
 * Moves the expiry of leases that are still the current ones, at most to one interval and a minute after the tick,
 * so that a worker can't keep a job for ever. Locks the rows it moves; safe to run twice.
 */
export const renew = (
  sql: SqlClient,
  workerKey: number,
  leases: ReadonlyArray<WorkerRpc.LeaseRef>
) => sql<RenewedLease>`
  update app.jobs j
     set ready_at = greatest(j.ready_at, least(
           now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
           j.due_at + (j.interval_ms + 60000) * interval '1 millisecond'))
    from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
   where j.job_id = l."jobId" and j.lease_id = l."leaseId" and not l."oneOff" and j.worker_key = ${workerKey}
  returning j.job_id, false as one_off, j.lease_id::float8,
            extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms`

/** Makes jobs free at their tick again. The attempt counts: a tick that three workers gave back is abandoned. */
export const release = (sql: SqlClient, workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<{
  job_id: number
}>`
  update app.jobs j set ready_at = j.due_at, lease_id = null, worker_key = null
    from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
   where j.job_id = l."jobId" and j.lease_id = l."leaseId" and not l."oneOff" and j.worker_key = ${workerKey}
  returning j.job_id`
