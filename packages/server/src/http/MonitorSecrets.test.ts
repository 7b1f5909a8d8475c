import { assert, layer } from "@effect/vitest"
import { CheckType, Secret } from "@openseer/core"
import { Effect, Layer, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { Leases } from "../lease/Leases.ts"
import { Monitors } from "../schedule/Monitors.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as SecretKeys from "../secrets/SecretKeys.ts"
import { type Answer, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"

/** A check type of a user's own, with secrets in places of all kinds and no `origin`. */
const LedgerCheck = CheckType.make({
  kind: "acme-ledger",
  version: 1,
  spec: Schema.Struct({
    account: Schema.String,
    pins: Schema.Array(Secret.Secret),
    token: Schema.optionalKey(Secret.Secret),
    note: Schema.optionalKey(Schema.Json)
  }),
  target: ({ account }) => `ledger:${account}`
})

/** What is stored of a ledger's pins. */
interface StoredLedger {
  readonly pins: ReadonlyArray<{ readonly sealed: string }>
}

const masked = { secret: "***" }
const random = (): string => randomBytes(16).toString("hex")

const setup = Effect.gen(function* () {
  const { call, newKey, otherKey } = yield* TestApi
  const { organizationKey, regionKey, rows, workerKey } = yield* TestInstance
  const key = yield* newKey(organizationKey, "write")
  const create = (json: object) =>
    call("POST", "/api/v1/monitors", { key, json: { name: "m", intervalMs: 1_000, ...json } })
  const created = (json: object) =>
    Effect.map(create(json), ({ json: monitor, status, text }) => {
      assert.strictEqual(status, 201, text)
      return monitor
    })
  const patch = (id: string, json: object) => call("PATCH", `/api/v1/monitors/${id}`, { key, json })
  const storedOf = (id: string) =>
    Effect.map(
      rows<{ spec: StoredLedger }>(`select spec from app.monitors where monitor_id = '${id}'`),
      ([row]) => row!.spec
    )
  /** What a worker gets for a monitor, whatever else is due. */
  const granted = (id: string, leases?: Leases["Service"]) =>
    Effect.gen(function* () {
      yield* rows(
        "update app.jobs set ready_at = now(), due_at = now(), lease_id = null, attempts = 0 where members <> '{}'"
      )
      const { grant } = leases ?? (yield* Leases)
      const jobs = yield* grant({
        workerKey,
        regionKeys: (yield* rows<{ key: number }>("select region_key::int as key from app.regions")).map((r) => r.key),
        capacity: 10_000,
        horizonMs: 5_000,
        checkTypes: [
          { kind: "http", version: 1 },
          { kind: "acme-ledger", version: 1 }
        ],
        known: []
      })
      const found = jobs.flatMap((job) => (job.members ?? []).map((member) => ({ job, member })))
      return found.filter(({ member }) => member.monitorId === id)
    })
  return { call, create, created, granted, key, newKey, organizationKey, otherKey, patch, regionKey, rows, storedOf }
})

/** Every table of ours as text. */
const dump = Effect.gen(function* () {
  const { rows } = yield* TestInstance
  const tables = yield* rows<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('app', 'auth', 'ts')`)
  assert.isAbove(tables.length, 10)
  const texts: Array<string> = []
  for (const { name } of tables) {
    const [row] = yield* rows<{ text: string | null }>(`select string_agg(t::text, ' ') as text from ${name} t`)
    texts.push(row?.text ?? "")
  }
  return texts.join("\n")
})

const issuesOf = (answer: Answer) => {
  assert.strictEqual(answer.status, 422, answer.text)
  return answer.json.errors as ReadonlyArray<{ readonly path: string; readonly message: string }>
}

const leasesWith = (keys: SecretKeys.SecretKeys) =>
  Effect.provide(Leases, Layer.provide(Layer.fresh(Leases.layer), SecretBox.layer(keys)))

const Stages = Leases.layer.pipe(Layer.provideMerge(TestApi.layerWith([LedgerCheck])))

layer(Stages, { excludeTestServices: true })("a secret of a monitor", (it) => {
  it.effect("is nowhere in the database and in no answer, and arrives clear at the worker that holds the lease", () =>
    Effect.gen(function* () {
      const { call, created, granted, key, patch, rows } = yield* setup
      const [bearer, field, inJson, pin, otherPin] = [random(), random(), random(), random(), random()]
      const http = {
        url: "https://a.example/health",
        headers: { authorization: { secret: bearer }, accept: "text/plain" },
        body: { form: { user: "u", password: { secret: field } } },
        method: "POST"
      }
      const monitor = yield* created({ spec: http })
      assert.deepInclude(monitor.spec.headers, { authorization: masked, accept: "text/plain" })
      assert.deepStrictEqual(monitor.spec.body, { form: { user: "u", password: masked } })
      assert.strictEqual(monitor.target, http.url)
      const ledger = yield* created({
        kind: "acme-ledger",
        spec: { account: "a", pins: [{ secret: pin }, { secret: otherPin }], note: { deep: [{ secret: inJson }] } }
      })
      assert.deepStrictEqual(ledger.spec, { account: "a", pins: [masked, masked], note: { deep: [masked] } })
      assert.strictEqual(ledger.target, "ledger:a")

      const answers = [
        yield* call("GET", `/api/v1/monitors/${monitor.id}`, { key }),
        yield* call("GET", "/api/v1/monitors", { key }),
        yield* call("GET", "/api/v1/overview", { key }),
        yield* patch(monitor.id, { name: "n" }),
        yield* call("POST", `/api/v1/monitors/${monitor.id}/pause`, { key }),
        yield* call("POST", `/api/v1/monitors/${monitor.id}/resume`, { key }),
        yield* call("POST", `/api/v1/monitors/${monitor.id}/run`, { key, json: { waitMs: 0 } })
      ]
      for (const { status, text } of answers) {
        assert.strictEqual(status, 200, text)
        assert.notInclude(text, "sealed")
      }
      const texts = { answers: answers.map(({ text }) => text).join(), database: yield* dump }
      for (const [where, text] of Object.entries(texts)) {
        for (const secret of [bearer, field, inJson, pin, otherPin]) assert.notInclude(text, secret, where)
      }
      assert.isAbove(texts.database.split("sealed").length, 5)

      const runs = yield* granted(monitor.id)
      assert.deepStrictEqual(runs.map(({ job }) => job.oneOff).toSorted(), [false, true])
      for (const { member } of runs) assert.deepInclude(member.spec as object, http)
      const [run] = yield* granted(ledger.id)
      assert.deepStrictEqual(run?.member.spec, {
        account: "a",
        pins: [{ secret: pin }, { secret: otherPin }],
        note: { deep: [{ secret: inJson }] }
      })
      assert.lengthOf(yield* rows("select from app.events where payload::text like '%sealed%'"), 0)
    })
  )

  it.effect("stays when a change leaves the mask in its place, and is replaced by another", () =>
    Effect.gen(function* () {
      const { created, granted, patch, storedOf } = yield* setup
      const spec = { account: "a", pins: [{ secret: "one" }, { secret: "two" }], token: { secret: "three" } }
      const { id } = yield* created({ kind: "acme-ledger", spec })
      const before = yield* storedOf(id)
      const change = { spec: { account: "a", pins: [masked, { secret: "2" }], note: "n" } }
      for (let n = 0; n < 2; n++) {
        const changed = yield* patch(id, change)
        assert.deepStrictEqual(changed.json.spec, { account: "a", pins: [masked, masked], note: "n" })
      }
      const after = yield* storedOf(id)
      assert.strictEqual(after.pins[0]!.sealed, before.pins[0]!.sealed)
      const [run] = yield* granted(id)
      assert.deepStrictEqual(run?.member.spec, { account: "a", pins: [{ secret: "one" }, { secret: "2" }], note: "n" })
      yield* patch(id, { name: "other", tags: ["t"], intervalMs: 2_000 })
      assert.deepStrictEqual(yield* storedOf(id), after)
    })
  )

  it.effect("can't be kept where none is stored, and nobody may write a sealed one", () =>
    Effect.gen(function* () {
      const { create, created, patch, storedOf } = yield* setup
      const refusals = (yield* Effect.all([
        create({ kind: "acme-ledger", spec: { account: "a", pins: [masked] } }),
        create({ kind: "acme-ledger", spec: { account: "a", pins: [], note: [masked] } })
      ])).map(issuesOf)
      assert.deepStrictEqual(
        refusals.map(([issue]) => issue?.path),
        ["spec.pins.0", "spec.note.0"]
      )
      const { id } = yield* created({ kind: "acme-ledger", spec: { account: "a", pins: [{ secret: "one" }] } })
      const [moved] = issuesOf(yield* patch(id, { spec: { account: "a", pins: [], token: masked } }))
      assert.strictEqual(moved?.path, "spec.token")
      assert.include(moved?.message, "there is none")
      const { sealed } = (yield* storedOf(id)).pins[0]!
      for (const spec of [
        { account: "a", pins: [{ sealed }] },
        { account: "a", pins: [], token: { sealed } },
        { account: "a", pins: [], note: { deep: { sealed } } },
        { account: { sealed }, pins: [] },
        { sealed }
      ]) {
        const issues = [
          ...issuesOf(yield* patch(id, { spec })),
          ...issuesOf(yield* create({ kind: "acme-ledger", spec }))
        ]
        assert.isTrue(issues.every(({ message }) => message.includes("is how secrets are stored")))
      }
    })
  )

  it.effect(
    "must be given anew when the check goes to another origin: no editor can have it sent to a server of hers",
    () =>
      Effect.gen(function* () {
        const { created, granted, patch } = yield* setup
        const headers = { authorization: { secret: "s3cret" } }
        const { id } = yield* created({ spec: { url: "https://a.example/health", headers, tls: {} } })
        const keeping = { headers: { authorization: masked }, tls: {} }
        for (const spec of [
          { ...keeping, url: "https://evil.example/health" },
          { ...keeping, url: "https://a.example.evil.example/health" },
          { ...keeping, url: "https://a.example:8443/health" },
          { ...keeping, url: "http://a.example/health" },
          { ...keeping, url: "https://a.example/health", proxy: { url: "http://evil.example:3128" } },
          { ...keeping, url: "https://a.example/health", tls: { verify: "none" } },
          { ...keeping, url: "https://a.example/health", tls: { serverName: "evil.example" } }
        ]) {
          assert.deepStrictEqual(issuesOf(yield* patch(id, { spec })), [
            {
              path: "spec.headers.authorization",
              message: "must be given anew, since the check goes to another target"
            }
          ])
        }
        const elsewhere = { url: "https://a.example/ready?x=1", method: "HEAD" }
        assert.strictEqual((yield* patch(id, { spec: { ...keeping, ...elsewhere } })).status, 200)
        const [run] = yield* granted(id)
        assert.deepInclude(run?.member.spec as object, { ...elsewhere, headers })
        const anew = { url: "https://b.example/", headers: { authorization: { secret: "other" } } }
        assert.strictEqual((yield* patch(id, { spec: anew })).status, 200)

        const ledger = yield* created({ kind: "acme-ledger", spec: { account: "a", pins: [{ secret: "one" }] } })
        const [issue] = issuesOf(yield* patch(ledger.id, { spec: { account: "b", pins: [masked] } }))
        assert.strictEqual(issue?.path, "spec.pins.0", "without an origin of its own, a check type has its target")
        assert.strictEqual((yield* patch(ledger.id, { spec: { account: "b", pins: [] } })).status, 200)
      })
  )

  it.effect("opens nowhere else: moved in the database, it reaches no worker", () =>
    Effect.gen(function* () {
      const { call, created, granted, newKey, otherKey, rows } = yield* setup
      const spec = { account: "a", pins: [], token: { secret: "one" } }
      const monitors = [yield* created({ kind: "acme-ledger", spec }), yield* created({ kind: "acme-ledger", spec })]
      const others = yield* call("POST", "/api/v1/monitors", {
        key: yield* newKey(otherKey, "write"),
        json: { name: "m", intervalMs: 1_000, kind: "acme-ledger", spec }
      })
      const [from, to] = monitors
      const token = `(select spec -> 'token' from app.monitors where monitor_id = '${from.id}')`
      yield* rows(`update app.monitors set spec = jsonb_set(spec, '{token}', ${token})
                    where monitor_id in ('${to.id}', '${others.json.id}')`)
      for (const id of [to.id, others.json.id]) {
        const [run] = yield* granted(id)
        assert.match(JSON.stringify(run?.member.spec), /^\{"pins":\[\],"token":\{"sealed":"k-\w+"\},"account":"a"\}$/)
      }
      yield* rows(`update app.monitors set spec = spec - 'token' || jsonb_build_object('note', spec -> 'token')
                    where monitor_id = '${from.id}'`)
      const [run] = yield* granted(from.id)
      assert.notInclude(JSON.stringify(run?.member.spec), "secret")
    })
  )

  it.effect("does not exist for another organization", () =>
    Effect.gen(function* () {
      const { call, created, newKey, otherKey } = yield* setup
      const { id } = yield* created({ kind: "acme-ledger", spec: { account: "a", pins: [{ secret: "one" }] } })
      const key = yield* newKey(otherKey, "admin", "write", "read")
      const change = { spec: { account: "a", pins: [masked] } }
      assert.strictEqual((yield* call("GET", `/api/v1/monitors/${id}`, { key })).status, 404)
      assert.strictEqual((yield* call("PATCH", `/api/v1/monitors/${id}`, { key, json: change })).status, 404)
      assert.strictEqual((yield* call("POST", `/api/v1/monitors/${id}/run`, { key, json: {} })).status, 404)
    })
  )
})

layer(Stages, { excludeTestServices: true })("without its key", (it) => {
  const monitorsWithout = Effect.provide(Monitors, Layer.provide(Layer.fresh(Monitors.layer), SecretBox.layer()))

  it.effect("a secret makes its monitor an error, and the other monitors of the grant are handed out as always", () =>
    Effect.gen(function* () {
      const { created, granted, rows } = yield* setup
      const other = yield* SecretKeys.parse(SecretKeys.newLine())
      const { keyIds } = yield* SecretBox
      const locked = yield* created({ spec: { url: "https://a.example/", headers: { a: { secret: "x" }, b: "y" } } })
      const open = yield* created({ spec: { url: "https://b.example/" } })
      for (const keys of [[], other]) {
        const leases = yield* leasesWith(keys)
        const [run] = yield* granted(locked.id, leases)
        assert.deepInclude(run?.member.spec as object, { headers: { a: { sealed: keyIds[0] }, b: "y" } })
        assert.strictEqual(run?.job.version, 0, "a version that no job has, so that workers ask for the members again")
        const [fine] = yield* granted(open.id, leases)
        assert.deepInclude(fine?.member.spec as object, { url: "https://b.example/", headers: {} })
      }
      const [run] = yield* granted(locked.id)
      assert.deepInclude(run?.member.spec as object, { headers: { a: { secret: "x" }, b: "y" } })
      const [job] = yield* rows<{ version: number }>(
        "select version from app.jobs where members <> '{}' order by 1 desc"
      )
      assert.strictEqual(run?.job.version, job?.version)
    })
  )

  it.effect("a monitor can still be renamed and paused, and keeps what is stored", () =>
    Effect.gen(function* () {
      const { created, granted, organizationKey } = yield* setup
      const spec = { url: "https://a.example/", headers: { a: { secret: "x" } } }
      const { id } = yield* created({ spec })
      const { update } = yield* monitorsWithout
      yield* update(organizationKey, id, { name: "renamed" })
      yield* update(organizationKey, id, { spec: { ...spec, method: "HEAD", headers: { a: masked } } })
      const [run] = yield* granted(id)
      assert.deepInclude(run?.member.spec as object, { ...spec, method: "HEAD" })
    })
  )

  it.effect("no secret is taken: the refusal names its path and the setting, and everything else works", () =>
    Effect.gen(function* () {
      const { organizationKey } = yield* setup
      const { create } = yield* monitorsWithout
      const input = { name: "m", kind: "http", intervalMs: 1_000, regions: ["global"], tags: [] }
      const url = "https://a.example/"
      const refused = yield* Effect.flip(
        create(organizationKey, { ...input, spec: { url, headers: { a: { secret: "x" } } } })
      )
      assert.strictEqual(refused._tag, "BadInput")
      const [issue] = refused._tag === "BadInput" ? refused.errors : []
      assert.strictEqual(issue?.path, "spec.headers.a")
      assert.include(issue?.message, "OPENSEER_SECRET_KEYS_FILE")
      yield* create(organizationKey, { ...input, spec: { url, headers: { a: "not a secret" } } })
    })
  )
})
