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

const up = (monitorKey: number): WorkerRpc.RunResult => ({
  monitorKey,
  outcome: "up",
  latenessUs: 500,
  errorBoundUs: 100,
  observation: {
    totalUs: 10_000,
    phases: { dnsUs: 1_000, connectUs: 2_000, tlsUs: 3_000, ttfbUs: 3_500, downloadUs: 500 },
    statusCode: 200,
    sizeBytes: 12
  }
})

const down = (monitorKey: number): WorkerRpc.RunResult => ({
  monitorKey,
  outcome: "down",
  reason: "connection_refused",
  message: "127.0.0.1:1 refused",
  latenessUs: 500,
  errorBoundUs: 100
})

const grantAll = Effect.gen(function* () {
  const { regionKey, workerKey } = yield* TestInstance
  return yield* (yield* Leases).grant({
    workerKey,
    regionKeys: [regionKey],
    capacity: 1_000,
    horizonMs: 5_000,
    checkTypes: [{ kind: "http", version: 1 }],
    known: []
  })
})

const submission = (job: WorkerRpc.Job, results: ReadonlyArray<unknown>, final = true): WorkerRpc.Submission => ({
  jobId: job.jobId,
  oneOff: job.oneOff,
  leaseId: job.leaseId,
  tickAt: job.tickAt,
  final,
  results
})

const submit = Effect.fnUntraced(function* (...submissions: ReadonlyArray<WorkerRpc.Submission>) {
  const { regionKey, workerKey } = yield* TestInstance
  return yield* (yield* Ingest).submit({ workerKey, regionKeys: [regionKey] }, submissions)
})

const count = Effect.fnUntraced(function* (table: string) {
  const [row] = yield* (yield* TestInstance).rows<{ n: number }>(`select count(*)::int as n from ${table}`)
  return row?.n
})

/** As if all monitors had been placed at once: a tick may have begun between two of them. */
const placedTogether = Effect.flatMap(TestInstance, ({ rows }) =>
  Effect.andThen(
    rows("update app.jobs set members_from = '-infinity'"),
    rows("update app.placements set starts_at = (select min(starts_at) from app.placements)")
  )
)

const fresh = { excludeTestServices: true } as const

layer(Stages, fresh)("a submission", (it) => {
  it.effect("is stored once, completes its tick, and moves the job one interval along its grid", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const keys = [yield* addMonitor(), yield* addMonitor(), yield* addMonitor()]
      yield* placedTogether
      const [job] = yield* grantAll
      assert.isDefined(job)
      assert.deepStrictEqual(
        job?.members?.map((m) => m.monitorKey),
        keys
      )
      const [first] = yield* submit(submission(job!, keys.map(up)))
      assert.deepStrictEqual(first?.verdicts, ["stored", "stored", "stored"])
      const [again] = yield* submit(submission(job!, keys.map(up)))
      assert.deepStrictEqual(again?.verdicts, ["duplicate", "duplicate", "duplicate"])
      assert.strictEqual(yield* count("ts.results_raw"), 3)
      assert.strictEqual(yield* count("ts.gaps"), 0)
      const [row] = yield* rows<{ due: number; lease_id: unknown }>(
        "select extract(epoch from due_at)::float8 * 1000 as due, lease_id from app.jobs"
      )
      assert.deepStrictEqual(
        { due: Math.round(row?.due ?? 0), lease: row?.lease_id },
        { due: job!.tickAt + 1_000, lease: null }
      )
      const dues = yield* rows<{ n: number }>(
        `select count(*)::int as n from ts.results_raw
          where due_at = to_timestamp(${job!.tickAt} / 1000.0) + app.offset_ms(monitor_key, 1000) * interval '1 ms'`
      )
      assert.strictEqual(dues[0]?.n, 3)
    })
  )
})

layer(Stages, fresh)("ingest", (it) => {
  it.effect("fences a lost lease, a foreign worker and an invented job, and writes nothing", () =>
    Effect.gen(function* () {
      const instance = yield* TestInstance
      const key = yield* instance.addMonitor()
      const [job] = yield* grantAll
      const other = yield* instance.addWorker
      const ingest = yield* Ingest
      const as = (workerKey: number, s: WorkerRpc.Submission) =>
        ingest
          .submit({ workerKey, regionKeys: [instance.regionKey] }, [s])
          .pipe(Effect.map((verdicts) => verdicts[0]?.verdicts))
      assert.deepStrictEqual(yield* as(other, submission(job!, [up(key)])), ["fenced"])
      assert.deepStrictEqual(
        yield* as(instance.workerKey, { ...submission(job!, [up(key)]), leaseId: job!.leaseId + 1 }),
        ["fenced"]
      )
      assert.deepStrictEqual(
        yield* as(instance.workerKey, { ...submission(job!, [up(key)]), tickAt: job!.tickAt + 1_000 }),
        ["fenced"]
      )
      assert.deepStrictEqual(yield* as(instance.workerKey, { ...submission(job!, [up(key)]), jobId: 999_999 }), [
        "fenced"
      ])
      assert.deepStrictEqual(yield* as(instance.workerKey, submission(job!, [up(key), up(123_456)], false)), [
        "stored",
        "fenced"
      ])
      assert.strictEqual(yield* count("ts.results_raw"), 1)
    })
  )

  it.effect("refuses a bad result by its index and stores the others", () =>
    Effect.gen(function* () {
      const key = yield* (yield* TestInstance).addMonitor({ intervalMs: 2_000 })
      const job = (yield* grantAll).find((j) => j.intervalMs === 2_000)!
      const [verdict] = yield* submit(
        submission(job, [{ monitorKey: "x" }, up(key), { ...up(key), latenessUs: -1 }], false)
      )
      assert.deepStrictEqual(verdict?.verdicts, ["refused", "stored", "refused"])
      assert.deepStrictEqual(
        verdict?.refusals.map((r) => r.index),
        [0, 2]
      )
      assert.include(verdict?.refusals[0]?.message, "monitorKey")
    })
  )
})

layer(Stages, fresh)("a partial submission", (it) => {
  it.effect("that comes again with further results stores only those, whatever their order", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const keys = [yield* addMonitor(), yield* addMonitor(), yield* addMonitor(), yield* addMonitor()]
      const [a, b, c, d] = keys as [number, number, number, number]
      yield* placedTogether
      const [job] = yield* grantAll
      assert.deepStrictEqual((yield* submit(submission(job!, [up(c), up(a)], false)))[0]?.verdicts, [
        "stored",
        "stored"
      ])
      const [again] = yield* submit(submission(job!, [down(d), up(a), down(b), down(b), up(c), up(99_999)]))
      assert.deepStrictEqual(again?.verdicts, ["stored", "duplicate", "stored", "stored", "duplicate", "fenced"])
      const stored = yield* rows<{ monitor_key: number; outcome: number; state: number }>(
        `select r.monitor_key, r.outcome::int, s.state::int
           from ts.results_raw r join app.monitor_states s using (monitor_key, region_key) order by 1`
      )
      assert.deepStrictEqual(
        stored.map((row) => [row.monitor_key, row.outcome, row.state]),
        [
          [a, 0, 0],
          [b, 2, 2],
          [c, 0, 0],
          [d, 2, 2]
        ]
      )
      assert.strictEqual(yield* count("ts.gaps"), 0)
    })
  )
})

layer(Stages, fresh)("a final submission", (it) => {
  it.effect("turns the runs without a result into a gap, after partial submissions as well", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const [a, b, c] = [yield* addMonitor(), yield* addMonitor(), yield* addMonitor()]
      yield* placedTogether
      const [job] = yield* grantAll
      yield* submit(submission(job!, [up(a!)], false))
      yield* submit(submission(job!, [up(b!)], true))
      const gaps = yield* rows<{ monitor_key: number; count: number; cause: string }>(
        "select monitor_key, count, cause from ts.gaps"
      )
      assert.deepStrictEqual(gaps, [{ monitor_key: c!, count: 1, cause: "not_executed" }])
    })
  )
})

layer(Stages, fresh)("states", (it) => {
  it.effect("are written when they change, each with one event, and never by a duplicate", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, rows } = yield* TestInstance
      const key = yield* addMonitor()
      for (const result of [up(key), up(key), down(key), down(key), up(key)]) {
        const [job] = yield* grantAll
        yield* submit(submission(job!, [result]))
        yield* submit(submission(job!, [result]))
        yield* elapse(1_000)
      }
      const events = yield* rows<{ state: string; reason: string | null }>(
        "select payload ->> 'state' as state, payload ->> 'reason' as reason from app.events where kind = 'state' order by event_key"
      )
      assert.deepStrictEqual(events, [
        { state: "up", reason: null },
        { state: "down", reason: "connection_refused" },
        { state: "up", reason: null }
      ])
      assert.strictEqual(yield* count("ts.result_details"), 2)
    })
  )
})

layer(Stages, fresh)("overdue ticks", (it) => {
  it.effect("become one gap that goes on, the monitor is unknown, and the job stays on its grid", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, rows } = yield* TestInstance
      const key = yield* addMonitor({ intervalMs: 30_000, timeoutMs: 1_000 })
      // Its first tick is up to 30 s away, further than the horizon.
      yield* elapse(25_500)
      const [job] = yield* grantAll
      yield* submit(submission(job!, [up(key)]))
      yield* elapse(300_000)
      const settled = yield* (yield* OverdueTicks).settle
      yield* elapse(300_000)
      const settledMore = yield* (yield* OverdueTicks).settle
      const gaps = yield* rows<{ count: number; cause: string; span: number }>(
        "select count, cause, (extract(epoch from ends_at - starts_at) / 30)::int as span from ts.gaps"
      )
      assert.deepStrictEqual(gaps, [{ count: settled + settledMore, cause: "no_worker", span: settled + settledMore }])
      const [state] = yield* rows<{ state: number }>(`select state from app.monitor_states where monitor_key = ${key}`)
      assert.strictEqual(state?.state, 3)
      const [grid] = yield* rows<{ aligned: boolean; soon: boolean }>(
        `select mod((extract(epoch from j.due_at) * 1000)::bigint - app.golden_ms(j.job_id, 30000), 30000) = mod((extract(epoch from p.starts_at) * 1000)::bigint - app.golden_ms(j.job_id, 30000), 30000) as aligned,
                j.due_at > now() - interval '30 seconds' as soon from app.jobs j join app.placements p using (job_id)`
      )
      assert.deepStrictEqual(grid, { aligned: true, soon: true })
    })
  )
})

/** Runs the duty once a second until the monitor is unknown, and tells how long that was, in seconds. */
const secondsUntilUnknown = Effect.fnUntraced(function* (key: number) {
  const { elapse, rows } = yield* TestInstance
  for (let seconds = 1; seconds <= 600; seconds++) {
    yield* elapse(1_000)
    yield* (yield* OverdueTicks).settle
    const [row] = yield* rows<{ state: number }>(`select state from app.monitor_states where monitor_key = ${key}`)
    if (row?.state === 3) return seconds
  }
  return assert.fail("it is known after ten minutes")
})

/** A monitor that was up at a tick a moment ago. */
const seenUp = Effect.fnUntraced(function* (intervalMs: number) {
  const { addMonitor, elapse } = yield* TestInstance
  const key = yield* addMonitor({ intervalMs, timeoutMs: 500 })
  let jobs: ReadonlyArray<WorkerRpc.Job> = []
  for (let ms = 0; jobs.length === 0 && ms <= intervalMs + 10_000; ms += 1_000) {
    jobs = yield* grantAll
    if (jobs.length === 0) yield* elapse(1_000)
  }
  yield* submit(submission(jobs[0]!, [up(key)]))
  return key
})

const revokeAll = TestInstance.use(({ rows }) => rows("update app.workers set revoked_at = now()"))

// A tick is granted up to 5 s ahead, and may begin min(interval, 60 s) after its due instant; the machine is slow, too.
for (const { intervalMs, served, unserved } of [
  { intervalMs: 1_000, served: 50, unserved: 10 },
  { intervalMs: 60_000, served: 160, unserved: 130 }
]) {
  layer(Stages, fresh)(`states at an interval of ${intervalMs} ms`, (it) => {
    it.effect("outlast a worker that is away for less than two intervals or a minute", () =>
      Effect.gen(function* () {
        assert.isAbove(yield* secondsUntilUnknown(yield* seenUp(intervalMs)), served)
      })
    )

    it.effect("are unknown at the first tick that nobody is left for, as one gap", () =>
      Effect.gen(function* () {
        const { rows } = yield* TestInstance
        const key = yield* seenUp(intervalMs)
        yield* revokeAll
        assert.isBelow(yield* secondsUntilUnknown(key), unserved)
        // On a slow machine a second tick comes due meanwhile.
        const gaps = yield* rows(`select count < 5 as short, cause from ts.gaps where monitor_key = ${key}`)
        assert.deepStrictEqual(gaps, [{ short: true, cause: "no_worker" }])
      })
    )
  })
}

layer(Stages, fresh)("what did not hold", (it) => {
  it.effect("is kept as evidence with the rest of the observation, and nothing of a run that was up", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const [a, b] = [yield* addMonitor(), yield* addMonitor()]
      yield* placedTogether
      const [job] = yield* grantAll
      const failedAssertions = [
        { index: 1, source: "status", comparison: "equals", severity: "down", expected: "200", actual: "503" }
      ]
      const observation = { ...up(b).observation, statusCode: 503, excerpt: "<html>", address: "192.0.2.1" }
      const failed = { ...down(b), reason: "status", message: "status is 503", observation, failedAssertions }
      yield* submit(
        submission(job!, [{ ...up(a), observation: { ...up(a).observation, address: "192.0.2.1" } }, failed])
      )
      const stored = yield* rows<{ key: number; detail: unknown }>(
        "select monitor_key as key, detail from ts.result_details"
      )
      assert.deepStrictEqual(stored, [
        { key: b, detail: { excerpt: "<html>", address: "192.0.2.1", failedAssertions } }
      ])
    })
  )

  it.effect("is refused when it is more than a monitor has assertions", () =>
    Effect.gen(function* () {
      const { addMonitor } = yield* TestInstance
      const key = yield* addMonitor()
      const [job] = yield* grantAll
      const one = { index: 0, source: "status", comparison: "equals", severity: "down", expected: "", actual: "" }
      const [verdict] = yield* submit(
        submission(job!, [{ ...down(key), failedAssertions: Array.from({ length: 21 }, () => one) }])
      )
      assert.deepStrictEqual(verdict?.verdicts, ["refused"])
    })
  )
})

layer(Stages, fresh)("hostile evidence", (it) => {
  it.effect("is stored with NUL and halves of surrogate pairs replaced, and never blocks the worker's outbox", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const key = yield* addMonitor()
      const [job] = yield* grantAll
      const hostile = {
        ...down(key),
        message: "a\0b\ud800c",
        observation: { ...up(key).observation, detail: { "k\0\udfff": ["\ud800", { deep: "\0" }] } }
      }
      const [verdict] = yield* submit(submission(job!, [hostile]))
      assert.deepStrictEqual(verdict?.verdicts, ["stored"])
      const [row] = yield* rows<{ message: string; detail: unknown }>("select message, detail from ts.result_details")
      assert.strictEqual(row?.message, "a\u{fffd}b\u{fffd}c")
      assert.deepStrictEqual(row?.detail, { detail: { "k\u{fffd}\u{fffd}": ["\u{fffd}", { deep: "\u{fffd}" }] } })
    })
  )
})
