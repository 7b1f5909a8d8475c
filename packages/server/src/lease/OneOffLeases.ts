/**
 * LEASE: the statements on one-off jobs, checks that run once. The rules are those of standing jobs.
 */
import type { WorkerRpc } from "@openseer/core"
import * as IntegerArray from "../db/IntegerArray.ts"
import type { SqlClient } from "../db/Pool.ts"
import { type GrantRequest, grantJobsMax, kinds, leaseGraceMs } from "./GrantRequest.ts"
import { type GrantedJob, type MemberRow, type RenewedLease, sealedFor } from "./JobLeases.ts"

/** As that of standing jobs, for checks that run once. Served by `one_off_jobs_ready`. */
export const grant = (sql: SqlClient, request: GrantRequest) => sql<GrantedJob>`
  with picked as (
    select job_id from app.one_off_jobs
     where region_key = any (${IntegerArray.literal(request.regionKeys)}::smallint[]) and finished_at is null
       and ready_at <= now() and expires_at > now() and attempts < 3
       and check_kind || '@' || check_version = any (${kinds(request.checkTypes)}::text[])
     order by ready_at limit ${Math.min(grantJobsMax, request.capacity)} for update skip locked
  )
  update app.one_off_jobs j
     set ready_at = now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
         lease_id = nextval('app.lease_id'), worker_key = ${request.workerKey}, attempts = j.attempts + 1
    from picked, app.regions g
   where j.job_id = picked.job_id and g.region_key = j.region_key
  returning j.job_id, true as one_off, j.lease_id::float8, 1 as version, j.check_kind, j.check_version::int,
            g.name as region_name, extract(epoch from j.requested_at)::float8 * 1000 as tick_ms, 0 as due_in_ms,
            extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms,
            86400000 as interval_ms, j.attempts::int`

/** What some one-off jobs are to check: each is its own and only member. A draft is no monitor's: its request names it. */
export const membersOf = (sql: SqlClient, jobIds: ReadonlyArray<number>) => sql<MemberRow>`
  select j.job_id, j.job_id as monitor_key, coalesce(m.monitor_id, j.request_id) as monitor_id, 0 as offset_ms,
         j.timeout_ms, j.spec, j.assertions, ${sealedFor(sql, "j")}
    from app.one_off_jobs j left join app.monitors m using (monitor_key)
   where j.job_id = any (${IntegerArray.literal(jobIds)}::int[])`

/** As that of standing jobs, at most to a minute after the run was to be leased. */
export const renew = (
  sql: SqlClient,
  workerKey: number,
  leases: ReadonlyArray<WorkerRpc.LeaseRef>
) => sql<RenewedLease>`
  update app.one_off_jobs j
     set ready_at = greatest(j.ready_at, least(
           now() + (j.timeout_ms + ${leaseGraceMs}) * interval '1 millisecond',
           j.expires_at + interval '1 minute'))
    from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
   where j.job_id = l."jobId" and j.lease_id = l."leaseId" and l."oneOff" and j.worker_key = ${workerKey}
     and j.finished_at is null
  returning j.job_id, true as one_off, j.lease_id::float8,
            extract(epoch from j.ready_at - clock_timestamp())::float8 * 1000 as lease_ms`

/** Gives jobs that are not finished back at once. */
export const release = (sql: SqlClient, workerKey: number, leases: ReadonlyArray<WorkerRpc.LeaseRef>) => sql<{
  job_id: number
}>`
  update app.one_off_jobs j set ready_at = now(), lease_id = null, worker_key = null
    from json_to_recordset(${JSON.stringify(leases)}::json) as l("jobId" int, "oneOff" boolean, "leaseId" bigint)
   where j.job_id = l."jobId" and j.lease_id = l."leaseId" and l."oneOff" and j.worker_key = ${workerKey}
     and j.finished_at is null
  returning j.job_id`
