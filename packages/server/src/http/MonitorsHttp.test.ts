import { assert, layer } from "@effect/vitest"
import { MonitorState } from "@openseer/core"
import { Effect, Fiber, Layer } from "effect"
import { Ingest } from "../ingest/Ingest.ts"
import { Leases } from "../lease/Leases.ts"
import { OneOffJobs, pendingMax } from "../schedule/OneOffJobs.ts"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"

const input = { name: "Shop", spec: { url: "https://shop.example/health" } }

const setup = Effect.gen(function* () {
  const { call, newKey, otherKey } = yield* TestApi
  const { organizationKey, rows } = yield* TestInstance
  const key = yield* newKey(organizationKey, "write")
  const create = (more: object = {}) =>
    call("POST", "/api/v1/monitors", { key, json: { ...input, ...more } }).pipe(
      Effect.map(({ json, status, text }) => {
        assert.strictEqual(status, 201, text)
        return json
      })
    )
  return { call, create, key, newKey, organizationKey, otherKey, rows }
})

const members = "select members from app.jobs where members <> '{}'"

const Stages = Layer.mergeAll(Leases.layer, Ingest.layer).pipe(Layer.provideMerge(TestApi.layer))

layer(Stages, { excludeTestServices: true })("the API of monitors", (it) => {
  it.effect("creates, gets and lists a monitor with its defaults filled in, and schedules it", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const created = yield* create({ tags: ["team:shop"] })
      assert.strictEqual(created.target, input.spec.url)
      assert.strictEqual(created.intervalMs, 60_000)
      assert.strictEqual(created.timeoutMs, 10_000)
      assert.strictEqual(created.state, "unknown")
      assert.deepStrictEqual(created.regions, [{ region: "global", state: "unknown" }])
      assert.deepInclude(created.spec, { ...input.spec, method: "GET", headers: {}, redirectsMax: 5 })
      assert.strictEqual(created.assertions.length, 1)
      const got = yield* call("GET", `/api/v1/monitors/${created.id}`, { key })
      assert.deepStrictEqual(got.json, created)
      const listed = yield* call("GET", "/api/v1/monitors?tag=team:shop&q=SHOP&state=unknown&limit=1", { key })
      assert.deepStrictEqual(listed.json, { items: [created] })
      assert.strictEqual((yield* rows(members)).length, 1)
      const other = yield* create({ name: "Other", kind: "tcp", spec: { host: "mail.example.net", port: 25 } })
      const byHost = yield* call("GET", "/api/v1/monitors?q=Mail.Example", { key })
      assert.deepStrictEqual(byHost.json, { items: [other] })
    })
  )

  it.effect("tells where a new monitor is", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const created = yield* call("POST", "/api/v1/monitors", { key, json: input })
      assert.strictEqual(created.headers.get("location"), `/api/v1/monitors/${created.json.id}`)
    })
  )

  it.effect("takes a short timeout for a short interval by itself", () =>
    Effect.gen(function* () {
      const { create } = yield* setup
      assert.strictEqual((yield* create({ intervalMs: 1_000 })).timeoutMs, 800)
    })
  )

  it.effect("pages through all monitors once, in the order of their creation", () =>
    Effect.gen(function* () {
      const { call, create, key } = yield* setup
      const created: Array<string> = []
      for (let i = 0; i < 7; i++) created.push((yield* create({ name: `page ${i}`, tags: ["paged"] })).id)
      const seen: Array<string> = []
      let cursor = ""
      do {
        const page: { json: { items: ReadonlyArray<{ id: string }>; nextCursor?: string } } = yield* call(
          "GET",
          `/api/v1/monitors?tag=paged&limit=3${cursor}`,
          { key }
        )
        seen.push(...page.json.items.map(({ id }) => id))
        cursor = page.json.nextCursor === undefined ? "" : `&cursor=${page.json.nextCursor}`
      } while (cursor !== "")
      assert.deepStrictEqual(seen, created)
    })
  )

  it.effect("changes what is given and leaves the rest", () =>
    Effect.gen(function* () {
      const { call, create, key } = yield* setup
      const created = yield* create({ tags: ["kept"] })
      const changed = yield* call("PATCH", `/api/v1/monitors/${created.id}`, { key, json: { name: "  Till  " } })
      assert.strictEqual(changed.status, 200, changed.text)
      assert.deepStrictEqual(
        { ...changed.json, updatedAt: "" },
        { ...created, name: "Till", version: 2, updatedAt: "" }
      )
    })
  )

  it.effect("refuses a change that is based on an older version, and says which is current", () =>
    Effect.gen(function* () {
      const { call, create, key } = yield* setup
      const { id } = yield* create()
      const path = `/api/v1/monitors/${id}`
      assert.strictEqual((yield* call("PATCH", path, { key, json: { name: "a", version: 1 } })).status, 200)
      const stale = yield* call("PATCH", path, { key, json: { name: "b", version: 1 } })
      assert.strictEqual(stale.status, 412)
      assert.strictEqual(stale.json.version, 2)
      const header = yield* call("PATCH", path, { key, json: { name: "b" }, headers: { "if-match": '"1"' } })
      assert.strictEqual(header.status, 412)
      const current = yield* call("PATCH", path, { key, json: { name: "b" }, headers: { "if-match": '"2"' } })
      assert.strictEqual(current.status, 200)
      const both = yield* call("PATCH", path, { key, json: { version: 3 }, headers: { "if-match": '"4"' } })
      assert.strictEqual(both.status, 400)
    })
  )

  it.effect("of two changes at once that are based on one version, stores exactly one", () =>
    Effect.gen(function* () {
      const { call, create, key } = yield* setup
      const { id } = yield* create()
      const change = (name: string) => call("PATCH", `/api/v1/monitors/${id}`, { key, json: { name, version: 1 } })
      const answers = yield* Effect.all([change("a"), change("b")], { concurrency: 2 })
      assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
    })
  )

  it.effect("moves a monitor to another job when its interval changes, and to none when it is paused or deleted", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const { id } = yield* create({ intervalMs: 12_000 })
      const path = `/api/v1/monitors/${id}`
      const intervals = rows<{ interval_ms: number }>(`
        select j.interval_ms from app.jobs j join app.monitors m on m.monitor_key = any (j.members)
         where m.monitor_id = '${id}'`).pipe(Effect.map((found) => found.map((row) => row.interval_ms)))
      assert.deepStrictEqual(yield* intervals, [12_000])
      yield* call("PATCH", path, { key, json: { intervalMs: 13_000 } })
      assert.deepStrictEqual(yield* intervals, [13_000])
      const paused = yield* call("POST", `${path}/pause`, { key })
      assert.strictEqual(paused.json.state, "paused")
      assert.deepStrictEqual(yield* intervals, [])
      assert.strictEqual((yield* call("POST", `${path}/pause`, { key })).json.version, paused.json.version)
      yield* call("PATCH", path, { key, json: { intervalMs: 14_000 } })
      assert.deepStrictEqual(yield* intervals, [], "a paused monitor stays out of jobs when it is changed")
      assert.strictEqual((yield* call("POST", `${path}/resume`, { key })).json.state, "unknown")
      assert.deepStrictEqual(yield* intervals, [14_000])
      const removed = yield* call("DELETE", path, { key })
      assert.strictEqual(removed.status, 204)
      assert.strictEqual(removed.text, "")
      assert.deepStrictEqual(yield* intervals, [])
      for (const method of ["GET", "DELETE"]) assert.strictEqual((yield* call(method, path, { key })).status, 404)
    })
  )

  it.effect("makes workers fetch the spec anew when it changes, in the same job", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const { id } = yield* create({ intervalMs: 17_000 })
      const job = rows<{ job_id: number; version: number }>(`
        select j.job_id, j.version from app.jobs j join app.monitors m on m.monitor_key = any (j.members)
         where m.monitor_id = '${id}'`).pipe(Effect.map(([found]) => found))
      const before = yield* job
      yield* call("PATCH", `/api/v1/monitors/${id}`, { key, json: { spec: { url: "https://other.example/" } } })
      const after = yield* job
      assert.strictEqual(after?.job_id, before?.job_id)
      assert.strictEqual(after?.version, (before?.version ?? 0) + 1)
    })
  )

  it.effect("tells each change as an event of the organization", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const { id } = yield* create()
      yield* call("PATCH", `/api/v1/monitors/${id}`, { key, json: { name: "x" } })
      for (const verb of ["pause", "resume"]) yield* call("POST", `/api/v1/monitors/${id}/${verb}`, { key })
      yield* call("DELETE", `/api/v1/monitors/${id}`, { key })
      const events = yield* rows<{ change: string }>(`
        select payload ->> 'change' as change from app.events where monitor_id = '${id}' and kind = 'monitor'
         order by event_key`)
      assert.deepStrictEqual(
        events.map(({ change }) => change),
        ["created", "updated", "paused", "resumed", "deleted"]
      )
    })
  )

  it.effect(
    "resolves regions to the organization's own first, then to the instance's, and says the same of all others",
    () =>
      Effect.gen(function* () {
        const { call, create, key, organizationKey, otherKey, rows } = yield* setup
        yield* rows(`insert into app.regions (organization_key, name)
                   values (${organizationKey}, 'both'), (null, 'both'), (${otherKey}, 'theirs'), (null, 'shared')`)
        const { id } = yield* create({ regions: ["shared", "both"] })
        const owners = yield* rows<{ organization_key: number | null }>(`
        select g.organization_key from app.monitors m cross join unnest(m.region_keys) with ordinality u(region_key, n)
          join app.regions g using (region_key) where m.monitor_id = '${id}' order by n`)
        assert.deepStrictEqual(
          owners.map((row) => row.organization_key),
          [null, organizationKey]
        )
        const refused = (region: string) =>
          call("POST", "/api/v1/monitors", { key, json: { ...input, regions: ["shared", region] } })
        const theirs = yield* refused("theirs")
        const nobodys = yield* refused("nobodys")
        assert.strictEqual(theirs.status, 422)
        assert.strictEqual(theirs.json.errors[0].path, "regions.1")
        assert.strictEqual(theirs.text.replaceAll("theirs", "nobodys"), nobodys.text)
      })
  )

  it.effect("gives every organization a global region of its own", () =>
    Effect.gen(function* () {
      const { call, create, newKey, organizationKey, otherKey, rows } = yield* setup
      yield* create()
      const key = yield* newKey(otherKey, "write")
      yield* Effect.all(
        [1, 2, 3].map(() => call("POST", "/api/v1/monitors", { key, json: input })),
        { concurrency: 3 }
      )
      const globals = yield* rows<{ organization_key: number }>(
        "select organization_key from app.regions where name = 'global' order by 1"
      )
      assert.deepStrictEqual(
        globals.map((row) => row.organization_key),
        [organizationKey, otherKey].toSorted()
      )
    })
  )

  it.effect("of two creations at once at one below the limit, stores exactly one", () =>
    Effect.gen(function* () {
      const { call, newKey, rows } = yield* setup
      const [organization] = yield* rows<{ key: number }>(`
        insert into auth.organizations (organization_id, name, monitors_max) values ('org_small', 'Small', 3)
        returning organization_key as key`)
      const key = yield* newKey(organization!.key, "write")
      const create = call("POST", "/api/v1/monitors", { key, json: input })
      assert.strictEqual((yield* create).status, 201)
      assert.strictEqual((yield* create).status, 201)
      const race = yield* Effect.all([create, create, create, create], { concurrency: 4 })
      assert.deepStrictEqual(race.map(({ status }) => status).toSorted(), [201, 409, 409, 409])
      assert.strictEqual(race.find(({ status }) => status === 409)?.json.limit, 3)
      const { items } = (yield* call("GET", "/api/v1/monitors", { key })).json
      assert.strictEqual(items.length, 3)
      yield* call("DELETE", `/api/v1/monitors/${items[0].id}`, { key })
      assert.strictEqual((yield* create).status, 201, "a deleted monitor makes room")
    })
  )

  it.effect("filters by the state that core's rule gives, whatever the states of the regions", () =>
    Effect.gen(function* () {
      const { call, create, key, organizationKey, rows } = yield* setup
      const names = ["s1", "s2", "s3"]
      yield* rows(`insert into app.regions (organization_key, name)
                   select ${organizationKey}, unnest('{${names.join(",")}}'::text[])`)
      const states = ["up", "degraded", "down", "unknown", undefined] as const
      const expected = new Map<string, MonitorState.MonitorState>()
      // One monitor for each set of three states: order does not matter, so 35 of the 125.
      const sets = states.flatMap((a, i) =>
        states.flatMap((b, j) => states.flatMap((c, k) => (i <= j && j <= k ? [[a, b, c]] : [])))
      )
      for (const set of sets) {
        const { id } = yield* create({ regions: names, tags: ["ruled"] })
        for (const [index, state] of set.entries()) {
          if (state === undefined) continue
          yield* rows(`
            insert into app.monitor_states (monitor_key, region_key, state, since_at)
            select m.monitor_key, g.region_key, ${states.indexOf(state)}, now() from app.monitors m, app.regions g
             where m.monitor_id = '${id}' and g.name = '${names[index]}'`)
        }
        expected.set(
          id,
          MonitorState.overall(
            false,
            set.map((state) => state ?? "unknown")
          )
        )
      }
      let seen = 0
      for (const state of ["up", "degraded", "down", "unknown"] as const) {
        const { items } = (yield* call("GET", `/api/v1/monitors?tag=ruled&state=${state}&limit=500`, { key })).json
        for (const item of items) {
          assert.strictEqual(item.state, state)
          assert.strictEqual(expected.get(item.id), state)
          seen++
        }
      }
      assert.strictEqual(seen, sets.length)
      assert.strictEqual(sets.length, 35)
    })
  )

  it.effect("runs a monitor now and answers what the worker saw, counting it nowhere", () =>
    Effect.gen(function* () {
      const { call, create, key, organizationKey, rows } = yield* setup
      yield* rows(`insert into app.regions (organization_key, name)
                   values (${organizationKey}, 'run-1'), (${organizationKey}, 'run-2')`)
      const { id } = yield* create({ regions: ["run-1", "run-2"] })
      yield* call("POST", `/api/v1/monitors/${id}/pause`, { key })
      const running = yield* Effect.forkChild(
        call("POST", `/api/v1/monitors/${id}/run`, { key, json: { waitMs: 1_500 } }),
        { startImmediately: true }
      )
      const { workerKey } = yield* TestInstance
      const [region] = yield* rows<{ key: number }>(
        "select region_key::int as key from app.regions where name = 'run-1'"
      )
      const submitter = { workerKey, regionKeys: [region!.key] }
      const jobs = yield* (yield* Leases).await(
        { ...submitter, capacity: 10, horizonMs: 0, checkTypes: [{ kind: "http", version: 1 }], known: [] },
        5_000
      )
      assert.strictEqual(jobs.length, 1)
      const job = jobs[0]!
      assert.isTrue(job.oneOff)
      const monitorKey = job.members![0]!.monitorKey
      const certificate = { subject: "a", names: [], issuer: "b", keyType: "EC P-256", fingerprint256: "c" }
      const phases = { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 }
      const failure = {
        outcome: "down",
        reason: "status",
        message: "status is 503, expected 200 to 399",
        observation: {
          totalUs: 1,
          phases,
          statusCode: 503,
          tls: {
            version: "TLSv1.3",
            cipher: "x",
            chain: [{ ...certificate, validFrom: "2026-01-01T00:00:00.000Z", validTo: "2027-01-01T00:00:00.000Z" }]
          },
          excerpt: "<html>"
        },
        failedAssertions: [
          { index: 0, source: "status", comparison: "between", severity: "down", expected: "200 to 399", actual: "503" }
        ]
      } as const
      yield* (yield* Ingest).submit(submitter, [
        { ...job, final: true, results: [{ monitorKey, latenessUs: 0, errorBoundUs: 0, ...failure }] }
      ])
      const answer = yield* Fiber.join(running)
      assert.strictEqual(answer.status, 200, answer.text)
      assert.deepStrictEqual(answer.json.runs, [
        { region: "run-1", status: "done", report: failure },
        { region: "run-2", status: "pending" }
      ])
      assert.strictEqual((yield* rows("select from ts.results_raw")).length, 0)
      assert.strictEqual((yield* call("GET", `/api/v1/monitors/${id}`, { key })).json.regions[0].state, "unknown")
    })
  )

  it.effect("runs in given regions only, and does not wait when it is not asked to", () =>
    Effect.gen(function* () {
      const { call, create, key } = yield* setup
      const { id } = yield* create()
      const path = `/api/v1/monitors/${id}/run`
      const answer = yield* call("POST", path, { key, json: { regions: ["here"], waitMs: 0 } })
      assert.deepStrictEqual(answer.json, { runs: [{ region: "here", status: "pending" }] })
      assert.strictEqual((yield* call("POST", path, { key, json: { regions: ["nowhere"] } })).status, 422)
    })
  )

  it.effect("keeps runs that nobody answered for a while, and no longer", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const oneOffJobs = yield* OneOffJobs
      yield* rows("delete from app.one_off_jobs")
      const { id } = yield* create()
      for (let i = 0; i < 2; i++) yield* call("POST", `/api/v1/monitors/${id}/run`, { key, json: { waitMs: 0 } })
      assert.strictEqual(yield* oneOffJobs.expire, 0)
      yield* rows(`update app.one_off_jobs set expires_at = now() - interval '601 seconds'
                    where job_id = (select min(job_id) from app.one_off_jobs)`)
      assert.strictEqual(yield* oneOffJobs.expire, 1)
      assert.strictEqual(yield* oneOffJobs.expire, 0)
    })
  )

  it.effect("refuses more runs than an organization may have pending", () =>
    Effect.gen(function* () {
      const { call, create, key, rows } = yield* setup
      const { id } = yield* create()
      yield* call("POST", `/api/v1/monitors/${id}/run`, { key, json: { waitMs: 0 } })
      yield* rows(`insert into app.one_off_jobs (request_id, organization_key, monitor_key, region_key, check_kind,
                     check_version, spec, assertions, timeout_ms, expires_at)
                   select request_id, organization_key, monitor_key, region_key, check_kind, check_version, spec,
                     assertions, timeout_ms, expires_at
                     from (select * from app.one_off_jobs limit 1) j, generate_series(1, ${pendingMax})`)
      const refused = yield* call("POST", `/api/v1/monitors/${id}/run`, { key, json: { waitMs: 0 } })
      assert.strictEqual(refused.status, 409)
      assert.strictEqual(refused.json.limit, pendingMax)
    })
  )
})
