/**
 * SCHEDULE: "run now" and drafts. One row a region that a worker leases and answers once; counted nowhere, gone after a
 * while. The row of a draft names no monitor: its secrets are sealed for its request.
 */
import { type ChecksApi, MonitorsApi, Problem } from "@openseer/core"
import { Clock, Context, Duration, Effect, Layer, Option, Schema, Semaphore } from "effect"
import { CheckTypes } from "../CheckTypes.ts"
import { Database } from "../db/Database.ts"
import * as IntegerArray from "../db/IntegerArray.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as Regions from "../db/Regions.ts"
import { newId } from "../NewId.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as DraftForm from "./DraftForm.ts"
import * as HeartbeatRows from "./HeartbeatRows.ts"
import * as MonitorForm from "./MonitorForm.ts"

/** How long a worker may take to lease a one-off job, in milliseconds, after which nobody gets it any more. */
export const expiresAfterMs = 60_000

/** How long the rows are kept after they expired, in milliseconds. */
export const keptMs = 600_000

/** The most one-off jobs of an organization that no worker has answered yet. */
export const pendingMax = 200

/** The most requests of this process that wait for results; one more is answered without waiting. */
export const waitersMax = 64

/** How often the rows are asked for results, in milliseconds. */
const pollMs = 150

/** Runs monitors and drafts once, at once. */
export class OneOffJobs extends Context.Service<
  OneOffJobs,
  {
    /**
     * Runs a monitor in its regions, or in those given, and waits up to `waitMs` for all of them to answer. What has not
     * answered by then is `pending`. Works for paused monitors as well.
     */
    readonly run: (
      organizationKey: number,
      monitorId: string,
      request: MonitorsApi.RunRequest
    ) => Effect.Effect<
      ReadonlyArray<MonitorsApi.RegionRun>,
      DatabaseBusy | Problem.BadInput | Problem.NotFound | Problem.LimitReached
    >
    /**
     * Runs what no monitor is, as `run` does. Fails with `NotFound` when there is no monitor of the id that it names.
     */
    readonly draft: (
      organizationKey: number,
      draft: ChecksApi.Draft
    ) => Effect.Effect<
      ReadonlyArray<MonitorsApi.RegionRun>,
      DatabaseBusy | Problem.BadInput | Problem.NotFound | Problem.LimitReached
    >
    /** Deletes what expired a while ago; answers how many rows. Any replica may run it at any moment. */
    readonly expire: Effect.Effect<number, DatabaseBusy>
  }
>()("@openseer/server/OneOffJobs") {
  static readonly layer: Layer.Layer<OneOffJobs, never, Database | CheckTypes | SecretBox> = Layer.effect(
    OneOffJobs,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asOrganization, background } = yield* Database
  const { sql } = api
  const checkTypes = yield* CheckTypes
  const box = yield* SecretBox
  const waiters = yield* Semaphore.make(waitersMax)

  const find = (organizationKey: number, monitorId: string) => sql<MonitorRow>`
    select monitor_key, check_kind, region_keys::int[] from app.monitors
     where monitor_id = ${monitorId} and organization_key = ${organizationKey} and deleted_at is null`

  /** Few rows are pending at any time; served by `one_off_jobs_ready`. */
  const countPending = (organizationKey: number) => sql<{ count: number }>`
    select count(*)::int as count from app.one_off_jobs
     where organization_key = ${organizationKey} and finished_at is null and expires_at > now()`

  const admit = Effect.fnUntraced(function* (organizationKey: number, more: number) {
    const [{ count } = { count: 0 }] = yield* countPending(organizationKey)
    if (count + more <= pendingMax) return
    return yield* new Problem.LimitReached({ limit: pendingMax, detail: "wait for the runs that are going on" })
  })

  const resolve = (organizationKey: number, regions: ReadonlyArray<string>) =>
    Regions.resolve(sql, organizationKey, regions).pipe(
      Effect.flatMap((keys) => MonitorForm.knownRegions(regions, keys))
    )

  /** One row a region, as the monitor is now. */
  const insert = (requestId: string, monitorKey: number, regionKeys: ReadonlyArray<number>) => sql`
    insert into app.one_off_jobs (request_id, organization_key, monitor_key, region_key, check_kind, check_version, spec,
                                  assertions, timeout_ms, expires_at)
    select ${requestId}, m.organization_key, m.monitor_key, region_key, m.check_kind, m.check_version, m.spec,
           m.assertions, m.timeout_ms, now() + ${expiresAfterMs} * interval '1 millisecond'
      from app.monitors m cross join unnest(${IntegerArray.literal(regionKeys)}::smallint[]) as region_key
     where m.monitor_key = ${monitorKey}
       and not exists (select from app.one_off_jobs o where o.request_id = ${requestId})`

  const create = Effect.fn("OneOffJobs.create")(function* (
    organizationKey: number,
    monitorId: string,
    regions: ReadonlyArray<string> | undefined
  ) {
    const requestId = yield* newId("req")
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const [monitor] = yield* find(organizationKey, monitorId)
        if (monitor === undefined) return yield* new Problem.NotFound()
        if (HeartbeatRows.isHeartbeat(monitor.check_kind)) {
          return yield* new Problem.BadInput({
            errors: [{ path: "monitorId", message: "a heartbeat can't be run from here: its job calls the ping URL" }]
          })
        }
        const regionKeys = regions === undefined ? monitor.region_keys : yield* resolve(organizationKey, regions)
        yield* admit(organizationKey, regionKeys.length)
        yield* insert(requestId, monitor.monitor_key, regionKeys)
      })
    )
    return requestId
  })

  /** The organization, and the monitor that is named, if it is one of its own. By unique identifiers. */
  const findOwner = (organizationKey: number, monitorId: string | undefined) => sql<OwnerRow>`
    select o.organization_id, m.check_kind, m.spec
      from auth.organizations o
      left join app.monitors m on m.organization_key = o.organization_key and m.monitor_id = ${monitorId ?? null}::text
                              and m.deleted_at is null
     where o.organization_key = ${organizationKey}`

  const insertDraft = (
    requestId: string,
    organizationKey: number,
    draft: DraftForm.CheckedDraft,
    regionKeys: ReadonlyArray<number>
  ) => sql`
    insert into app.one_off_jobs (request_id, organization_key, region_key, check_kind, check_version, spec, assertions,
                                  timeout_ms, expires_at)
    select ${requestId}, ${organizationKey}, region_key, ${draft.kind}, ${draft.kindVersion},
           ${JSON.stringify(draft.spec)}::jsonb, ${JSON.stringify(draft.assertions)}::jsonb, ${draft.timeoutMs},
           now() + ${expiresAfterMs} * interval '1 millisecond'
      from unnest(${IntegerArray.literal(regionKeys)}::smallint[]) as region_key
     where not exists (select from app.one_off_jobs o where o.request_id = ${requestId})`

  const createDraft = Effect.fn("OneOffJobs.createDraft")(function* (organizationKey: number, draft: ChecksApi.Draft) {
    const requestId = yield* newId("req")
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const [row] = yield* findOwner(organizationKey, draft.monitorId)
        if (row === undefined) return yield* new Problem.NotFound()
        const { check_kind: kind, organization_id: organizationId, spec } = row
        if (draft.monitorId !== undefined && kind === null) {
          return yield* new Problem.NotFound({ detail: "there is no such monitor" })
        }
        const checked = yield* DraftForm.check(checkTypes, box, draft, {
          owner: { organizationId, monitorId: requestId },
          monitor:
            draft.monitorId === undefined || kind === null
              ? undefined
              : { owner: { organizationId, monitorId: draft.monitorId }, kind, spec }
        })
        const regionKeys = yield* resolve(organizationKey, checked.regions)
        yield* admit(organizationKey, regionKeys.length)
        yield* insertDraft(requestId, organizationKey, checked, regionKeys)
      })
    )
    return requestId
  })

  /** Served by `one_off_jobs_request`. */
  const read = (organizationKey: number, requestId: string) =>
    asOrganization(
      organizationKey,
      sql<RunRow>`
        select g.name as region, j.result from app.one_off_jobs j join app.regions g using (region_key)
         where j.request_id = ${requestId} order by g.name`
    )

  const run = Effect.fn("OneOffJobs.run")(function* (
    organizationKey: number,
    monitorId: string,
    request: MonitorsApi.RunRequest
  ) {
    const requestId = yield* create(organizationKey, monitorId, request.regions)
    return yield* answers(organizationKey, requestId, request.waitMs)
  })

  const draft = Effect.fn("OneOffJobs.draft")(function* (organizationKey: number, wanted: ChecksApi.Draft) {
    const requestId = yield* createDraft(organizationKey, wanted)
    return yield* answers(organizationKey, requestId, wanted.waitMs)
  })

  const answers = Effect.fnUntraced(function* (
    organizationKey: number,
    requestId: string,
    waitMs: number = MonitorsApi.runWaitMsDefault
  ) {
    const waited = yield* waiters.withPermitsIfAvailable(1)(awaitResults(organizationKey, requestId, waitMs))
    const rows = Option.isSome(waited) ? waited.value : yield* read(organizationKey, requestId)
    return yield* Effect.forEach(rows, toRegionRun)
  })

  const awaitResults = Effect.fnUntraced(function* (organizationKey: number, requestId: string, waitMs: number) {
    const startedAt = yield* Clock.currentTimeMillis
    while (true) {
      const rows = yield* read(organizationKey, requestId)
      const leftMs = waitMs - ((yield* Clock.currentTimeMillis) - startedAt)
      if (leftMs <= 0 || rows.every((row) => row.result !== null)) return rows
      yield* Effect.sleep(Duration.millis(Math.min(pollMs, leftMs)))
    }
  })

  const expire = background
    .run(
      background.sql`
        delete from app.one_off_jobs where expires_at < now() - ${keptMs} * interval '1 millisecond' returning job_id`
    )
    .pipe(
      Effect.map((rows) => rows.length),
      Effect.withSpan("OneOffJobs.expire")
    )

  return OneOffJobs.of({ run, draft, expire })
})

interface MonitorRow {
  readonly monitor_key: number
  readonly check_kind: string
  readonly region_keys: ReadonlyArray<number>
}

interface OwnerRow {
  readonly organization_id: string
  readonly check_kind: string | null
  readonly spec: Schema.Json
}

interface RunRow {
  readonly region: string
  readonly result: Schema.Json
}

const decodeReport = Schema.decodeUnknownEffect(MonitorsApi.RunReport)

const toRegionRun = ({ region, result }: RunRow): Effect.Effect<MonitorsApi.RegionRun> =>
  result === null
    ? Effect.succeed({ region, status: "pending" })
    : Effect.map(Effect.orDie(decodeReport(result)), (report) => ({ region, status: "done", report }))
