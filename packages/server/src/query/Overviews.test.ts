import { assert, layer } from "@effect/vitest"
import { MonitorState, ResultsApi } from "@openseer/core"
import { Clock, Effect, Schema } from "effect"
import { insertHistory } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { overview } from "./Overviews.ts"

const states = ["up", "degraded", "down", "unknown"] as const

layer(TestInstance.layer, { excludeTestServices: true })("the overview", (it) => {
  it.effect("of an organization without monitors is empty", () =>
    Effect.gen(function* () {
      const { organizationKey } = yield* TestInstance
      const found = yield* overview(organizationKey)
      assert.deepStrictEqual(found.monitors, { up: 0, degraded: 0, down: 0, unknown: 0, paused: 0 })
      assert.deepStrictEqual([found.attention, found.checksPerMinute], [[], 0])
    })
  )

  it.effect("counts states as core adds them up, and lists what is not up, worst first, with its regions", () =>
    Effect.gen(function* () {
      const { organizationKey, rows, workerKey } = yield* TestInstance
      const now = yield* Clock.currentTimeMillis
      const history = yield* insertHistory({
        from: now,
        to: now + 1,
        intervalMs: 30_000,
        regions: 3,
        monitors: 130
      })
      const expected: Record<string, MonitorState.MonitorState> = {}
      const tuples: Array<string> = []
      for (const [i, key] of history.monitorKeys.entries()) {
        const paused = i % 13 === 12
        if (paused) yield* rows(`update app.monitors set paused_at = now() where monitor_key = ${key}`)
        const mine = [i % 4, Math.floor(i / 4) % 4, Math.floor(i / 16) % 4].map((n) => states[n]!)
        expected[history.monitorIds[i]!] = MonitorState.overall(paused, mine)
        for (const [r, state] of mine.entries()) {
          // A region that nothing is known of may have no row at all.
          if (state === "unknown" && i % 2 === 0) continue
          tuples.push(`(${key}, ${history.regionKeys[r]}, ${states.indexOf(state)}, now() - ${i} * interval '1 minute',
                        ${state === "down" ? "'timeout', 'no answer'" : "null, null"})`)
        }
      }
      yield* rows(`insert into app.monitor_states values ${tuples.join()}`)
      yield* rows(`insert into app.worker_health values (${workerKey}, '1', '[]', '{"latenessP99Us": 1234}', now())`)
      const found = yield* overview(organizationKey)
      const tally = Object.groupBy(Object.values(expected), (state) => state)
      for (const state of [...states, "paused"] as const) {
        assert.strictEqual(found.monitors[state], tally[state]?.length ?? 0, state)
      }
      assert.lengthOf(found.attention, ResultsApi.attentionMax)
      for (const { id, regions, regionsTotal, state } of found.attention) {
        assert.strictEqual(state, expected[id])
        assert.strictEqual(regionsTotal, 3)
        assert.isTrue(regions.length > 0 && regions.every((region) => region.state !== "up"))
      }
      const order = found.attention.map(({ state }) => ["down", "degraded", "unknown"].indexOf(state))
      assert.deepStrictEqual(order, order.toSorted())
      assert.strictEqual(found.attention[0]?.regions.find(({ state }) => state === "down")?.reason, "timeout")
      assert.strictEqual(found.checksPerMinute, (130 - (tally["paused"]?.length ?? 0)) * 3 * 2)
      assert.deepStrictEqual(found.workers, { online: 1, latenessP99Us: 1_234 })
      yield* Schema.encodeEffect(ResultsApi.Overview)(found)
    })
  )

  it.effect("knows nothing of other organizations", () =>
    Effect.gen(function* () {
      const found = yield* overview(0)
      assert.deepStrictEqual(found.monitors, { up: 0, degraded: 0, down: 0, unknown: 0, paused: 0 })
      assert.deepStrictEqual(found.attention, [])
    })
  )
})
