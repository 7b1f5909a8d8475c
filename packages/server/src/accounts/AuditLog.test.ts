import { assert, layer } from "@effect/vitest"
import type { OrganizationApi } from "@openseer/core"
import { Effect } from "effect"
import { TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { as, claimed, cookieOf, password } from "../testing/TestPeople.ts"
import { AuditLog, auditDaysKept } from "./AuditLog.ts"
import { Workers } from "./Workers.ts"

/** Tables that no trigger watches, and why. */
const unwatched: Record<string, string> = {
  "app.absences": "the control plane's own",
  "app.events": "what the event stream tells of what is watched",
  "app.jobs": "follows monitors",
  "app.migrations": "releases",
  "app.monitor_states": "what ingest found",
  "app.one_off_jobs": "a check that is run once changes nothing",
  "app.placements": "follows monitors",
  "app.presence": "the control plane's own",
  "app.regions": "made with an enrollment token, whose entry names it",
  "app.worker_health": "what workers say of themselves",
  "auth.attempts": "failures that are counted",
  "auth.audit_log": "the log itself",
  "auth.instance": "claimed once, which is recorded",
  "auth.known_devices": "recorded where people sign in",
  "auth.pending_sign_ins": "recorded where people sign in",
  "auth.sessions": "recorded where people sign in and out",
  "auth.setup_links": "claimed once, which is recorded"
}

layer(TestApi.layer, { excludeTestServices: true })("the audit log", (it) => {
  const setup = Effect.gen(function* () {
    const { call, newKey } = yield* TestApi
    const { organizationKey, rows } = yield* TestInstance
    const key = yield* newKey(organizationKey, "admin")
    const log = (query = "") => call("GET", `/api/v1/audit-log${query}`, { key })
    /** The entries since the one with this identifier, oldest first. */
    const since = (id: string) =>
      Effect.map(log("?limit=200"), ({ json }) =>
        (json.items as ReadonlyArray<OrganizationApi.AuditEntry>)
          .filter((item) => BigInt(item.id) > BigInt(id))
          .toReversed()
      )
    const last = Effect.map(log("?limit=1"), ({ json }) => json.items[0].id as string)
    return { call, key, last, log, newKey, organizationKey, rows, since }
  })

  it.effect("watches every table that people change: all but those that are named with a reason", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      const tables = yield* rows<{ name: string; watched: boolean }>(`
        select c.oid::regclass::text as name,
               exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname like 'audit\\_%') as watched
          from pg_class c
         where c.relnamespace in ('auth'::regnamespace, 'app'::regnamespace) and c.relkind in ('r', 'p') order by 1`)
      assert.deepStrictEqual(
        tables.flatMap(({ name, watched }) => (watched ? [] : [name])),
        Object.keys(unwatched).toSorted()
      )
      assert.strictEqual(tables.filter(({ watched }) => watched).length, 11)
    })
  )

  it.effect("tells what was done to a monitor and by which key, old and new of what is harmless only", () =>
    Effect.gen(function* () {
      const { call, key, last, rows, since } = yield* setup
      const from = yield* last
      const spec = {
        url: "https://shop.example/?token=in-the-url",
        headers: { authorization: { secret: "s3cr3t-value" } }
      }
      const { id } = (yield* call("POST", "/api/v1/monitors", { key, json: { name: "Shop", spec } })).json
      const change = (json: object) => call("PATCH", `/api/v1/monitors/${id}`, { key, json })
      yield* change({ name: "Shop 2", intervalMs: 30_000, tags: ["a"] })
      yield* change({ spec: { ...spec, url: "https://shop.example/?token=another" } })
      yield* change({ name: "Shop 2" })
      for (const action of ["pause", "pause", "resume"]) {
        yield* call("POST", `/api/v1/monitors/${id}/${action}`, { key })
      }
      yield* call("DELETE", `/api/v1/monitors/${id}`, { key })
      const entries = yield* since(from)
      assert.deepStrictEqual(
        entries.map(({ action, detail }) => [action, detail]),
        [
          ["monitor.create", { kind: "http", regions: ["global"], intervalMs: 60_000 }],
          [
            "monitor.update",
            {
              name: { from: "Shop", to: "Shop 2" },
              intervalMs: { from: 60_000, to: 30_000 },
              tags: { from: [], to: ["a"] },
              changed: ["name", "intervalMs", "tags"]
            }
          ],
          ["monitor.update", { changed: ["spec"] }],
          ["monitor.pause", undefined],
          ["monitor.resume", undefined],
          ["monitor.remove", undefined]
        ]
      )
      for (const entry of entries) {
        assert.deepInclude(entry.actor, { kind: "api_key", name: "test" })
        assert.deepInclude(entry.target, { kind: "monitor", id })
      }
      const stored = yield* rows<{ text: string }>("select a::text as text from auth.audit_log a")
      assert.notMatch(stored.map(({ text }) => text).join("\n"), /s3cr3t|in-the-url|another|sealed/)
    })
  )

  it.effect("tells of keys, enrollment tokens, workers and ping URLs, and of no token of theirs", () =>
    Effect.gen(function* () {
      const { call, key, last, rows, since } = yield* setup
      const workers = yield* Workers
      const from = yield* last
      const made = (path: string, json: object) =>
        Effect.map(call("POST", `/api/v1/${path}`, { key, json }), (answer) => answer.json)
      const apiKey = yield* made("api-keys", { name: "ci", scopes: ["write"] })
      yield* call("GET", "/api/v1/monitors", { key: apiKey.token })
      yield* call("DELETE", `/api/v1/api-keys/${apiKey.id}`, { key })
      yield* call("DELETE", `/api/v1/api-keys/${apiKey.id}`, { key })
      const enrollment = yield* made("enrollment-tokens", { region: "berlin", uses: 2 })
      const worker = yield* Effect.orDie(workers.enroll({ token: enrollment.token, name: "w1" }))
      yield* call("DELETE", `/api/v1/enrollment-tokens/${enrollment.id}`, { key })
      yield* call("DELETE", `/api/v1/workers/${worker.workerId}`, { key })
      const heartbeat = yield* made("monitors", {
        name: "Backup",
        kind: "heartbeat",
        spec: { schedule: { periodMs: 60_000 }, graceMs: 60_000 }
      })
      const ping = yield* made(`monitors/${heartbeat.id}/ping-url`, {})
      const entries = yield* since(from)
      assert.deepStrictEqual(
        entries.map(({ action, actor, target }) => [action, actor.kind, target?.id]),
        [
          ["api_key.create", "api_key", apiKey.id],
          ["api_key.revoke", "api_key", apiKey.id],
          ["enrollment_token.create", "api_key", enrollment.id],
          ["worker.enroll", "system", worker.workerId],
          ["enrollment_token.revoke", "api_key", enrollment.id],
          ["worker.revoke", "api_key", worker.workerId],
          ["monitor.create", "api_key", heartbeat.id],
          ["monitor.ping_url", "api_key", heartbeat.id]
        ]
      )
      assert.deepStrictEqual(entries[0]!.detail, { scopes: ["write"], display: apiKey.display })
      assert.deepInclude(entries[2]!.detail, { region: "berlin", uses: 2 })
      assert.deepStrictEqual(entries[3]!.actor, {
        kind: "system",
        id: enrollment.id,
        name: `enrollment token ${enrollment.display}`
      })
      const stored = yield* rows<{ text: string }>("select a::text as text from auth.audit_log a")
      const text = stored.map((row) => row.text).join("\n")
      for (const token of [apiKey.token, enrollment.token, worker.token, ping.path.slice("/ping/".length)]) {
        assert.notInclude(text, token.slice(0, 14))
      }
    })
  )

  it.effect(
    "tells who signs in, who is refused and what people change of their own, in each of their organizations",
    () =>
      Effect.gen(function* () {
        const { call, cookie, post, rows, signIn } = yield* claimed
        const log = Effect.map(call("GET", "/api/v1/audit-log", as(cookie)), ({ json }) =>
          (json.items as ReadonlyArray<OrganizationApi.AuditEntry>).toReversed()
        )
        const from = (yield* log).length
        yield* signIn({ password: "wrong" }, { address: "192.0.2.7" })
        const second = cookieOf(yield* signIn({}, { address: "192.0.2.8" }))
        yield* post("auth/sign-out", {}, second)
        yield* call("PATCH", "/api/v1/account", as(cookie, { json: { name: "Ada L." } }))
        const { id } = (yield* call("GET", "/api/v1/account", as(cookie))).json
        const changed = yield* post(
          "account/password",
          { currentPassword: password, newPassword: `${password}!` },
          cookie
        )
        assert.strictEqual(changed.status, 204, changed.text)
        yield* rows("update auth.users set totp_secret = 'v1.x', totp_confirmed_at = now()")
        yield* rows("insert into auth.recovery_codes select user_key, sha256('x') from auth.users")
        const given = { currentPassword: `${password}!`, code: "x" }
        const renewed = yield* post("account/recovery-codes", given, cookieOf(changed))
        assert.strictEqual(renewed.status, 200, renewed.text)
        const own = yield* rows<{
          action: string
          kind: string
          id: string | null
          address: string | null
          target: string
        }>(`
        select action, actor_kind as kind, actor_id as id, actor_address as address, target_id as target
          from auth.audit_log where organization_key = (select organization_key from auth.instance)
         order by audit_id offset ${from}`)
        const by = { kind: "user", id, address: null, target: id }
        assert.deepStrictEqual(own, [
          { action: "session.refused", kind: "system", id: null, address: "192.0.2.7", target: id },
          { action: "session.sign_in", ...by, address: "192.0.2.8" },
          { action: "session.sign_out", ...by },
          { action: "account.update", ...by },
          { action: "account.password", ...by },
          { action: "account.second_factor", kind: "system", id: null, address: null, target: id },
          { action: "account.recovery_codes", kind: "system", id: null, address: null, target: id },
          { action: "account.recovery_codes", ...by }
        ])
      })
  )

  it.effect("is given in pages, by action, and ends at the organization", () =>
    Effect.gen(function* () {
      const { call, key, log, newKey, since } = yield* setup
      const { otherKey } = yield* TestApi
      for (const name of ["1", "2", "3"]) {
        yield* call("POST", "/api/v1/monitors", { key, json: { name, spec: { url: "https://a.example/" } } })
      }
      const all = (yield* since("0")).toReversed().map(({ id }) => id)
      const paged: Array<string> = []
      let cursor: string | undefined
      do {
        const { json } = yield* log(`?limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`)
        paged.push(...json.items.map(({ id }: { id: string }) => id))
        cursor = json.nextCursor
      } while (cursor !== undefined)
      assert.deepStrictEqual(paged, all)
      const actions = (query: string) =>
        Effect.map(log(query), ({ json }) => [...new Set(json.items.map(({ action }: { action: string }) => action))])
      assert.deepStrictEqual(yield* actions("?action=api_key.create"), ["api_key.create"])
      assert.includeMembers(yield* actions("?action=monitor"), ["monitor.create"])
      assert.deepStrictEqual(yield* actions("?action=mon"), [])
      const other = yield* newKey(otherKey, "admin")
      const theirs = yield* call("GET", "/api/v1/audit-log?limit=200", { key: other })
      assert.deepStrictEqual(
        theirs.json.items.filter(({ id }: { id: string }) => all.includes(id)),
        []
      )
    })
  )

  it.effect("can't be written, changed or emptied by requests, and loads of the operator's are not in it", () =>
    Effect.gen(function* () {
      const { addMonitor, rows } = yield* TestInstance
      const [rights] = yield* rows<{ can: boolean }>(`
        select has_table_privilege('openseer_request', 'auth.audit_log', 'insert, update, delete, truncate')
            or has_function_privilege('openseer_request', 'auth.audit(int, text, text, text, text, jsonb)', 'execute') as can`)
      assert.strictEqual(rights?.can, false)
      const count = Effect.map(rows("select from auth.audit_log"), ({ length }) => length)
      const before = yield* count
      yield* addMonitor()
      yield* rows("update app.monitors set spec = spec")
      assert.strictEqual(yield* count, before)
    })
  )

  it.effect(`keeps entries ${auditDaysKept} days`, () =>
    Effect.gen(function* () {
      const { last, rows, since } = yield* setup
      const auditLog = yield* AuditLog
      const newest = yield* last
      yield* rows(`update auth.audit_log set at = now() - interval '401 days' where audit_id < ${newest}`)
      yield* auditLog.expire
      assert.deepStrictEqual(
        (yield* since("0")).map(({ id }) => id),
        [newest]
      )
    })
  )
})
