import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"

layer(TestApi.layer, { excludeTestServices: true })("health", (it) => {
  it.effect("is ready when everything is right", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const answer = yield* call("GET", "/readyz")
      assert.strictEqual(answer.status, 200, answer.text)
      assert.deepStrictEqual(
        answer.json.checks.map(({ name }: { name: string }) => name),
        ["database", "migrations", "schedule", "partitions", "pool worker", "pool api", "pool background"]
      )
    })
  )

  const red = Effect.gen(function* () {
    const { call } = yield* TestApi
    const answer = yield* call("GET", "/readyz")
    assert.strictEqual(answer.headers.get("retry-after"), answer.status === 503 ? "5" : null)
    return answer.json.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name }: { name: string }) => name)
  })

  it.effect("is not when the schedule stands still, and does not mind jobs that merely wait for a worker", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse } = yield* TestInstance
      yield* addMonitor({ intervalMs: 60_000, timeoutMs: 1_000 })
      yield* elapse(60_000)
      yield* elapse(25_000)
      assert.deepStrictEqual(yield* red, [])
      yield* elapse(70_000)
      assert.deepStrictEqual(yield* red, ["schedule"])
    })
  )

  it.effect("is not when a migration is missing or partitions run out", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      yield* rows("update app.jobs set ready_at = 'infinity'")
      const [last] = yield* rows<{ id: number; name: string; checksum: string }>(
        "delete from app.migrations where id = (select max(id) from app.migrations) returning id, name, checksum"
      )
      assert.deepStrictEqual(yield* red, ["migrations"])
      yield* rows(`insert into app.migrations (id, name, checksum)
                   values (${last!.id}, '${last!.name}', '${last!.checksum}')`)
      yield* rows(`do $$ declare t text; begin
        for t in select inhrelid::regclass::text from pg_inherits where inhparent = 'ts.results_raw'::regclass
           and right(inhrelid::regclass::text, 8) > to_char(now() at time zone 'UTC', 'YYYYMMDD')
        loop execute 'drop table ' || t; end loop; end $$`)
      assert.deepStrictEqual(yield* red, ["partitions"])
    })
  )
})
