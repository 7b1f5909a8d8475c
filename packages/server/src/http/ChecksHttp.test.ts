import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { Ingest } from "../ingest/Ingest.ts"
import { Leases } from "../lease/Leases.ts"
import { OneOffJobs } from "../schedule/OneOffJobs.ts"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"

const url = "https://shop.example/health"
const stored = { secret: "hunter2-stored" }
const kept = { secret: "***" }

const setup = Effect.gen(function* () {
  const { call, newKey, otherKey } = yield* TestApi
  const { organizationKey, rows, workerKey } = yield* TestInstance
  const key = yield* newKey(organizationKey, "write")
  const [region] = yield* rows<{ key: number }>("select region_key::int as key from app.regions where name = 'here'")
  const submitter = { workerKey, regionKeys: [region!.key] }
  const draft = (json: object, as = key) =>
    call("POST", "/api/v1/checks", { key: as, json: { regions: ["here"], ...json } })
  /** What a worker gets to run, within 5 s. */
  const leased = Effect.gen(function* () {
    const checkTypes = [{ kind: "http", version: 1 }]
    const wanted = { ...submitter, capacity: 10, horizonMs: 0, checkTypes, known: [] }
    const jobs = yield* (yield* Leases).await(wanted, 5_000)
    const job = jobs.find(({ oneOff }) => oneOff)!
    return { job, member: job.members![0]!, others: jobs.length - 1 }
  })
  const monitor = (yield* call("POST", "/api/v1/monitors", {
    key,
    json: { name: "Shop", spec: { url, headers: { authorization: stored } }, intervalMs: 86_400_000 }
  })).json
  return { call, draft, key, leased, monitor, newKey, organizationKey, otherKey, rows, submitter }
})

const Stages = Layer.mergeAll(Leases.layer, Ingest.layer).pipe(Layer.provideMerge(TestApi.layer))

layer(Stages, { excludeTestServices: true })("a draft", (it) => {
  it.effect("runs once in its regions and answers what came of it; nothing of it is saved or counted", () =>
    Effect.gen(function* () {
      const { call, draft, key, leased, rows, submitter } = yield* setup
      const secret = { secret: "hunter2-typed" }
      const json = { spec: { url, headers: { authorization: secret } }, timeoutMs: 50_000, waitMs: 5_000 }
      const running = yield* Effect.forkChild(draft(json), { startImmediately: true })
      const { job, member } = yield* leased
      assert.deepInclude(member, { timeoutMs: 50_000 })
      assert.deepInclude(member.spec as object, { url, headers: { authorization: secret }, method: "GET" })
      assert.strictEqual(member.assertions.length, 1)
      const storedText = (yield* rows<{ text: string }>(
        "select string_agg(j::text, ' ') as text from app.one_off_jobs j"
      ))[0]!
      assert.notInclude(storedText.text, secret.secret)
      const report = { outcome: "down", reason: "status", message: "status is 503, expected 200 to 399" } as const
      const result = { monitorKey: member.monitorKey, latenessUs: 0, errorBoundUs: 0, ...report }
      yield* (yield* Ingest).submit(submitter, [{ ...job, final: true, results: [result] }])
      const answer = yield* Fiber.join(running)
      assert.strictEqual(answer.status, 200, answer.text)
      assert.deepStrictEqual(answer.json, { runs: [{ region: "here", status: "done", report }] })
      for (const table of ["ts.results_raw", "ts.result_details", "ts.gaps", "app.monitor_states", "app.placements"]) {
        const count = yield* rows(
          `select from ${table} t${table === "app.placements" ? " join app.monitors m using (monitor_key) where m.name = 'draft'" : ""}`
        )
        assert.lengthOf(count, 0, table)
      }
      const list = yield* call("GET", "/api/v1/monitors", { key })
      assert.deepStrictEqual(
        list.json.items.map(({ name }: { name: string }) => name),
        ["Shop"]
      )
      yield* rows("update app.one_off_jobs set expires_at = now() - interval '601 seconds'")
      assert.strictEqual(yield* (yield* OneOffJobs).expire, 1)
    })
  )

  it.effect("takes the stored secrets of a monitor to the target that they are for, and to no other", () =>
    Effect.gen(function* () {
      const { draft, leased, monitor, newKey, otherKey, rows } = yield* setup
      const spec = { url: "https://shop.example/other-path", headers: { authorization: kept } }
      assert.strictEqual((yield* draft({ spec, monitorId: monitor.id, waitMs: 0 })).status, 200)
      const { member } = yield* leased
      assert.deepInclude(member.spec as object, { url: spec.url, headers: { authorization: stored } })
      const before = (yield* rows("select from app.one_off_jobs")).length
      for (const [json, path] of [
        [{ spec: { ...spec, url: "https://evil.example/" }, monitorId: monitor.id }, "spec.headers.authorization"],
        [{ spec: { ...spec, url: "http://shop.example/" }, monitorId: monitor.id }, "spec.headers.authorization"],
        [{ spec: { ...spec, headers: { other: kept } }, monitorId: monitor.id }, "spec.headers.other"],
        [{ spec: { host: "shop.example", port: 1 }, kind: "tcp", monitorId: monitor.id }, "kind"],
        [{ spec }, "spec.headers.authorization"]
      ] as const) {
        const refused = yield* draft(json)
        assert.strictEqual(refused.status, 422, refused.text)
        assert.strictEqual(refused.json.errors[0].path, path)
        assert.notInclude(refused.text, stored.secret)
      }
      const others = yield* draft(
        { spec, monitorId: monitor.id, regions: ["global"] },
        yield* newKey(otherKey, "admin")
      )
      assert.strictEqual(others.status, 404)
      const missing = yield* draft({ spec, monitorId: "mon_00000000000000000000" })
      assert.strictEqual(missing.status, 404)
      assert.lengthOf(yield* rows("select from app.one_off_jobs"), before)
    })
  )
})

layer(TestApi.layer, { excludeTestServices: true })("a bulk change", (it) => {
  it.effect("changes each monitor by itself and says which it could not, and why", () =>
    Effect.gen(function* () {
      const { call, newKey, otherKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const key = yield* newKey(organizationKey, "write")
      const theirs = yield* newKey(otherKey, "write")
      const create = (json: object, as = key) =>
        Effect.map(
          call("POST", "/api/v1/monitors", { key: as, json: { name: "m", spec: { url }, ...json } }),
          (answer) => answer.json.id as string
        )
      const bulk = (ids: ReadonlyArray<string>, change: object) =>
        Effect.map(call("POST", "/api/v1/monitors/bulk", { key, json: { ids, change } }), ({ json, status, text }) => {
          assert.strictEqual(status, 200, text)
          return json
        })
      const get = (id: string, as = key) =>
        Effect.map(call("GET", `/api/v1/monitors/${id}`, { key: as }), ({ json }) => json)
      const a = yield* create({ tags: ["old", "kept"] })
      const full = yield* create({ tags: Array.from({ length: 20 }, (_, i) => `t${i}`) })
      const spec = { schedule: { periodMs: 60_000 }, graceMs: 60_000 }
      const heartbeat = yield* create({ kind: "heartbeat", spec })
      const foreign = yield* create({}, theirs)
      const unknown = "mon_00000000000000000000"
      const none = "there is no such monitor"

      assert.deepStrictEqual(
        yield* bulk([a, unknown, full, foreign], { addTags: ["new", "kept"], removeTags: ["old"] }),
        {
          changed: 1,
          failed: [
            { id: unknown, message: none },
            { id: full, message: "tags: must have at most 20 tags" },
            { id: foreign, message: none }
          ]
        }
      )
      assert.deepStrictEqual((yield* get(a)).tags, ["kept", "new"])

      const slower = yield* bulk([a, heartbeat], { intervalMs: 5_000, regions: ["here"] })
      assert.strictEqual(slower.changed, 1)
      assert.match(slower.failed[0].message, /^intervalMs: a heartbeat says/)
      assert.deepInclude(yield* get(a), {
        intervalMs: 5_000,
        timeoutMs: 4_000,
        regions: [{ region: "here", state: "unknown" }]
      })

      assert.deepStrictEqual(yield* bulk([a, full, heartbeat], { action: "pause" }), { changed: 3, failed: [] })
      for (const id of [a, full, heartbeat]) assert.strictEqual((yield* get(id)).state, "paused")
      assert.strictEqual((yield* bulk([a], { action: "resume" })).changed, 1)
      assert.strictEqual((yield* get(a)).state, "unknown")
      assert.deepStrictEqual(yield* bulk([a, full, foreign], { action: "remove" }), {
        changed: 2,
        failed: [{ id: foreign, message: none }]
      })
      assert.strictEqual((yield* get(foreign, theirs)).name, "m")
    })
  )
})
