import { assert, layer } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect, Layer } from "effect"
import { Ingest } from "../ingest/Ingest.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import type { GrantRequest } from "./GrantRequest.ts"
import { Leases } from "./Leases.ts"

const Stages = Layer.mergeAll(Leases.layer, Ingest.layer).pipe(Layer.provideMerge(TestInstance.layer))
const fresh = { excludeTestServices: true } as const

const grant = Effect.fnUntraced(function* (request: Partial<GrantRequest> = {}) {
  const { regionKey, workerKey } = yield* TestInstance
  return yield* (yield* Leases).grant({
    workerKey,
    regionKeys: [regionKey],
    capacity: 10_000,
    horizonMs: 5_000,
    checkTypes: [{ kind: "http", version: 1 }],
    known: [],
    ...request
  })
})

const refOf = ({ jobId, leaseId, oneOff }: WorkerRpc.Job): WorkerRpc.LeaseRef => ({ jobId, leaseId, oneOff })

layer(Stages, fresh)("a grant", (it) => {
  it.effect("hands a job to one worker only, with its members and a lease that outlives them", () =>
    Effect.gen(function* () {
      const { addMonitor, addWorker } = yield* TestInstance
      const keys = [yield* addMonitor(), yield* addMonitor()]
      const other = yield* addWorker
      const both = yield* Effect.all([grant(), grant({ workerKey: other })], { concurrency: "unbounded" })
      const jobs = both.flat()
      assert.strictEqual(jobs.length, 1)
      const [job] = jobs
      assert.deepStrictEqual(
        job?.members?.map(({ monitorKey }) => monitorKey),
        keys
      )
      assert.isAtLeast(job!.leaseMs, job!.dueInMs + 100 + 500 + 4_000)
      assert.isBelow(Math.abs(job!.dueInMs), 2_000)
      assert.deepStrictEqual(yield* grant(), [])
    })
  )
})

layer(Stages, fresh)("granting", (it) => {
  it.effect("leaves out members that the worker knows, until they change", () =>
    Effect.gen(function* () {
      const { addMonitor } = yield* TestInstance
      yield* addMonitor()
      const [job] = yield* grant()
      yield* (yield* Leases).release((yield* TestInstance).workerKey, [refOf(job!)])
      const known = [[job!.jobId, job!.version] as const]
      const [again] = yield* grant({ known })
      assert.isUndefined(again?.members)
      yield* (yield* Leases).release((yield* TestInstance).workerKey, [refOf(again!)])
      yield* addMonitor()
      const [changed] = yield* grant({ known })
      assert.strictEqual(changed?.members?.length, 2)
    })
  )

  it.effect("never hands out another region's jobs, or checks that the worker can't execute", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, rows } = yield* TestInstance
      yield* addMonitor({ intervalMs: 3_000 })
      yield* elapse(500)
      yield* rows("insert into app.regions (name) values ('elsewhere')")
      assert.deepStrictEqual(yield* grant({ regionKeys: [2] }), [])
      assert.deepStrictEqual(yield* grant({ checkTypes: [{ kind: "http", version: 2 }] }), [])
      assert.deepStrictEqual(yield* grant({ checkTypes: [] }), [])
      assert.isAbove((yield* grant()).length, 0)
    })
  )
})

layer(Stages, fresh)("capacity", (it) => {
  it.effect("counts runs: jobs are handed out until their members reach it", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      for (let i = 0; i < 250; i++) yield* addMonitor({ intervalMs: 2_000 })
      const jobs = yield* rows<{ n: number }>("select cardinality(members) as n from app.jobs order by job_id")
      assert.deepStrictEqual(
        jobs.map(({ n }) => n),
        [100, 100, 50]
      )
      const some = yield* grant({ capacity: 101 })
      assert.isAtLeast(
        some.reduce((n, { members }) => n + (members?.length ?? 0), 0),
        101
      )
      assert.strictEqual(some.length, 2)
    })
  )
})

layer(Stages, fresh)("an expired lease", (it) => {
  it.effect("is granted again with a new fencing number, at most three times, without the runs already stored", () =>
    Effect.gen(function* () {
      const { addMonitor, elapse, regionKey, rows, workerKey } = yield* TestInstance
      const keys = [
        yield* addMonitor({ intervalMs: 600_000, timeoutMs: 500 }),
        yield* addMonitor({ intervalMs: 600_000, timeoutMs: 500 })
      ]
      yield* rows("update app.jobs set due_at = now() + interval '1 s', ready_at = now() + interval '1 s'")
      yield* rows("update app.placements p set starts_at = j.due_at from app.jobs j where j.job_id = p.job_id")
      const leases: Array<number> = []
      const [first] = yield* grant()
      leases.push(first!.leaseId)
      assert.deepStrictEqual(yield* grant(), [])
      yield* (yield* Ingest).submit({ workerKey, regionKeys: [regionKey] }, [
        {
          ...refOf(first!),
          tickAt: first!.tickAt,
          final: false,
          results: [{ monitorKey: keys[0], outcome: "up", latenessUs: 0, errorBoundUs: 0 }]
        }
      ])
      for (let attempt = 2; attempt <= 3; attempt++) {
        yield* rows("update app.jobs set ready_at = now() - interval '1 ms'")
        const [again] = yield* grant()
        leases.push(again!.leaseId)
        assert.deepStrictEqual(again!.done, [keys[0]!])
      }
      assert.strictEqual(new Set(leases).size, 3)
      yield* rows("update app.jobs set ready_at = now() - interval '1 ms'")
      assert.deepStrictEqual(yield* grant(), [])
      yield* elapse(0)
    })
  )
})

layer(Stages, fresh)("renewing and releasing", (it) => {
  it.effect("work for the holder of the current lease and for nobody else", () =>
    Effect.gen(function* () {
      const { addMonitor, addWorker, workerKey } = yield* TestInstance
      yield* addMonitor()
      const [job] = yield* grant()
      const other = yield* addWorker
      const leases = yield* Leases
      const stale = { ...refOf(job!), leaseId: job!.leaseId - 1 }
      assert.deepStrictEqual(yield* leases.renew(other, [refOf(job!)]), [])
      assert.deepStrictEqual(yield* leases.renew(workerKey, [stale]), [])
      const [renewed] = yield* leases.renew(workerKey, [refOf(job!)])
      assert.isAtLeast(renewed!.leaseMs, job!.leaseMs - 1_000)
      assert.strictEqual(yield* leases.release(other, [refOf(job!)]), 0)
      assert.strictEqual(yield* leases.release(workerKey, [stale]), 0)
      assert.strictEqual(yield* leases.release(workerKey, [refOf(job!)]), 1)
      assert.strictEqual((yield* grant({ workerKey: other })).length, 1)
    })
  )

  it.effect("work for a check that runs once as well, until it has answered", () =>
    Effect.gen(function* () {
      const { organizationKey, regionKey, rows, workerKey } = yield* TestInstance
      yield* rows(`
        insert into app.one_off_jobs (request_id, organization_key, region_key, check_kind, check_version, spec,
                                      assertions, timeout_ms, expires_at)
        values ('req', ${organizationKey}, ${regionKey}, 'http', 1, '{}', '[]', 500, now() + interval '1 minute')`)
      const job = (yield* grant()).find(({ oneOff }) => oneOff)!
      const leases = yield* Leases
      const [renewed] = yield* leases.renew(workerKey, [refOf(job)])
      assert.deepInclude(renewed, refOf(job))
      assert.isAtLeast(renewed!.leaseMs, 4_500)
      yield* rows("update app.one_off_jobs set finished_at = now()")
      assert.deepStrictEqual(yield* leases.renew(workerKey, [refOf(job)]), [])
    })
  )

  it.effect("a lease can't be renewed for ever", () =>
    Effect.gen(function* () {
      const { addMonitor, rows, workerKey } = yield* TestInstance
      yield* addMonitor({ intervalMs: 2_000 })
      const job = (yield* grant()).find(({ intervalMs }) => intervalMs === 2_000)!
      yield* rows(
        `update app.jobs set due_at = now() - interval '61900 ms', ready_at = now() where job_id = ${job.jobId}`
      )
      const [renewed] = yield* (yield* Leases).renew(workerKey, [refOf(job)])
      assert.isBelow(renewed!.leaseMs, 500)
    })
  )
})
