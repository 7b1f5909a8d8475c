/** What becomes of the ticks of monitors that come and go while their job is handed out, late, or nobody's. */
import { assert, layer } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect, Layer } from "effect"
import { Leases } from "../lease/Leases.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { Ingest } from "./Ingest.ts"
import { OverdueTicks } from "./OverdueTicks.ts"

const Stages = Layer.mergeAll(Leases.layer, Ingest.layer, OverdueTicks.layer).pipe(
  Layer.provideMerge(TestInstance.layer)
)
const fresh = { excludeTestServices: true } as const

const up = (monitorKey: number): WorkerRpc.RunResult => ({ monitorKey, outcome: "up", latenessUs: 0, errorBoundUs: 0 })

const grant = Effect.gen(function* () {
  const { regionKey, workerKey } = yield* TestInstance
  const checkTypes = [{ kind: "http", version: 1 }]
  const request = { workerKey, regionKeys: [regionKey], capacity: 100, horizonMs: 5_000, checkTypes, known: [] }
  return (yield* (yield* Leases).grant(request))[0]!
})

const finish = Effect.fnUntraced(function* (job: WorkerRpc.Job, keys: ReadonlyArray<number>) {
  const { regionKey, workerKey } = yield* TestInstance
  const { jobId, leaseId, oneOff, tickAt } = job
  const results = keys.map(up)
  const [answer] = yield* (yield* Ingest).submit({ workerKey, regionKeys: [regionKey] }, [
    { jobId, leaseId, oneOff, tickAt, final: true, results }
  ])
  return answer?.verdicts
})

const remove = Effect.fnUntraced(function* (monitorKey: number) {
  yield* (yield* TestInstance).rows(`select app.remove(${monitorKey})`)
})

/** How many instants were due of a placement that has ended, and what they became. */
const accountOf = Effect.fnUntraced(function* (monitorKey: number) {
  const { rows } = yield* TestInstance
  const [account] = yield* rows<{ due: number; results: number; missed: number }>(`
    select (select sum(extract(epoch from ends_at - starts_at) * 1000 / interval_ms)::int
              from app.placements where monitor_key = ${monitorKey}) as due,
           (select count(*)::int from ts.results_raw where monitor_key = ${monitorKey}) as results,
           (select coalesce(sum(count), 0)::int from ts.gaps where monitor_key = ${monitorKey}) as missed`)
  return account
})

layer(Stages, fresh)("a monitor that is placed into a job whose tick is late", (it) => {
  it.effect("is not due at that tick, and what is submitted of it is fenced", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, rows } = yield* TestInstance
      const first = yield* addMonitor({ intervalMs: 60_000 })
      const [wait] = yield* rows<{ ms: number }>(
        "select ceil(extract(epoch from due_at - now()) * 1000)::int as ms from app.jobs"
      )
      yield* elapse(wait!.ms + 500)
      const second = yield* addMonitor({ intervalMs: 60_000 })
      const job = yield* grant
      assert.deepStrictEqual(
        job.members?.map(({ monitorKey }) => monitorKey),
        [first, second]
      )
      assert.deepStrictEqual(yield* finish(job, [first, second]), ["stored", "fenced"])
      const stored = yield* rows("select monitor_key from ts.results_raw")
      assert.deepStrictEqual(stored, [{ monitor_key: first }])
    })
  )
})

layer(Stages, fresh)("a monitor that is removed", (it) => {
  it.effect("while its tick is leased has a gap there when the lease is lost and the next one goes without it", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const stays = yield* addMonitor({ intervalMs: 2_000 })
      const goes = yield* addMonitor({ intervalMs: 2_000 })
      yield* grant
      yield* remove(goes)
      yield* rows("update app.jobs set ready_at = now()")
      const again = yield* grant
      assert.deepStrictEqual(
        again.members?.map(({ monitorKey }) => monitorKey),
        [stays]
      )
      yield* finish(again, [stays])
      assert.deepStrictEqual(yield* accountOf(goes), { due: 1, results: 0, missed: 1 })
      yield* remove(stays)
    })
  )

  it.effect("after its lease was given back keeps its tick, though its job is empty", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, workerKey } = yield* TestInstance
      const key = yield* addMonitor({ intervalMs: 3_000 })
      const { jobId, leaseId, oneOff } = yield* grant
      yield* (yield* Leases).release(workerKey, [{ jobId, leaseId, oneOff }])
      yield* remove(key)
      yield* elapse(10_000)
      yield* (yield* OverdueTicks).settle
      assert.deepStrictEqual(yield* accountOf(key), { due: 1, results: 0, missed: 1 })
    })
  )

  it.effect("some intervals into a late tick leaves none of them out when that tick is completed", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, rows } = yield* TestInstance
      const key = yield* addMonitor({ intervalMs: 1_000 })
      const job = yield* grant
      yield* elapse(5_000)
      yield* remove(key)
      assert.deepStrictEqual(yield* finish({ ...job, tickAt: job.tickAt - 5_000 }, [key]), ["stored"])
      yield* elapse(10_000)
      yield* (yield* OverdueTicks).settle
      const account = yield* accountOf(key)
      assert.isAbove(account!.missed, 2)
      assert.strictEqual(account!.due, account!.results + account!.missed)
      const resting = yield* rows("select from app.jobs where ready_at < 'infinity'")
      assert.strictEqual(resting.length, 0)
    })
  )
})

layer(Stages, fresh)("a monitor that leaves its job and comes back while nobody executes it", (it) => {
  it.effect("has two stretches in one gap or two, all of them counted, and becomes unknown once", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, regionKey, rows } = yield* TestInstance
      const key = yield* addMonitor({ intervalMs: 1_000 })
      yield* elapse(5_000)
      yield* (yield* OverdueTicks).settle
      yield* rows("delete from app.monitor_states")
      yield* elapse(5_000)
      yield* remove(key)
      yield* elapse(5_000)
      yield* rows(`select app.place(${key}, ${regionKey}::smallint, 'http', 1::smallint, 1000, 500)`)
      yield* elapse(5_000)
      yield* (yield* OverdueTicks).settle
      yield* remove(key)
      yield* elapse(5_000)
      yield* (yield* OverdueTicks).settle
      const account = yield* accountOf(key)
      assert.isAtLeast(account!.due, 14)
      assert.strictEqual(account!.missed, account!.due)
      assert.deepStrictEqual(yield* rows("select state::int from app.monitor_states"), [{ state: 3 }])
    })
  )
})
