import { assert, layer } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestApi } from "../testing/TestApi.ts"
import { hourMs, insertGap, insertHistory } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Database } from "./Database.ts"

layer(TestApi.layer, { excludeTestServices: true })("row-level security", (it) => {
  const tables = Effect.gen(function* () {
    const { rows } = yield* TestInstance
    return yield* rows<{ name: string; secured: boolean; policies: number; has_organization: boolean }>(`
      select c.oid::regclass::text as name, c.relrowsecurity as secured,
             (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies,
             exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_key'
                        and not a.attisdropped) as has_organization
        from pg_class c
       where c.relnamespace in ('auth'::regnamespace, 'app'::regnamespace, 'ts'::regnamespace)
         and c.relkind in ('r', 'p') and not c.relispartition
         and has_any_column_privilege('openseer_request', c.oid, 'select, insert, update')`)
  })

  it.effect("is on for every table that the request role may touch, with a policy", () =>
    Effect.gen(function* () {
      const found = yield* tables
      // The state of the rollups is one row of the instance and tells nothing of anybody.
      const tenants = found.filter(({ name }) => name !== "ts.rollup_state")
      assert.isAtLeast(tenants.length, 11)
      for (const table of tenants) {
        assert.isTrue(table.secured, table.name)
        assert.isAtLeast(table.policies, 1, table.name)
      }
    })
  )

  it.effect(
    "is on for every table that carries an organization, but the claim of the instance, which nobody sees",
    () =>
      Effect.gen(function* () {
        const { rows } = yield* TestInstance
        const open = yield* rows<{ name: string }>(`
        select c.oid::regclass::text as name from pg_class c
         where c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity
           and c.relnamespace in ('auth'::regnamespace, 'app'::regnamespace, 'ts'::regnamespace)
           and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_key')`)
        assert.deepStrictEqual(
          open.map(({ name }) => name),
          ["auth.instance"]
        )
        const visible = (yield* tables).map(({ name }) => name)
        assert.notInclude(visible, "auth.instance")
      })
  )

  it.effect("shows nothing of any organization to the request role outside of asOrganization", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey, rows } = yield* TestInstance
      const key = yield* newKey(organizationKey, "admin")
      yield* call("POST", "/api/v1/monitors", { key, json: { name: "m", spec: { url: "https://a.example/" } } })
      yield* call("POST", "/api/v1/enrollment-tokens", { key, json: { region: "r" } })
      yield* rows(`insert into app.workers (worker_id, organization_key, region_key, name, token_hash)
                   select 'wrk_own', ${organizationKey}, region_key, 'w', '\\xffff' from app.regions where name = 'r'`)
      const { api } = yield* Database
      const counted = (yield* tables).filter(({ has_organization }) => has_organization)
      assert.isAtLeast(counted.length, 7)
      for (const { name } of counted) {
        const count = api.sql.unsafe<{ count: number }>(
          `select count(*)::int as count from ${name} where organization_key is not null`
        )
        const [bare] = yield* api.run(
          api.sql.withTransaction(Effect.andThen(api.sql`select set_config('role', 'openseer_request', true)`, count))
        )
        assert.strictEqual(bare?.count, 0, name)
      }
      const own = yield* (yield* Database).asOrganization(
        organizationKey,
        api.sql<{ count: number }>`select count(*)::int as count from app.monitors`
      )
      assert.strictEqual(own[0]?.count, 1)
    })
  )

  it.effect(
    "shows through each view what is of one's own monitors, and nothing to another organization or to none",
    () =>
      Effect.gen(function* () {
        const { otherKey } = yield* TestApi
        const { organizationKey, rows } = yield* TestInstance
        const now = yield* Clock.currentTimeMillis
        const from = Math.floor(now / hourMs) * hourMs - 30 * hourMs
        const { monitorKeys, regionKeys } = yield* insertHistory({ from, to: now, intervalMs: 600_000, regions: 1 })
        const [monitorKey, regionKey] = [monitorKeys[0]!, regionKeys[0]!]
        yield* insertGap({ monitorKey, regionKey, startsAt: from, intervalMs: 600_000, count: 1 })
        yield* rows(`insert into app.monitor_states values (${monitorKey}, ${regionKey}, 0, now())`)
        yield* rows(
          `insert into ts.result_details select due_at, monitor_key, region_key, 'dns', 'none' from ts.results_raw limit 1`
        )
        for (let hour = 0; hour < 30; hour++) yield* rows("select ts.roll_next_hour() from ts.close_next_hour(now())")
        yield* rows("select ts.roll_days(10)")
        const views = yield* rows<{ name: string }>(`
        select c.oid::regclass::text as name from pg_class c
         where c.relnamespace in ('auth'::regnamespace, 'app'::regnamespace, 'ts'::regnamespace) and c.relkind = 'v'
           and has_any_column_privilege('openseer_request', c.oid, 'select') order by 1`)
        assert.deepStrictEqual(
          views.map(({ name }) => name),
          [
            "app.own_monitor_states",
            "ts.own_gaps",
            "ts.own_result_details",
            "ts.own_results_agg_1d",
            "ts.own_results_agg_1h",
            "ts.own_results_agg_44d",
            "ts.own_results_raw"
          ]
        )
        const { api, asOrganization } = yield* Database
        for (const { name } of views) {
          const count = api.sql.unsafe<{ count: number }>(`select count(*)::int as count from ${name}`)
          const [own] = yield* asOrganization(organizationKey, count)
          const [other] = yield* asOrganization(otherKey, count)
          const [bare] = yield* api.run(
            api.sql.withTransaction(Effect.andThen(api.sql`select set_config('role', 'openseer_request', true)`, count))
          )
          assert.isAbove(own?.count ?? 0, 0, name)
          assert.deepStrictEqual([other?.count, bare?.count], [0, 0], name)
        }
      })
  )

  it.effect("keeps a transaction of one organization from writing rows of another", () =>
    Effect.gen(function* () {
      const { otherKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const { api, asOrganization } = yield* Database
      const exit = yield* Effect.exit(
        asOrganization(
          organizationKey,
          api.sql`insert into app.events (organization_key, kind, payload) values (${otherKey}, 'monitor', '{}')`
        )
      )
      assert.strictEqual(exit._tag, "Failure")
      const changed = yield* asOrganization(
        organizationKey,
        api.sql`update auth.api_keys set revoked_at = now() where organization_key = ${otherKey} returning api_key_id`
      )
      assert.strictEqual(changed.length, 0)
    })
  )

  it.effect("lets requests call only the functions that they need, and others none that belong to stages", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const callable = yield* rows<{ name: string; by_all: boolean }>(`
        select p.oid::regproc::text as name,
               exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
                        where grantee = 0 and privilege_type = 'EXECUTE') as by_all
          from pg_proc p
         where p.pronamespace in ('auth'::regnamespace, 'app'::regnamespace, 'ts'::regnamespace) and (p.provolatile = 'v' or p.prosecdef)
           and has_function_privilege('openseer_request', p.oid, 'execute') order by 1`)
      assert.deepStrictEqual(
        callable.map(({ name }) => name),
        ["app.open_tick", "app.place", "app.remove", "app.touch_jobs", "ts.reach"]
      )
      assert.deepStrictEqual(
        callable.filter(({ by_all }) => by_all),
        []
      )
    })
  )

  it.effect("keeps a transaction of one organization from moving another's monitors between jobs", () =>
    Effect.gen(function* () {
      const { otherKey } = yield* TestApi
      const { addMonitor, organizationKey, regionKey, rows } = yield* TestInstance
      const { api, asOrganization } = yield* Database
      const key = yield* addMonitor()
      const state = rows(`select version, members from app.jobs where ${key} = any (members)`)
      const before = yield* state
      const place = api.sql`select app.place(${key}, ${regionKey}::smallint, 'http', 1::smallint, 1000, 500)`
      for (const move of [place, api.sql`select app.remove(${key})`]) {
        assert.strictEqual((yield* Effect.exit(asOrganization(otherKey, move)))._tag, "Failure")
      }
      yield* asOrganization(otherKey, api.sql`select app.touch_jobs(${key}, 900)`)
      assert.deepStrictEqual(yield* state, before)
      yield* asOrganization(organizationKey, api.sql`select app.touch_jobs(${key}, 500)`)
      assert.notDeepEqual(yield* state, before)
    })
  )
})
