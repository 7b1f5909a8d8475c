import { assert, layer } from "@effect/vitest"
import { Api, type Auth } from "@openseer/core"
import { Effect } from "effect"
import { ApiKeys } from "../accounts/ApiKeys.ts"
import { Workers } from "../accounts/Workers.ts"
import { type Call, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"

/** What a row is about: something of the organization that is new for each call, or nothing. */
type Subject = "monitor" | "heartbeat" | "worker" | "enrollmentToken" | "apiKey"

/**
 * Who may call an endpoint, stated here once more and independently of the contract: its scope, the status of a call that
 * is allowed, and that of the same call by an administrator of another organization.
 */
interface Row {
  readonly scope: Auth.Scope
  readonly ok: number
  readonly other: number
  readonly subject?: Subject
  readonly call?: Call
  /** Only for people who are signed in: no key may call it. */
  readonly personOnly?: true
}

/** Endpoints that anybody may call, who proves it with what they send: what they answer to nothing that is valid. */
const anybodys: Record<string, { readonly refused: number; readonly call?: Call }> = {
  "auth.options": { refused: 200 },
  "auth.setup": {
    refused: 410,
    call: {
      json: { token: "osset_x", organizationName: "O", name: "N", email: "n@a.example", password: "a long password" }
    }
  },
  "auth.signIn": { refused: 401, call: { json: { email: "nobody@a.example", password: "p" } } },
  "auth.secondFactor": { refused: 401, call: { json: { code: "000000" } } },
  "auth.signUp": {
    refused: 403,
    call: { json: { name: "N", email: "n@a.example", password: "a long password" } }
  },
  "auth.invitation": { refused: 410, call: { json: { token: "osinv_x" } } },
  "auth.signOut": { refused: 204 }
}

/** Endpoints of whoever is signed in, which no key opens. */
const peoples = [
  "account.get",
  "account.update",
  "account.password",
  "account.sessions",
  "account.revokeSession",
  "account.revokeOtherSessions",
  "account.offerSecondFactor",
  "account.confirmSecondFactor",
  "account.removeSecondFactor",
  "account.renewRecoveryCodes",
  "account.switchOrganization",
  "account.createOrganization",
  "account.acceptInvitation"
]

const ofMonitor = { scope: "read", ok: 200, other: 404, subject: "monitor" } as const
const writesMonitor = { ...ofMonitor, scope: "write" } as const
const monitor = { name: "m", spec: { url: "https://a.example/" } }

const ofPeople = { scope: "admin", ok: 403, other: 403, personOnly: true } as const

const heartbeat = {
  name: "h",
  kind: "heartbeat",
  spec: { schedule: { periodMs: 60_000 }, graceMs: 60_000 }
}

const rows: Record<string, Row> = {
  "monitors.list": { scope: "read", ok: 200, other: 200 },
  "monitors.get": ofMonitor,
  "monitors.create": { scope: "write", ok: 201, other: 201, call: { json: monitor } },
  "monitors.update": { ...writesMonitor, call: { json: { name: "n" } } },
  "monitors.remove": { ...writesMonitor, ok: 204 },
  "monitors.pause": writesMonitor,
  "monitors.resume": writesMonitor,
  "monitors.pingUrl": { ...writesMonitor, subject: "heartbeat" },
  "monitors.bulk": {
    scope: "write",
    ok: 200,
    other: 200,
    call: { json: { ids: ["mon_00000000000000000000"], change: { action: "pause" } } }
  },
  "checks.run": { scope: "write", ok: 200, other: 200, call: { json: { spec: monitor.spec, waitMs: 0 } } },
  "monitors.run": { ...writesMonitor, call: { json: { waitMs: 0 } } },
  "results.results": ofMonitor,
  "results.latency": ofMonitor,
  "results.uptime": ofMonitor,
  "results.timeline": ofMonitor,
  "results.overview": { scope: "read", ok: 200, other: 200 },
  "views.monitors": { scope: "read", ok: 200, other: 200 },
  "views.tags": { scope: "read", ok: 200, other: 200 },
  "views.wall": { scope: "read", ok: 200, other: 200 },
  "views.phases": ofMonitor,
  "views.matrix": ofMonitor,
  "events.stream": { scope: "read", ok: 200, other: 200, call: { endless: true } },
  "regions.list": { scope: "read", ok: 200, other: 200 },
  "workers.list": { scope: "read", ok: 200, other: 200 },
  "workers.revoke": { scope: "admin", ok: 204, other: 404, subject: "worker" },
  "enrollmentTokens.list": { scope: "admin", ok: 200, other: 200 },
  "enrollmentTokens.create": { scope: "admin", ok: 201, other: 201, call: { json: { region: "somewhere" } } },
  "enrollmentTokens.revoke": { scope: "admin", ok: 204, other: 404, subject: "enrollmentToken" },
  "apiKeys.list": { scope: "admin", ok: 200, other: 200 },
  "apiKeys.create": { scope: "admin", ok: 201, other: 201, call: { json: { name: "k", scopes: ["read"] } } },
  "apiKeys.revoke": { scope: "admin", ok: 204, other: 404, subject: "apiKey" },
  "organization.get": { scope: "read", ok: 200, other: 200 },
  "organization.update": { ...ofPeople, call: { json: { name: "New" } } },
  "members.list": ofPeople,
  "members.update": { ...ofPeople, call: { json: { role: "viewer" } } },
  "members.remove": ofPeople,
  "invitations.list": ofPeople,
  "invitations.create": { ...ofPeople, call: { json: { role: "viewer" } } },
  "invitations.revoke": ofPeople,
  "auditLog.list": { scope: "admin", ok: 200, other: 200 },
  "checkTypes.list": { scope: "read", ok: 200, other: 200 }
}

const all = Object.values(Api.Api.groups).flatMap((group) =>
  Object.values(group.endpoints).map((endpoint) => ({
    name: `${group.identifier}.${endpoint.identifier}`,
    method: endpoint.method as string,
    path: endpoint.path as string
  }))
)

/** Those that a key opens. */
const endpoints = all.filter(({ name }) => rows[name] !== undefined)

/** The identifiers of a list, without what is the instance's and seen by everyone. */
const ids = (answer: { json: { items: ReadonlyArray<{ id: string; owner?: string }> } }) =>
  answer.json.items.filter(({ owner }) => owner !== "instance").map(({ id }) => id)

layer(TestApi.layer, { excludeTestServices: true })("access", (it) => {
  const setup = Effect.gen(function* () {
    const { call, newKey, otherKey } = yield* TestApi
    const { organizationKey, rows: query } = yield* TestInstance
    const workers = yield* Workers
    const owner = yield* newKey(organizationKey, "admin")
    const created = (path: string, json: object) =>
      call("POST", `/api/v1/${path}`, { key: owner, json }).pipe(Effect.map((answer) => answer.json))
    const enrolled = Effect.gen(function* () {
      const { token } = yield* created("enrollment-tokens", { region: "somewhere" })
      return yield* Effect.orDie(workers.enroll({ token, name: "w" }))
    })
    const newSubject: Record<Subject, Effect.Effect<string, never, never>> = {
      monitor: Effect.map(created("monitors", monitor), ({ id }) => id),
      heartbeat: Effect.map(created("monitors", heartbeat), ({ id }) => id),
      worker: Effect.map(enrolled, ({ workerId }) => workerId),
      enrollmentToken: Effect.map(created("enrollment-tokens", { region: "somewhere" }), ({ id }) => id),
      apiKey: Effect.map(created("api-keys", { name: "k", scopes: ["read"] }), ({ id }) => id)
    }
    const ask = Effect.fnUntraced(function* (endpoint: (typeof endpoints)[number], key: string | undefined) {
      const row = rows[endpoint.name]!
      const id = row.subject === undefined ? "" : yield* newSubject[row.subject]
      const path = endpoint.path.replace(/:\w+/, id === "" ? "usr_00000000000000000000" : id)
      return yield* call(endpoint.method, path, { ...row.call, ...(key === undefined ? {} : { key }) })
    })
    return { ask, call, created, enrolled, newKey, organizationKey, otherKey, owner, query }
  })

  it.effect(`has a row for every endpoint of the API and none besides: ${all.length}`, () =>
    Effect.sync(() => {
      assert.deepStrictEqual(
        all.map(({ name }) => name).toSorted(),
        [...Object.keys(rows), ...Object.keys(anybodys), ...peoples].toSorted()
      )
    })
  )

  it.effect("to what anybody may call is no way in, and to what is a person's there is none by a key", () =>
    Effect.gen(function* () {
      const { call, newKey, organizationKey } = yield* setup
      const key = yield* newKey(organizationKey, "admin")
      for (const { method, name, path } of all) {
        const row = anybodys[name]
        if (row !== undefined) {
          const answer = yield* call(method, path, row.call)
          assert.strictEqual(answer.status, row.refused, `${name}: ${answer.text}`)
          assert.notInclude(answer.headers.get("set-cookie") ?? "", "openseer=_")
        }
        if (peoples.includes(name)) {
          const body = method === "POST" || method === "PATCH" ? { json: {} } : {}
          assert.strictEqual((yield* call(method, path, body)).status, 401, name)
          assert.strictEqual((yield* call(method, path, { ...body, key })).status, 403, name)
          assert.strictEqual((yield* call(method, path, { ...body, key: "osk_x" })).status, 401, name)
        }
      }
    })
  )

  it.effect("is refused everywhere without a valid credential, whatever is wrong with it", () =>
    Effect.gen(function* () {
      const { ask, call, created, enrolled, newKey, organizationKey, owner, query } = yield* setup
      const revoked = yield* created("api-keys", { name: "revoked", scopes: ["admin"] })
      yield* call("DELETE", `/api/v1/api-keys/${revoked.id}`, { key: owner })
      const expired = yield* created("api-keys", { name: "expired", scopes: ["admin"], expiresInMs: 60_000 })
      yield* query(
        `update auth.api_keys set expires_at = now() - interval '1 second' where api_key_id = '${expired.id}'`
      )
      const [enrollment, worker] = [yield* created("enrollment-tokens", { region: "x" }), yield* enrolled]
      const valid = yield* newKey(organizationKey, "admin")
      const invalid = {
        anonymous: undefined,
        revoked: revoked.token,
        expired: expired.token,
        enrollment: enrollment.token,
        worker: worker.token,
        unknown: `${valid.slice(0, -1)}${valid.endsWith("0") ? "1" : "0"}`,
        twice: `${valid}, Bearer ${valid}`,
        quoted: `"${valid}"`
      }
      const first = yield* ask(endpoints[0]!, undefined)
      for (const endpoint of endpoints) {
        for (const [name, key] of Object.entries(invalid)) {
          const answer = yield* ask(endpoint, key)
          assert.strictEqual(answer.status, 401, `${endpoint.name} ${name}`)
          assert.strictEqual(answer.headers.get("www-authenticate"), "Bearer")
          if (rows[endpoint.name]!.call?.endless !== true) assert.strictEqual(answer.text, first.text)
        }
      }
    })
  )

  it.effect("is given by scope, and no further", () =>
    Effect.gen(function* () {
      const { ask, newKey, organizationKey } = yield* setup
      const order: ReadonlyArray<Auth.Scope> = ["read", "write", "admin"]
      for (const [level, scope] of order.entries()) {
        const key = yield* newKey(organizationKey, scope)
        for (const endpoint of endpoints) {
          const row = rows[endpoint.name]!
          const answer = yield* ask(endpoint, key)
          const expected = level >= order.indexOf(row.scope) ? row.ok : 403
          assert.strictEqual(answer.status, expected, `${endpoint.name} with ${scope}: ${answer.text}`)
        }
      }
    })
  )

  it.effect("ends at the organization: what is another's does not exist, and lists show none of it", () =>
    Effect.gen(function* () {
      const { ask, call, newKey, otherKey, owner } = yield* setup
      const key = yield* newKey(otherKey, "admin")
      for (const endpoint of endpoints) {
        const row = rows[endpoint.name]!
        const answer = yield* ask(endpoint, key)
        assert.strictEqual(answer.status, row.other, `${endpoint.name}: ${answer.text}`)
      }
      const mine = yield* call("GET", "/api/v1/monitors?limit=500", { key: owner })
      const theirs = yield* call("GET", "/api/v1/monitors?limit=500", { key })
      assert.isAbove(mine.json.items.length, 10)
      assert.strictEqual(theirs.json.items.length, 1, "only the one that it created itself")
      const seen = yield* call("GET", "/api/v1/overview/monitors", { key })
      assert.deepStrictEqual([seen.json.total, ids(seen)], [1, ids(theirs)])
      assert.deepStrictEqual((yield* call("GET", "/api/v1/overview/wall", { key })).json.ids, ids(theirs))
      assert.deepStrictEqual((yield* call("GET", "/api/v1/overview/tags", { key })).json.items, [])
      for (const path of ["workers", "enrollment-tokens", "api-keys"]) {
        const own = ids(yield* call("GET", `/api/v1/${path}`, { key: owner }))
        const others = ids(yield* call("GET", `/api/v1/${path}`, { key }))
        assert.isAbove(own.length, 0, path)
        assert.deepStrictEqual(
          own.filter((id) => others.includes(id)),
          [],
          path
        )
      }
    })
  )

  it.effect("changes nothing when it is refused", () =>
    Effect.gen(function* () {
      const { call, created, newKey, organizationKey, otherKey, owner } = yield* setup
      const { id } = yield* created("monitors", monitor)
      for (const key of [yield* newKey(organizationKey, "read"), yield* newKey(otherKey, "admin")]) {
        yield* call("PATCH", `/api/v1/monitors/${id}`, { key, json: { name: "stolen" } })
        yield* call("POST", `/api/v1/monitors/${id}/pause`, { key })
        yield* call("DELETE", `/api/v1/monitors/${id}`, { key })
        yield* call("POST", "/api/v1/monitors/bulk", { key, json: { ids: [id], change: { action: "remove" } } })
        yield* call("POST", "/api/v1/monitors/bulk", { key, json: { ids: [id], change: { addTags: ["theirs"] } } })
      }
      const { json } = yield* call("GET", `/api/v1/monitors/${id}`, { key: owner })
      assert.deepInclude(json, { name: "m", version: 1, state: "unknown" })
    })
  )

  it.effect("is not mixed up by 200 interleaved requests of two organizations", () =>
    Effect.gen(function* () {
      const { call, newKey, organizationKey, otherKey } = yield* setup
      const keys = [yield* newKey(organizationKey, "write"), yield* newKey(otherKey, "write")]
      for (const [index, key] of keys.entries()) {
        yield* call("POST", "/api/v1/monitors", { key, json: { ...monitor, name: `of ${index}`, tags: ["mixed"] } })
      }
      const answers = yield* Effect.all(
        Array.from({ length: 200 }, (_, i) => call("GET", "/api/v1/monitors?tag=mixed", { key: keys[i % 2]! })),
        { concurrency: 20 }
      )
      for (const [index, { json }] of answers.entries()) {
        assert.deepStrictEqual(
          json.items.map(({ name }: { name: string }) => name),
          [`of ${index % 2}`]
        )
      }
    })
  )

  it.effect("is refused from the next request on when the key is revoked", () =>
    Effect.gen(function* () {
      const { call, created, owner } = yield* setup
      const { id, token } = yield* created("api-keys", { name: "k", scopes: ["read"] })
      assert.strictEqual((yield* call("GET", "/api/v1/monitors", { key: token })).status, 200)
      assert.strictEqual((yield* call("DELETE", `/api/v1/api-keys/${id}`, { key: owner })).status, 204)
      assert.strictEqual((yield* call("GET", "/api/v1/monitors", { key: token })).status, 401)
      assert.strictEqual((yield* call("DELETE", `/api/v1/api-keys/${id}`, { key: owner })).status, 204)
    })
  )

  it.effect("shows a key once, and remembers when it was used, at most once a minute", () =>
    Effect.gen(function* () {
      const { call, created, owner, query } = yield* setup
      const { display, id, token } = yield* created("api-keys", { name: "k", scopes: ["read"] })
      const shown = Effect.map(call("GET", "/api/v1/api-keys", { key: owner }), ({ json, text }) => {
        assert.notInclude(text, token)
        return json.items.find((item: { id: string }) => item.id === id)
      })
      assert.strictEqual((yield* shown).display, display)
      assert.isUndefined((yield* shown).lastUsedAt)
      const apiKeys = yield* ApiKeys
      yield* apiKeys.authenticate(token)
      const first = (yield* shown).lastUsedAt
      yield* apiKeys.authenticate(token)
      assert.strictEqual((yield* shown).lastUsedAt, first)
      yield* query(`update auth.api_keys set last_used_at = now() - interval '61 seconds' where api_key_id = '${id}'`)
      yield* apiKeys.authenticate(token)
      assert.isAtLeast(Date.parse((yield* shown).lastUsedAt), Date.parse(first))
      const stored = yield* query<{ hash: string }>(
        `select encode(token_hash, 'escape') as hash from auth.api_keys where api_key_id = '${id}'`
      )
      assert.notInclude(stored[0]?.hash, token.slice(4, 20))
    })
  )
})
