import { assert, layer } from "@effect/vitest"
import { Grid } from "@openseer/core"
import { Effect } from "effect"
import { TestInstance } from "../testing/TestInstance.ts"

layer(TestInstance.layer, { excludeTestServices: true })("the grid in SQL", (it) => {
  it.effect("is the grid of core, for 2,000 keys at five intervals", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const computed = yield* rows<{ k: number; ms: number; off: number; phase: number; spread: number }>(`
        select k, ms, app.offset_ms(k, ms) as off, app.golden_ms(k, ms) as phase, app.spread_ms(ms) as spread
          from (select (i * 1073741)::int as k from generate_series(1, 2000) i) keys,
               unnest(array[1000, 5000, 30000, 3600000, 86400000]) ms`)
      assert.strictEqual(computed.length, 10_000)
      for (const { k, ms, off, phase, spread } of computed) {
        if (off !== Grid.offsetMs(k, ms) || phase !== Grid.phaseMs(k, ms) || spread !== Grid.spreadMs(ms)) {
          assert.fail(`key ${k} at ${ms} ms: SQL says ${off}, ${phase}, ${spread}`)
        }
      }
    })
  )

  it.effect("finds the first tick after an instant", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const [row] = yield* rows<{ before: number; on: number; between: number }>(`
        select extract(epoch from app.first_tick_after(to_timestamp(100), 30000, to_timestamp(50)))::int as before,
               extract(epoch from app.first_tick_after(to_timestamp(100), 30000, to_timestamp(100)))::int as on,
               extract(epoch from app.first_tick_after(to_timestamp(100), 30000, to_timestamp(195)))::int as between`)
      assert.deepStrictEqual(row, { before: 100, on: 130, between: 220 })
    })
  )
})
