/**
 * Workers as accounts see them: who may enroll, whose token a request carries, which regions it opens, who is revoked.
 */
import { AccountsApi, type EventsApi, Problem, Region, Token, WorkerAuth, WorkerRpc } from "@openseer/core"
import { Context, Effect, Layer, Redacted } from "effect"
import { timingSafeEqual } from "node:crypto"
import * as Actor from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import type { Pool } from "../db/Pool.ts"
import * as Regions from "../db/Regions.ts"
import { newId } from "../NewId.ts"
import { hashOf, newToken } from "./TokenHash.ts"

/** What a worker sends to enroll. `regionName` counts only with the cluster token. */
export interface EnrollRequest {
  readonly token: string
  readonly name: string
  readonly regionName?: Region.RegionName
}

/** Enrolls, recognises, lists and revokes workers. */
export class Workers extends Context.Service<
  Workers,
  {
    /** Trades an enrollment token, or the instance's cluster token, for a worker token of its own. */
    readonly enroll: (
      request: EnrollRequest
    ) => Effect.Effect<
      { readonly workerId: string; readonly token: string; readonly regionName: Region.RegionName },
      DatabaseBusy | WorkerRpc.EnrollmentRefused
    >
    /**
     * Who a worker token belongs to, and the regions whose jobs it may have: its own, and `global` (its organization's,
     * or every organization's when it is the instance's worker). Not cached: a revoked one is refused on the next call.
     */
    readonly authenticate: (
      token: string
    ) => Effect.Effect<WorkerAuth.CurrentWorker["Service"], DatabaseBusy | WorkerAuth.WorkerUnauthorized>
    /** The workers of the organization and of the instance, revoked ones last, at most {@link workersListedMax}. */
    readonly list: (organizationKey: number) => Effect.Effect<ReadonlyArray<AccountsApi.Worker>, DatabaseBusy>
    /** The regions that the organization can use, `global` always among them. */
    readonly regions: (organizationKey: number) => Effect.Effect<ReadonlyArray<AccountsApi.Region>, DatabaseBusy>
    /** Refuses a worker of the organization from now on; doing so twice changes nothing. Fails with `NotFound`. */
    readonly revoke: (organizationKey: number, workerId: string) => Effect.Effect<void, DatabaseBusy | Problem.NotFound>
  }
>()("@openseer/server/Workers") {
  /** With `clusterToken`, whoever knows it may enroll workers of the instance. */
  static readonly layer = (options: {
    readonly clusterToken?: Redacted.Redacted
  }): Layer.Layer<Workers, never, Database> => Layer.effect(Workers, make(options))
}

/** The most workers in one list. */
export const workersListedMax = 1_000

const refused = (message: string) => new WorkerRpc.EnrollmentRefused({ message })

/** The same text whether a token never was, was used up, expired or was revoked. */
const notValid = "this enrollment token is not valid (any more): create a new one and start the worker with it"

const make = Effect.fnUntraced(function* (options: { readonly clusterToken?: Redacted.Redacted }) {
  const { asOrganization, api, worker } = yield* Database
  const { sql } = worker

  /** Locks the token's row: of two that race for the last use, the second finds none left. */
  const takeUse = (hash: string) => sql<TakenToken>`
    update auth.enrollment_tokens t set uses_left = uses_left - 1
      from app.regions g
     where t.token_hash = decode(${hash}, 'hex') and t.revoked_at is null and t.expires_at > now()
       and (t.uses_left is null or t.uses_left > 0) and g.region_key = t.region_key
    returning t.organization_key, t.region_key::int, g.name as region_name, t.enrollment_token_id, t.token_display`

  const insert = (row: {
    readonly workerId: string
    readonly organizationKey: number | null
    readonly regionKey: number
    readonly name: string
    readonly hash: string
  }) => sql`
    with made as (
      insert into app.workers (worker_id, organization_key, region_key, name, token_hash)
      values (${row.workerId}, ${row.organizationKey}::int, ${row.regionKey}, ${row.name}, decode(${row.hash}, 'hex'))
      on conflict (worker_id) do nothing returning organization_key, worker_id, region_key)
    ${tell(sql, "made", "enrolled")}`

  const isClusterToken = (token: string): boolean =>
    options.clusterToken !== undefined &&
    timingSafeEqual(Buffer.from(hashOf(token), "hex"), Buffer.from(hashOf(Redacted.value(options.clusterToken)), "hex"))

  /** Where a token lets a worker in. Runs in the transaction that inserts the worker. */
  const admit = Effect.fnUntraced(function* ({ regionName, token }: EnrollRequest) {
    if (isClusterToken(token)) {
      if (regionName === undefined) return yield* refused("with the cluster token, say which region the worker is in")
      const regionKey = yield* Regions.ensureInstances(sql, regionName)
      return { organizationKey: null, regionKey, regionName }
    }
    const [taken] = Token.isWellFormed("osen", token) ? yield* takeUse(hashOf(token)) : []
    if (taken === undefined) return yield* refused(notValid)
    yield* Effect.provideService(Actor.tell(sql), Actor.Actor, {
      kind: "system",
      id: taken.enrollment_token_id,
      name: `enrollment token ${taken.token_display}`
    })
    return { organizationKey: taken.organization_key, regionKey: taken.region_key, regionName: taken.region_name }
  })

  const enroll = Effect.fn("Workers.enroll")(function* (request: EnrollRequest) {
    if (/\p{Cc}/u.test(request.name)) return yield* refused("the name of a worker must not hold control characters")
    const workerId = yield* newId("wrk")
    const { hash, token } = yield* newToken("ostk")
    const { regionName } = yield* worker.run(
      sql.withTransaction(
        Effect.gen(function* () {
          const place = yield* admit(request)
          yield* insert({ ...place, workerId, name: request.name, hash })
          return place
        })
      )
    )
    return { workerId, token: Redacted.value(token), regionName }
  })

  /**
   * One statement. Served by the unique index on the hash and the keys of regions; only for the instance's workers it
   * looks through the regions for those named `global`.
   */
  const find = (hash: string) => sql<{ worker_key: number; worker_id: string; region_keys: ReadonlyArray<number> }>`
    select w.worker_key, w.worker_id,
           array(select w.region_key::int
                 union select g.region_key from app.regions g
                        where g.organization_key = w.organization_key and g.name = ${Region.anyRegion}
                 union select g.region_key from app.regions g
                        where w.organization_key is null and g.name = ${Region.anyRegion}) as region_keys
      from app.workers w
     where w.token_hash = decode(${hash}, 'hex') and w.revoked_at is null`

  const authenticate = Effect.fn("Workers.authenticate")(function* (token: string) {
    const [found] = Token.isWellFormed("ostk", token) ? yield* worker.run(find(hashOf(token))) : []
    if (found === undefined) {
      return yield* new WorkerAuth.WorkerUnauthorized({
        message: "this worker token is unknown or revoked: enroll the worker again"
      })
    }
    return { workerKey: found.worker_key, workerId: found.worker_id, regionKeys: found.region_keys }
  })

  const isHealthy = api.sql.literal(`h.seen_at > now() - interval '${AccountsApi.workerLostMs} milliseconds'`)

  const list = Effect.fn("Workers.list")((organizationKey: number) =>
    asOrganization(
      organizationKey,
      api.sql<WorkerRow>`
        select w.worker_id, w.name, g.name as region_name, w.organization_key is null as is_instances, w.enrolled_at,
               h.seen_at, h.version, h.check_types, h.health,
               case when w.revoked_at is not null then 'revoked' when ${isHealthy} then 'healthy' else 'lost' end as status
          from app.workers w join app.regions g using (region_key) left join app.worker_health h using (worker_key)
         where w.organization_key = ${organizationKey} or w.organization_key is null
         order by w.revoked_at is not null, w.worker_key desc limit ${workersListedMax}`
    ).pipe(Effect.map((rows) => rows.map(toWorker)))
  )

  /** The instance's own `global` is left out: the name always means the organization's. */
  const regions = Effect.fn("Workers.regions")((organizationKey: number) =>
    asOrganization(
      organizationKey,
      api.sql<RegionRow>`
        with usable as (
          select region_key, organization_key, name from app.regions
           where organization_key = ${organizationKey} or organization_key is null and name <> ${Region.anyRegion}
          union all
          select null, ${organizationKey}::int, ${Region.anyRegion}
           where not exists (select from app.regions
                              where organization_key = ${organizationKey} and name = ${Region.anyRegion})
        )
        select g.name, g.organization_key is null as is_instances,
               (count(w) filter (where ${isHealthy}))::int as healthy,
               (count(w) filter (where not coalesce(${isHealthy}, false)))::int as lost, max(h.seen_at) as seen_at
          from usable g
          left join app.workers w
            on w.revoked_at is null
           and (w.region_key = g.region_key
                or g.name = ${Region.anyRegion} and (w.organization_key is null or w.organization_key = g.organization_key))
          left join app.worker_health h using (worker_key)
         group by g.name, g.organization_key
         order by g.name, is_instances`
    ).pipe(Effect.map((rows) => rows.map(toRegion)))
  )

  const revoke = Effect.fn("Workers.revoke")(function* (organizationKey: number, workerId: string) {
    const rows = yield* asOrganization(
      organizationKey,
      api.sql`
        with found as (
          select worker_key, revoked_at from app.workers
           where worker_id = ${workerId} and organization_key = ${organizationKey} for update
        ), revoked as (
          update app.workers w set revoked_at = now() from found
           where w.worker_key = found.worker_key and found.revoked_at is null
          returning w.organization_key, w.worker_id, w.region_key
        ), told as (${tell(api.sql, "revoked", "revoked")})
        select from found`
    )
    if (rows.length === 0) return yield* new Problem.NotFound()
  })

  return Workers.of({ enroll, authenticate, list, regions, revoke })
})

interface TakenToken {
  readonly organization_key: number
  readonly region_key: number
  readonly region_name: string
  readonly enrollment_token_id: string
  readonly token_display: string
}

/** Tells the organization of a worker, if it is one's, what became of it. */
const tell = (sql: Pool["sql"], from: "made" | "revoked", change: EventsApi.WorkerChanged["change"]) => sql`
  insert into app.events (organization_key, kind, payload)
  select w.organization_key, 'worker', jsonb_build_object('workerId', w.worker_id, 'region', g.name, 'change', ${change}::text)
    from ${sql.literal(from)} w join app.regions g using (region_key) where w.organization_key is not null`

interface WorkerRow {
  readonly worker_id: string
  readonly name: string
  readonly region_name: string
  readonly is_instances: boolean
  readonly enrolled_at: Date
  readonly seen_at: Date | null
  readonly version: string | null
  readonly check_types: AccountsApi.Worker["checkTypes"] | null
  readonly health: AccountsApi.Worker["health"] | null
  readonly status: AccountsApi.Worker["status"]
}

const toWorker = (row: WorkerRow): AccountsApi.Worker => ({
  id: row.worker_id,
  name: row.name,
  region: row.region_name,
  owner: row.is_instances ? "instance" : "organization",
  status: row.status,
  enrolledAt: row.enrolled_at.toISOString(),
  ...(row.seen_at === null ? {} : { seenAt: row.seen_at.toISOString() }),
  ...(row.version === null ? {} : { version: row.version }),
  ...(row.check_types == null ? {} : { checkTypes: row.check_types }),
  ...(row.health == null ? {} : { health: row.health })
})

interface RegionRow {
  readonly name: string
  readonly is_instances: boolean
  readonly healthy: number
  readonly lost: number
  readonly seen_at: Date | null
}

const toRegion = (row: RegionRow): AccountsApi.Region => ({
  name: row.name,
  owner: row.is_instances ? "instance" : "organization",
  workersHealthy: row.healthy,
  workersLost: row.lost,
  ...(row.seen_at === null ? {} : { seenAt: row.seen_at.toISOString() })
})
