/**
 * SCHEDULE: the write model of monitors. Creating, changing, pausing and deleting a monitor moves it in and out of jobs
 * in the same transaction, so that what is due is always what is configured.
 *
 * Every statement runs as the organization. The row of the monitor is locked before its jobs are, and jobs in the order
 * of their ids, so that two changes can't deadlock each other.
 */
import { type Monitor, Problem } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { CheckTypes } from "../CheckTypes.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as IntegerArray from "../db/IntegerArray.ts"
import { lockGrowth } from "../db/OrganizationLock.ts"
import * as Regions from "../db/Regions.ts"
import { newId } from "../NewId.ts"
import * as HeartbeatRows from "./HeartbeatRows.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as MonitorForm from "./MonitorForm.ts"
import * as SpecSecrets from "./SpecSecrets.ts"

/** What a change can be made of; see `amend`. */
export interface CurrentMonitor {
  readonly isHeartbeat: boolean
  readonly timeoutMs: number
  readonly tags: ReadonlyArray<string>
}

/** Writes monitors. */
export class Monitors extends Context.Service<
  Monitors,
  {
    /** Stores and schedules a monitor; answers its identifier. */
    readonly create: (
      organizationKey: number,
      input: Monitor.MonitorInput
    ) => Effect.Effect<string, DatabaseBusy | Problem.BadInput | Problem.LimitReached>
    /** Replaces the members that are given, if `change.version` is the stored one or not given. */
    readonly update: (
      organizationKey: number,
      monitorId: string,
      change: Monitor.MonitorChange
    ) => Effect.Effect<void, DatabaseBusy | Problem.BadInput | Problem.NotFound | Problem.VersionMismatch>
    /** As `update`, with a change that is made of what the monitor is, which nobody else changes meanwhile. */
    readonly amend: <E>(
      organizationKey: number,
      monitorId: string,
      changeOf: (current: CurrentMonitor) => Effect.Effect<Monitor.MonitorChange, E>
    ) => Effect.Effect<void, E | DatabaseBusy | Problem.BadInput | Problem.NotFound | Problem.VersionMismatch>
    /** Takes a monitor out of its jobs until it is resumed. */
    readonly pause: (organizationKey: number, monitorId: string) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
    /** Puts a paused monitor back into jobs. */
    readonly resume: (
      organizationKey: number,
      monitorId: string
    ) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
    /** Deletes a monitor. Its results go with their retention. */
    readonly remove: (
      organizationKey: number,
      monitorId: string
    ) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
  }
>()("@openseer/server/Monitors") {
  static readonly layer: Layer.Layer<Monitors, never, Database | CheckTypes | SecretBox> = Layer.effect(
    Monitors,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asOrganization } = yield* Database
  const { sql } = api
  const checkTypes = yield* CheckTypes
  const box = yield* SecretBox

  /** Under the lock of the organization's growth. Served by `monitors_organization`. */
  const room = (organizationKey: number) => sql<Room>`
    select o.organization_id as "organizationId", o.monitors_max as "limit",
           (select count(*)::int from app.monitors m
             where m.organization_key = o.organization_key and m.deleted_at is null) as count
      from auth.organizations o where o.organization_key = ${organizationKey}`

  /** Nothing is returned to the second run of a transaction that had been committed: it has nothing left to do. */
  const insert = (
    organizationKey: number,
    monitorId: string,
    monitor: MonitorForm.CheckedMonitor,
    regionKeys: ReadonlyArray<number>
  ) => sql<{ monitor_key: number }>`
    insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions,
                              interval_ms, timeout_ms, region_keys, tags)
    values (${monitorId}, ${organizationKey}, ${monitor.name}, ${monitor.kind}, ${monitor.kindVersion},
            ${JSON.stringify(monitor.spec)}::jsonb, ${JSON.stringify(monitor.assertions)}::jsonb,
            ${monitor.intervalMs}, ${monitor.timeoutMs}, ${IntegerArray.literal(regionKeys)}::smallint[],
            array(select jsonb_array_elements_text(${JSON.stringify(monitor.tags)}::jsonb)))
    on conflict (monitor_id) do nothing returning monitor_key`

  /**
   * Locks the row of one monitor of the organization that is not deleted. By its unique identifier. Not against those that
   * only refer to it: ingest, which has the job or heartbeat that is wanted next, may be writing its first state.
   */
  const lock = (organizationKey: number, monitorId: string) => sql<MonitorRow>`
    select monitor_key, name, check_kind, check_version::int, spec, assertions, interval_ms, timeout_ms,
           region_keys::int[], tags, paused_at is not null as is_paused, version,
           (select o.organization_id from auth.organizations o
             where o.organization_key = monitors.organization_key) as organization_id,
           array(select g.name from unnest(region_keys) with ordinality u(region_key, ord)
                   join app.regions g using (region_key) order by u.ord) as regions
      from app.monitors
     where monitor_id = ${monitorId} and organization_key = ${organizationKey} and deleted_at is null
       for no key update`

  const found = Effect.fnUntraced(function* (organizationKey: number, monitorId: string) {
    const [row] = yield* lock(organizationKey, monitorId)
    return row ?? (yield* new Problem.NotFound())
  })

  /** Puts a monitor into a job of each region; see `app.place`. */
  const place = (monitorKey: number, monitor: Placed, regionKeys: ReadonlyArray<number>) => sql`
    select app.place(${monitorKey}, region_key, ${monitor.kind}, ${monitor.kindVersion}::smallint,
                     ${monitor.intervalMs}, ${monitor.timeoutMs})
      from unnest(${IntegerArray.literal(regionKeys)}::smallint[]) as region_key order by region_key`

  const tell = (organizationKey: number, monitorId: string, change: Change, name: string) => sql`
    insert into app.events (organization_key, kind, monitor_id, payload)
    values (${organizationKey}, 'monitor', ${monitorId}, ${JSON.stringify({ change, name })}::jsonb)`

  const create = Effect.fn("Monitors.create")(function* (organizationKey: number, input: Monitor.MonitorInput) {
    const monitorId = yield* newId("mon")
    const clear = yield* SpecSecrets.ofNew(box, input.spec)
    const monitor = yield* MonitorForm.check(checkTypes, input)
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const regionKeys = yield* resolve(organizationKey, monitor.regions)
        yield* lockGrowth(sql, organizationKey)
        const [{ count, limit, organizationId } = noRoom] = yield* room(organizationKey)
        if (count >= limit) {
          return yield* new Problem.LimitReached({ limit, detail: `the organization may have ${limit} monitors` })
        }
        const spec = yield* SpecSecrets.seal(box, { organizationId, monitorId }, monitor.spec, clear.kept)
        const [row] = yield* insert(organizationKey, monitorId, { ...monitor, spec }, regionKeys)
        if (row === undefined) return
        if (HeartbeatRows.isHeartbeat(monitor.kind)) {
          yield* HeartbeatRows.insert(sql, toHeartbeat(row.monitor_key, monitor, regionKeys))
        } else yield* place(row.monitor_key, monitor, regionKeys)
        yield* tell(organizationKey, monitorId, "created", monitor.name)
      })
    )
    return monitorId
  })

  const resolve = (organizationKey: number, names: ReadonlyArray<string>) =>
    Regions.resolve(sql, organizationKey, names).pipe(
      Effect.flatMap((regionKeys) => MonitorForm.knownRegions(names, regionKeys))
    )

  const write = (monitorKey: number, monitor: MonitorForm.CheckedMonitor, regionKeys: ReadonlyArray<number>) => sql`
    update app.monitors
       set name = ${monitor.name}, check_version = ${monitor.kindVersion}, spec = ${JSON.stringify(monitor.spec)}::jsonb,
           assertions = ${JSON.stringify(monitor.assertions)}::jsonb, interval_ms = ${monitor.intervalMs},
           timeout_ms = ${monitor.timeoutMs}, region_keys = ${IntegerArray.literal(regionKeys)}::smallint[],
           tags = array(select jsonb_array_elements_text(${JSON.stringify(monitor.tags)}::jsonb)),
           version = version + 1, updated_at = now()
     where monitor_key = ${monitorKey}`

  const update = Effect.fn("Monitors.update")(
    (organizationKey: number, monitorId: string, change: Monitor.MonitorChange) =>
      amend(organizationKey, monitorId, () => Effect.succeed(change))
  )

  const amend = Effect.fn("Monitors.amend")(function* <E>(
    organizationKey: number,
    monitorId: string,
    changeOf: (current: CurrentMonitor) => Effect.Effect<Monitor.MonitorChange, E>
  ) {
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const row = yield* found(organizationKey, monitorId)
        const change = yield* changeOf({
          isHeartbeat: HeartbeatRows.isHeartbeat(row.check_kind),
          timeoutMs: row.timeout_ms,
          tags: row.tags
        })
        if (change.version !== undefined && change.version !== row.version) {
          return yield* new Problem.VersionMismatch({ version: row.version, detail: "read it again and merge" })
        }
        const owner = { organizationId: row.organization_id, monitorId }
        const stored = { owner, kind: row.check_kind, spec: row.spec }
        const clear =
          change.spec === undefined
            ? SpecSecrets.ofStored(box, stored)
            : yield* SpecSecrets.ofChange(box, stored, change.spec)
        const monitor = yield* MonitorForm.check(checkTypes, merge(row, { ...change, spec: clear.spec }))
        if (change.spec !== undefined)
          yield* SpecSecrets.sameOrigin(checkTypes, box, stored, { ...clear, spec: monitor.spec })
        const spec = yield* SpecSecrets.seal(box, owner, monitor.spec, clear.kept)
        const regionKeys =
          change.regions === undefined ? row.region_keys : yield* resolve(organizationKey, change.regions)
        yield* write(row.monitor_key, { ...monitor, spec }, regionKeys)
        if (HeartbeatRows.isHeartbeat(monitor.kind)) {
          yield* HeartbeatRows.change(sql, toHeartbeat(row.monitor_key, monitor, regionKeys))
        } else if (!row.is_paused) yield* reschedule(row, monitor, regionKeys)
        yield* tell(organizationKey, monitorId, "updated", monitor.name)
      })
    )
  })

  /** Another grid or other regions are other jobs; another spec is the same job with members to be fetched anew. */
  const reschedule = Effect.fnUntraced(function* (
    row: MonitorRow,
    monitor: MonitorForm.CheckedMonitor,
    regionKeys: ReadonlyArray<number>
  ) {
    const isElsewhere =
      row.interval_ms !== monitor.intervalMs ||
      row.check_version !== monitor.kindVersion ||
      IntegerArray.literal(row.region_keys.toSorted()) !== IntegerArray.literal(regionKeys.toSorted())
    if (isElsewhere) {
      yield* sql`select app.remove(${row.monitor_key})`
      yield* place(row.monitor_key, monitor, regionKeys)
    } else {
      yield* sql`select app.touch_jobs(${row.monitor_key}, ${monitor.timeoutMs})`
    }
  })

  const setPaused = (monitorKey: number, isPaused: boolean) => sql`
    update app.monitors set paused_at = case when ${isPaused} then now() end, version = version + 1, updated_at = now()
     where monitor_key = ${monitorKey}`

  const pause = Effect.fn("Monitors.pause")(function* (organizationKey: number, monitorId: string) {
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const row = yield* found(organizationKey, monitorId)
        if (row.is_paused) return
        yield* setPaused(row.monitor_key, true)
        yield* HeartbeatRows.isHeartbeat(row.check_kind)
          ? HeartbeatRows.pause(sql, row.monitor_key)
          : sql`select app.remove(${row.monitor_key})`
        yield* tell(organizationKey, monitorId, "paused", row.name)
      })
    )
  })

  const resume = Effect.fn("Monitors.resume")(function* (organizationKey: number, monitorId: string) {
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const row = yield* found(organizationKey, monitorId)
        if (!row.is_paused) return
        yield* setPaused(row.monitor_key, false)
        const placed = {
          kind: row.check_kind,
          kindVersion: row.check_version,
          intervalMs: row.interval_ms,
          timeoutMs: row.timeout_ms
        }
        yield* HeartbeatRows.isHeartbeat(row.check_kind)
          ? HeartbeatRows.resume(sql, row.monitor_key)
          : place(row.monitor_key, placed, row.region_keys)
        yield* tell(organizationKey, monitorId, "resumed", row.name)
      })
    )
  })

  const remove = Effect.fn("Monitors.remove")(function* (organizationKey: number, monitorId: string) {
    yield* asOrganization(
      organizationKey,
      Effect.gen(function* () {
        const row = yield* found(organizationKey, monitorId)
        yield* sql`
          update app.monitors set deleted_at = now(), updated_at = now(), version = version + 1
           where monitor_key = ${row.monitor_key}`
        yield* HeartbeatRows.isHeartbeat(row.check_kind)
          ? HeartbeatRows.remove(sql, row.monitor_key)
          : sql`select app.remove(${row.monitor_key})`
        yield* tell(organizationKey, monitorId, "deleted", row.name)
      })
    )
  })

  return Monitors.of({ create, update, amend, pause, resume, remove })
})

/** What became of a monitor, as its event says. */
type Change = "created" | "updated" | "deleted" | "paused" | "resumed"

/** What decides in which jobs a monitor is. */
type Placed = Pick<MonitorForm.CheckedMonitor, "kind" | "kindVersion" | "intervalMs" | "timeoutMs">

interface Room {
  readonly organizationId: string
  readonly limit: number
  readonly count: number
}

const noRoom: Room = { organizationId: "", limit: 0, count: 0 }

interface MonitorRow {
  readonly organization_id: string
  readonly monitor_key: number
  readonly name: string
  readonly check_kind: string
  readonly check_version: number
  readonly spec: MonitorForm.CheckedMonitor["spec"]
  readonly assertions: MonitorForm.CheckedMonitor["assertions"]
  readonly interval_ms: number
  readonly timeout_ms: number
  readonly region_keys: ReadonlyArray<number>
  readonly regions: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
  readonly is_paused: boolean
  readonly version: number
}

const toHeartbeat = (
  monitorKey: number,
  { intervalMs, spec }: MonitorForm.CheckedMonitor,
  regionKeys: ReadonlyArray<number>
): HeartbeatRows.HeartbeatMonitor => ({ monitorKey, spec, intervalMs, regionKey: regionKeys[0]! })

/** Of a heartbeat, interval and timeout follow from its spec: they are those that the change states, which is an error. */
const merge = (row: MonitorRow, change: Monitor.MonitorChange): Monitor.MonitorInput => ({
  name: change.name ?? row.name,
  kind: row.check_kind,
  spec: change.spec === undefined ? row.spec : change.spec,
  ...(HeartbeatRows.isHeartbeat(row.check_kind)
    ? {
        ...(change.intervalMs === undefined ? {} : { intervalMs: change.intervalMs }),
        ...(change.timeoutMs === undefined ? {} : { timeoutMs: change.timeoutMs })
      }
    : { intervalMs: change.intervalMs ?? row.interval_ms, timeoutMs: change.timeoutMs ?? row.timeout_ms }),
  regions: change.regions ?? row.regions,
  assertions: change.assertions ?? row.assertions,
  tags: change.tags ?? row.tags
})
