import { assert, layer } from "@effect/vitest"
import { MonitorState, type ViewsApi } from "@openseer/core"
import { Clock, Effect, Layer } from "effect"
import { Rollups } from "../aggregate/Rollups.ts"
import { CheckTypes } from "../CheckTypes.ts"
import { dayMs, hourMs, insertGap, insertHistory, insertResults } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { latencySeries } from "./LatencySeries.ts"
import { exactSortMax, monitorRows, monitorRowsNow } from "./MonitorRows.ts"
import { phases } from "./Phases.ts"
import { regionMatrix } from "./RegionMatrix.ts"
import { tags } from "./Tags.ts"
import { timeline } from "./Uptimes.ts"
import { wall } from "./Wall.ts"

const Live = Layer.mergeAll(Rollups.layer, CheckTypes.layer()).pipe(Layer.provideMerge(TestInstance.layer))
const minute = 60_000

const ask = Effect.fnUntraced(function* (query: ViewsApi.RowsQuery = {}) {
  return yield* monitorRows((yield* TestInstance).organizationKey, query)
})
const names = Effect.fnUntraced(function* (query: ViewsApi.RowsQuery = {}) {
  return (yield* ask(query)).items.map(({ name }) => name)
})

const total = (column: ReadonlyArray<number>) => column.reduce((sum, n) => sum + n, 0)

layer(Live, { excludeTestServices: true })("rows of monitors", (it) => {
  it.effect("tell of each monitor what its timeline and latency tell, before and after it is rolled up", () =>
    Effect.gen(function* () {
      const { organizationKey, rows } = yield* TestInstance
      const now = yield* Clock.currentTimeMillis
      const lastHour = Math.floor(now / hourMs) * hourMs
      const from = lastHour - 50 * hourMs
      const history = yield* insertHistory({ from, to: now, intervalMs: 5 * minute, regions: 2, monitors: 3 })
      const { monitorIds, monitorKeys, regionKeys } = history
      // No two are equally slow or equally often down, by which they are sorted below.
      yield* rows(`update ts.results_raw set total_us = total_us * 3 where monitor_key = ${monitorKeys[1]!}`)
      yield* rows(
        `update ts.results_raw set outcome = 2 where monitor_key = ${monitorKeys[1]!} and extract(hour from due_at) in (3, 9)`
      )
      // A week before, of one of them.
      yield* rows(
        "select ts.ensure_partitions((now() at time zone 'UTC')::date - 10, (now() at time zone 'UTC')::date)"
      )
      const before = { monitorKeys: [monitorKeys[0]!], regionKeys, intervalMs: 5 * minute }
      yield* insertResults({ ...before, from: lastHour - 216 * hourMs, to: lastHour - 150 * hourMs })
      yield* rows(
        `update ts.rollup_state set closed_to = closed_to - interval '10 days', rolled_to = rolled_to - interval '10 days'`
      )
      yield* insertGap({
        monitorKey: monitorKeys[1]!,
        regionKey: regionKeys[0]!,
        startsAt: now,
        intervalMs: 5 * minute,
        count: 3
      })
      for (const isRolled of [false, true]) {
        if (isRolled) yield* (yield* Rollups).runOnce
        const found = yield* ask({ sort: "created", order: "asc" })
        assert.deepStrictEqual(
          found.items.map(({ id }) => id),
          monitorIds
        )
        for (const row of found.items) {
          const { days } = yield* timeline(organizationKey, row.id, { days: 45 })
          assert.deepStrictEqual(
            row.days,
            days.map(({ uptime }) => (uptime === null ? null : Math.floor(uptime * 1_000 + 1e-9)))
          )
          const sum = (count: (day: (typeof days)[number]) => number) => days.reduce((all, day) => all + count(day), 0)
          const seen = sum(({ degraded, down, up }) => up + degraded + down)
          assert.closeTo(row.uptime!, sum(({ degraded, up }) => up + degraded) / seen, 1e-9)
          assert.closeTo(row.coverage!, seen / (seen + sum(({ error, missed }) => error + missed)), 1e-9)
          const latency = yield* latencySeries(organizationKey, row.id, {
            from: new Date(lastHour - 23 * hourMs).toISOString(),
            points: 24
          })
          assert.deepStrictEqual(row.spark, latency.p95)
          assert.strictEqual(row.p95Us, latency.overall.p95)
          if (row.id !== monitorIds[0]) assert.isNull(row.p95UsBefore)
        }
        const day = Math.floor((lastHour - 11 * hourMs) / dayMs) * dayMs - 7 * dayMs
        const week = yield* latencySeries(organizationKey, monitorIds[0]!, {
          from: new Date(day).toISOString(),
          to: new Date(day + dayMs).toISOString(),
          points: 24
        })
        assert.strictEqual(found.items[0]!.p95UsBefore, isRolled ? week.overall.p95 : null)
      }
    })
  )

  it.effect("are sorted by each column either way, filtered and paged, the unknown last", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      yield* rows("delete from app.monitors where name = 'm3'")
      yield* rows(
        `update app.monitors set tags = '{slow}', spec = '{"url": "https://Shop.example/"}' where name = 'm2'`
      )
      yield* rows(`
        insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions, interval_ms,
                                  timeout_ms, region_keys, tags, paused_at, created_at)
        select 'mon_' || lpad(n, 20, '0'), organization_key, n, 'tcp', 1, '{"host":"db.example","port":1}', '[]', 60000, 1000,
               region_keys, '{slow,new}', case n when 'paused' then now() - interval '1 hour' end, now()
          from app.monitors m, unnest('{none,paused}'::text[]) n where m.name = 'm1'`)
      yield* rows(`
        insert into app.monitor_states select monitor_key, g.region_key, s.state, now() - s.ago * interval '1 minute', s.reason, s.reason
          from app.monitors m cross join unnest(m.region_keys) with ordinality g(region_key, ord)
          join (values ('m1', 1, 0, 50, null), ('m1', 2, 2, 5, 'refused'), ('m2', 1, 2, 9, 'timeout'), ('m2', 2, 2, 7, 'dns'),
                       ('paused', 1, 0, 1, null)) s(name, ord, state, ago, reason) using (name, ord)`)
      assert.deepStrictEqual(yield* names(), ["m2", "m1", "none", "paused"])
      assert.deepStrictEqual(yield* names({ order: "asc" }), ["paused", "none", "m1", "m2"])
      assert.deepStrictEqual(yield* names({ sort: "name" }), ["m1", "m2", "none", "paused"])
      assert.deepStrictEqual(yield* names({ sort: "created", limit: 2, offset: 2 }), ["m1", "m2"])
      for (const sort of ["p95", "uptime"] as const) {
        const asc = yield* names({ sort, order: "asc" })
        assert.deepStrictEqual(asc.slice(2), ["none", "paused"])
        assert.deepStrictEqual((yield* names({ sort, order: "desc" })).slice(0, 2), asc.slice(0, 2).toReversed())
        assert.deepStrictEqual(yield* names({ sort, order: "asc", limit: 1, offset: 1 }), [asc[1]])
      }
      // Of very many, those with a whole day come first, in the order of that.
      yield* rows(`
        insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions, interval_ms,
                                  timeout_ms, region_keys)
        select 'mon_many' || lpad(i::text, 16, '0'), organization_key, 'many', 'tcp', 1, '{}', '[]', 60000, 1000, region_keys
          from app.monitors, generate_series(1, ${exactSortMax}) i where name = 'm1'`)
      for (const [sort, column] of [
        ["p95", "max(p95_us)"],
        ["uptime", "sum(up + degraded)::float8 / sum(up + degraded + down)"]
      ] as const) {
        const days = `bucket_at ${sort === "p95" ? "= (ts.reach()).daily_to - interval '1 day'" : "> now() - interval '44 days'"}`
        const expected = yield* rows<{ name: string }>(
          `select name from ts.results_agg_1d join app.monitors using (monitor_key) where ${days} group by 1 order by ${column}`
        )
        const asc = yield* names({ sort, order: "asc", limit: 3 })
        assert.deepStrictEqual(asc, [...expected.map(({ name }) => name), "many"])
        const desc = yield* names({ sort, order: "desc", limit: 3 })
        assert.deepStrictEqual(desc, [asc[1], asc[0], "many"])
      }
      yield* rows("delete from app.monitors where name = 'many'")
      const [down, degraded] = (yield* ask()).items
      assert.deepInclude(down, {
        state: "down",
        reason: "dns",
        regionsUp: 0,
        regionsTotal: 2,
        target: "https://Shop.example/"
      })
      assert.deepInclude(degraded, { state: "degraded", reason: "refused", regionsUp: 1 })
      const paused = yield* ask({ state: "paused" })
      assert.deepInclude(paused, { total: 1, offset: 0 })
      assert.closeTo(Date.parse(paused.items[0]!.since!), (yield* Clock.currentTimeMillis) - hourMs, minute)
      for (const [query, expected] of [
        [{ tag: "slow" }, ["m2", "none", "paused"]],
        [{ tag: "slow", kind: "tcp", q: "DB." }, ["none", "paused"]],
        [{ q: "shop" }, ["m2"]],
        [{ region: "nowhere" }, []],
        [{ state: "up" }, []],
        [{ offset: 100 }, []]
      ] as const) {
        assert.deepStrictEqual(yield* names(query), [...expected], JSON.stringify(query))
      }
      assert.strictEqual((yield* ask({ offset: 100 })).total, 4)
      const { organizationKey } = yield* TestInstance
      for (const query of [
        {},
        { order: "asc" },
        { sort: "name", limit: 2, offset: 1 },
        { tag: "slow" },
        { offset: 100 }
      ] as const) {
        const { at: _, items, ...page } = yield* ask(query)
        const { at: __, ...now } = yield* monitorRowsNow(organizationKey, query)
        const withoutPast = items.map(
          ({ coverage: _c, days: _d, p95Us: _p, p95UsBefore: _b, spark: _s, uptime: _u, ...row }) => row
        )
        assert.deepStrictEqual(now, { ...page, items: withoutPast }, JSON.stringify(query))
      }
    })
  )

  it.effect("have the state that the rule of core gives, as have tags and the wall", () =>
    Effect.gen(function* () {
      const { organizationKey, rows } = yield* TestInstance
      const found = yield* rows<{ name: string; paused: boolean; states: ReadonlyArray<MonitorState.RegionState> }>(`
        select m.name, paused_at is not null as paused,
               array(select (array['up', 'degraded', 'down', 'unknown'])[coalesce(s.state, 3) + 1] from unnest(m.region_keys) g
                       left join app.monitor_states s on s.monitor_key = m.monitor_key and s.region_key = g) as states
          from app.monitors m`)
      const expected = Object.fromEntries(
        found.map(({ name, paused, states }) => [name, MonitorState.overall(paused, states)])
      )
      const shown = (yield* ask()).items
      assert.deepStrictEqual(Object.fromEntries(shown.map(({ name, state }) => [name, state])), expected)
      const columns = yield* wall(organizationKey, {})
      assert.deepStrictEqual(
        columns.ids,
        shown.map(({ id }) => id)
      )
      assert.deepStrictEqual(columns.names, ["m2", "m1", "none", "paused"])
      assert.deepStrictEqual(columns.states, ["down", "degraded", "unknown", "paused"])
      assert.deepStrictEqual((yield* wall(organizationKey, { tag: "new" })).names, ["none", "paused"])
      const none = { up: 0, degraded: 0, down: 0, unknown: 0, paused: 0 }
      assert.deepStrictEqual(yield* tags(organizationKey, {}), {
        items: [
          { tag: "new", ...none, unknown: 1, paused: 1 },
          { tag: "slow", ...none, down: 1, unknown: 1, paused: 1 }
        ],
        untagged: { ...none, degraded: 1 }
      })
      assert.deepStrictEqual(yield* tags(organizationKey, { state: "down" }), {
        items: [{ tag: "slow", ...none, down: 1 }],
        untagged: none
      })
      assert.deepStrictEqual(yield* names({ untagged: "true" }), ["m1"])
    })
  )

  it.effect("come with phases and regions of one monitor that add up to its results", () =>
    Effect.gen(function* () {
      const { organizationKey } = yield* TestInstance
      const [{ id }] = (yield* ask({ sort: "name" })).items as unknown as [ViewsApi.MonitorRow]
      const now = yield* Clock.currentTimeMillis
      const range = { from: new Date(now - 5 * dayMs).toISOString(), to: new Date(now).toISOString() }
      const series = yield* phases(organizationKey, id, range)
      const latency = yield* latencySeries(organizationKey, id, range)
      assert.strictEqual(total(series.n), latency.overall.n)
      series.n.forEach((n, i) => {
        const means = [series.dns[i], series.connect[i], series.tls[i], series.ttfb[i], series.download[i]]
        assert.deepStrictEqual(means, n === 0 ? [null, null, null, null, null] : [1, 2, 3, 4, 5])
      })
      const matrix = yield* regionMatrix(organizationKey, id, range)
      assert.strictEqual(matrix.regions.length, 2)
      const counted = (name: "up" | "degraded" | "down" | "error") =>
        matrix.regions.reduce((sum, region) => sum + total(region[name]), 0)
      assert.strictEqual(counted("up") + counted("degraded"), latency.overall.n)
      assert.strictEqual(counted("down"), latency.overall.failed)
      assert.strictEqual(counted("error"), latency.overall.errors)
      const [{ region }] = matrix.regions as unknown as [ViewsApi.MatrixRegion]
      const alone = yield* latencySeries(organizationKey, id, { ...range, points: 120, region })
      assert.deepStrictEqual(matrix.regions[0]!.p95, alone.p95)
      assert.deepStrictEqual((yield* phases(organizationKey, id, { ...range, region })).region, region)
    })
  )
})
