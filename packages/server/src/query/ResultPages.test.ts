import { assert, layer } from "@effect/vitest"
import { ResultsApi } from "@openseer/core"
import { Clock, Effect, Schema } from "effect"
import { hourMs, insertHistory, insertResults } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { resultPage } from "./ResultPages.ts"

const fresh = { excludeTestServices: true } as const
const iso = (ms: number) => new Date(ms).toISOString()

const page = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.ResultsQuery) {
  const { organizationKey } = yield* TestInstance
  return yield* resultPage(organizationKey, monitorId, query)
})

/** All pages, newest first. */
const all = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.ResultsQuery) {
  const items: Array<ResultsApi.Result> = []
  let cursor: string | undefined
  while (true) {
    const found = yield* page(monitorId, { ...query, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...found.items)
    if (found.nextCursor === undefined) return items
    cursor = found.nextCursor
  }
})

const setUp = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const from = Math.floor(now / hourMs) * hourMs - 30 * hourMs
  const history = yield* insertHistory({ from, to: now - 60_000, intervalMs: 60_000, regions: 3 })
  return { now, from, id: history.monitorIds[0]!, key: history.monitorKeys[0]!, regionKeys: history.regionKeys }
})

layer(TestInstance.layer, fresh)("pages of results", (it) => {
  it.effect("tell every result once, newest first, whatever their size, while new ones come", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const { from, id, key, now, regionKeys } = yield* setUp
      const [stored] = yield* rows<{ n: number }>(
        `select count(*)::int as n from ts.results_raw where monitor_key = ${key}`
      )
      const first = yield* page(id, { limit: 7 })
      assert.lengthOf(first.items, 7)
      yield* insertResults({ monitorKeys: [key], regionKeys, from: now - 30_000, to: now - 29_999, intervalMs: 60_000 })
      const rest = yield* all(id, { limit: 499, cursor: first.nextCursor! })
      const items = [...first.items, ...rest]
      assert.strictEqual(items.length, stored?.n)
      assert.strictEqual(new Set(items.map(({ runId }) => runId)).size, items.length)
      assert.isTrue(items.every(({ dueAt }, i) => i === 0 || dueAt <= items[i - 1]!.dueAt))
      yield* Schema.encodeEffect(ResultsApi.ResultsPage)({ items })
      // Ranges take their first instant and leave their last.
      const some = yield* all(id, { from: iso(from + 2 * hourMs), to: iso(from + 3 * hourMs), limit: 50 })
      assert.strictEqual(some.length, 180)
      assert.isTrue(some.every(({ dueAt }) => dueAt >= iso(from + 2 * hourMs) && dueAt < iso(from + 3 * hourMs)))
    })
  )

  it.effect("find what is not up, with its reason, and one region alone", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const { id, key, regionKeys } = yield* setUp
      const stored = yield* rows<{ outcome: number; n: number }>(
        `select outcome::int as outcome, count(*)::int as n from ts.results_raw where monitor_key = ${key} group by 1 order by 1`
      )
      const outcomes = ["up", "degraded", "down", "error"] as const
      for (const [i, outcome] of outcomes.entries()) {
        const items = yield* all(id, { outcome, limit: 11 + 400 * Number(i === 0) })
        assert.strictEqual(items.length, stored.find((row) => row.outcome === i)?.n)
        assert.isTrue(items.every((item) => item.outcome === outcome))
        assert.isTrue(
          items.every(({ message, reason }) => (i === 0) === (reason === undefined && message === undefined))
        )
      }
      const [region] = yield* rows<{ name: string; n: number }>(`
        select g.name, count(*)::int as n from ts.results_raw r join app.regions g using (region_key)
         where monitor_key = ${key} and region_key = ${regionKeys[1]} group by 1`)
      const items = yield* all(id, { region: region!.name, limit: 500 })
      assert.strictEqual(items.length, region?.n)
      assert.isTrue(items.every((item) => item.region === region?.name))
      const { dueAt, runId } = items[0]!
      assert.strictEqual(runId, `${id}:${region?.name}:${Date.parse(dueAt)}`)
    })
  )

  it.effect("tell what did not hold, beside what else was observed", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const { id, key } = yield* setUp
      const failed = { index: 2, source: "body", comparison: "empty", severity: "down", expected: "", actual: '"no"' }
      const detail = { address: "192.0.2.1", excerpt: "no", detail: { own: [1] } }
      yield* rows(`update ts.result_details set detail = '${JSON.stringify({ ...detail, failedAssertions: [failed] })}'
                    where monitor_key = ${key}`)
      const { items } = yield* page(id, { outcome: "down", limit: 5 })
      assert.isNotEmpty(items)
      for (const item of items) {
        assert.deepStrictEqual<unknown>(item.failedAssertions, [failed])
        assert.deepStrictEqual<unknown>(item.detail, detail)
      }
      yield* Schema.encodeEffect(ResultsApi.ResultsPage)({ items })
      // What an older or newer version stored is no reason to tell nothing.
      yield* rows(`update ts.result_details set detail = '{"failedAssertions":"?"}' where monitor_key = ${key}`)
      const [older] = (yield* page(id, { outcome: "down", limit: 1 })).items
      assert.notProperty(older, "failedAssertions")
      assert.notProperty(older, "detail")
    })
  )

  it.effect("refuse a cursor that is none, and other organizations", () =>
    Effect.gen(function* () {
      const { id } = yield* setUp
      assert.strictEqual((yield* Effect.flip(page(id, { cursor: "x" })))._tag, "BadRequest")
      assert.strictEqual((yield* Effect.flip(resultPage(0, id, {})))._tag, "NotFound")
    })
  )
})
