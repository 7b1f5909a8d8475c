/**
 * QUERY: monitors with their states, as lists and pages show them. Writes nothing.
 */
import { type Assertion, type Monitor, MonitorsApi, MonitorState, Problem } from "@openseer/core"
import { Context, Effect, Layer, type Schema } from "effect"
import { CheckTypes } from "../CheckTypes.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as SealedSpec from "../secrets/SealedSpec.ts"
import * as MonitorSearch from "./MonitorSearch.ts"

/** Reads monitors of one organization. */
export class MonitorQueries extends Context.Service<
  MonitorQueries,
  {
    /** One monitor. Fails with `NotFound`, also when it is another organization's or deleted. */
    readonly get: (
      organizationKey: number,
      monitorId: string
    ) => Effect.Effect<Monitor.Monitor, DatabaseBusy | Problem.NotFound>
    /** A page of monitors, oldest first. Fails with `BadRequest` when the cursor is not one of this list. */
    readonly list: (
      organizationKey: number,
      query: MonitorsApi.MonitorsQuery
    ) => Effect.Effect<MonitorsApi.MonitorsPage, DatabaseBusy | Problem.BadRequest>
  }
>()("@openseer/server/MonitorQueries") {
  static readonly layer: Layer.Layer<MonitorQueries, never, Database | CheckTypes> = Layer.effect(
    MonitorQueries,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, asOrganization } = yield* Database
  const { sql } = api
  const checkTypes = yield* CheckTypes

  /** The regions of `m` in their order with their states, and how many of these are what. By primary key. */
  const states = sql.literal(`
    cross join lateral (
      select jsonb_agg(jsonb_build_object('region', g.name, 'state', s.state, 'since', s.since_at, 'reason', s.reason,
                                          'message', s.message) order by u.ord) as regions,
             count(*) filter (where s.state < 3) as known, count(*) filter (where s.state = 0) as up,
             count(*) filter (where s.state = 2) as down
        from unnest(m.region_keys) with ordinality u(region_key, ord)
        join app.regions g using (region_key)
        left join app.monitor_states s on s.monitor_key = m.monitor_key and s.region_key = u.region_key
    ) r`)

  /** The rule of core's MonitorState.overall, for filtering; a test compares the two. */
  const overall = sql.literal(`
    case when m.paused_at is not null then 'paused' when r.known = 0 then 'unknown' when r.down * 2 > r.known then 'down'
         when r.up = r.known then 'up' else 'degraded' end`)

  const columns = sql.literal(`m.monitor_key, m.monitor_id, m.name, m.check_kind, m.spec, m.interval_ms, m.timeout_ms,
    m.assertions, m.tags, m.paused_at is not null as is_paused, m.version, m.created_at, m.updated_at, r.regions,
    (select jsonb_build_object('hasPingUrl', h.token_hash is not null, 'lastSignal', h.last_signal, 'lastSignalAt', h.last_at,
                               'expectedAt', h.due_at, 'startedAt', h.started_at)
       from app.heartbeats h where h.monitor_key = m.monitor_key) as heartbeat`)

  const get = Effect.fn("MonitorQueries.get")(function* (organizationKey: number, monitorId: string) {
    const [row] = yield* asOrganization(
      organizationKey,
      sql<MonitorRow>`
        select ${columns} from app.monitors m ${states}
         where m.monitor_id = ${monitorId} and m.organization_key = ${organizationKey} and m.deleted_at is null`
    )
    return row === undefined ? yield* new Problem.NotFound() : toMonitor(row)
  })

  /** Served by `monitors_organization`; the filters look at the organization's monitors one by one: 6 to 115 ms of 10,000. */
  const list = Effect.fn("MonitorQueries.list")(function* (organizationKey: number, query: MonitorsApi.MonitorsQuery) {
    const after = yield* decodeCursor(query.cursor)
    const limit = query.limit ?? MonitorsApi.pageLimitDefault
    const filters = [
      sql`m.organization_key = ${organizationKey}`,
      sql`m.deleted_at is null`,
      sql`m.monitor_key > ${after}`,
      ...(query.tag === undefined ? [] : [sql`${query.tag}::text = any (m.tags)`]),
      ...(query.state === undefined ? [] : [sql`${overall} = ${query.state}`]),
      ...(query.q === undefined ? [] : [MonitorSearch.matches(sql, query.q)])
    ]
    const rows = yield* asOrganization(
      organizationKey,
      sql<MonitorRow>`
        select ${columns} from app.monitors m ${states}
         where ${sql.and(filters)} order by m.monitor_key limit ${limit + 1}`
    )
    const items = rows.slice(0, limit)
    const last = items.at(-1)
    return {
      items: items.map(toMonitor),
      ...(rows.length > limit && last !== undefined ? { nextCursor: encodeCursor(last.monitor_key) } : {})
    }
  })

  const toMonitor = (row: MonitorRow): Monitor.Monitor => {
    const regions = row.regions.map(toRegion)
    const spec = SealedSpec.masked(row.spec)
    const changedAt =
      regions
        .map(({ since }) => since ?? "")
        .toSorted()
        .at(-1) ?? ""
    return {
      id: row.monitor_id,
      name: row.name,
      kind: row.check_kind,
      target: checkTypes.targetOf(row.check_kind, spec),
      spec,
      intervalMs: row.interval_ms,
      timeoutMs: row.timeout_ms,
      regions,
      assertions: row.assertions,
      tags: row.tags,
      state: MonitorState.overall(
        row.is_paused,
        regions.map(({ state }) => state)
      ),
      ...(row.heartbeat === null ? {} : { heartbeat: toFacts(row.heartbeat) }),
      ...(changedAt === "" ? {} : { changedAt }),
      version: row.version,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString()
    }
  }

  return MonitorQueries.of({ get, list })
})

interface MonitorRow {
  readonly monitor_key: number
  readonly monitor_id: string
  readonly name: string
  readonly check_kind: string
  readonly spec: Schema.Json
  readonly interval_ms: number
  readonly timeout_ms: number
  readonly assertions: ReadonlyArray<Assertion.Assertion>
  readonly tags: ReadonlyArray<string>
  readonly is_paused: boolean
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
  readonly regions: ReadonlyArray<RegionRow>
  readonly heartbeat: HeartbeatRow | null
}

interface HeartbeatRow {
  readonly hasPingUrl: boolean
  readonly lastSignal: "start" | "success" | "fail" | null
  readonly lastSignalAt: string | null
  readonly expectedAt: string | null
  readonly startedAt: string | null
}

const toFacts = ({ expectedAt, hasPingUrl, lastSignal, lastSignalAt, startedAt }: HeartbeatRow) => ({
  hasPingUrl,
  ...(lastSignal === null ? {} : { lastSignal }),
  ...(lastSignalAt === null ? {} : { lastSignalAt: new Date(lastSignalAt).toISOString() }),
  ...(expectedAt === null ? {} : { expectedAt: new Date(expectedAt).toISOString() }),
  ...(startedAt === null ? {} : { startedAt: new Date(startedAt).toISOString() })
})

interface RegionRow {
  readonly region: string
  readonly state: number | null
  readonly since: string | null
  readonly reason: string | null
  readonly message: string | null
}

const stateNames = ["up", "degraded", "down", "unknown"] as const

const toRegion = ({ message, reason, region, since, state }: RegionRow): Monitor.MonitorRegion => ({
  region,
  state: stateNames[state ?? 3] ?? "unknown",
  ...(since === null ? {} : { since: new Date(since).toISOString() }),
  ...(reason === null ? {} : { reason }),
  ...(message === null ? {} : { message })
})

/** Where a list of monitors goes on. The list is in it, so that no other list takes it. */
const encodeCursor = (monitorKey: number): string => Buffer.from(`monitors:${monitorKey}`).toString("base64url")

const decodeCursor = (cursor: string | undefined): Effect.Effect<number, Problem.BadRequest> => {
  if (cursor === undefined) return Effect.succeed(0)
  const key = Number(/^monitors:([1-9]\d{0,9})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1])
  return Number.isInteger(key) && key <= 2_147_483_647
    ? Effect.succeed(key)
    : Effect.fail(
        new Problem.BadRequest({
          errors: [{ path: "cursor", message: "must be the nextCursor of a page of this list" }]
        })
      )
}
