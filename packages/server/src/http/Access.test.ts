import { assert, layer } from "@effect/vitest"
import { Api, Auth, Role, WorkerRpc } from "@openseer/core"
import { Console, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { ApiKeys } from "../accounts/ApiKeys.ts"
import type { Sessions } from "../accounts/Sessions.ts"
import { Workers } from "../accounts/Workers.ts"
import type { Database } from "../db/Database.ts"
import { Ingest } from "../ingest/Ingest.ts"
import { Leases } from "../lease/Leases.ts"
import { WorkerHealth } from "../lease/WorkerHealth.ts"
import type { SecretBox } from "../secrets/SecretBox.ts"
import { type Call, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as TestPerson from "../testing/TestPerson.ts"
import { rawRoutes, routerConfig } from "./Guards.ts"
import * as WorkerHttp from "./WorkerHttp.ts"

/** What a row is about: something of the organization, or nothing. What is allowed gets a new one each time. */
type Subject = "monitor" | "heartbeat" | "worker" | "enrollmentToken" | "apiKey" | "member" | "invitation"

/**
 * Who may call an endpoint, stated here once more and independently of the contract: the scope of keys and roles, the
 * status of a call that is allowed, and that of the same call by an administrator of another organization.
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

const unknownMember = { json: { unknown: 1 } }

/** Endpoints that anybody may call, who proves it with what they send: what they answer to everybody, and to nothing valid. */
const anybodys: Record<string, { readonly ok: number; readonly refused: number; readonly call?: Call }> = {
  "auth.options": { ok: 200, refused: 200 },
  "auth.setup": {
    ok: 422,
    refused: 409,
    call: {
      json: { token: "osset_x", organizationName: "O", name: "N", email: "n@a.example", password: "a long password" }
    }
  },
  "auth.signIn": { ok: 422, refused: 401, call: { json: { email: "nobody@a.example", password: "p" } } },
  "auth.secondFactor": { ok: 422, refused: 401, call: { json: { code: "000000" } } },
  "auth.signUp": {
    ok: 422,
    refused: 403,
    call: { json: { name: "N", email: "n@a.example", password: "a long password" } }
  },
  "auth.invitation": { ok: 422, refused: 410, call: { json: { token: "osinv_x" } } },
  "auth.signOut": { ok: 204, refused: 204 }
}

/**
 * Endpoints of whoever is signed in, in whatever organization or none, and what they answer to the call of the matrix:
 * with an unknown member, or about a session that is nobody's.
 */
const peoples: Record<string, number> = {
  "account.get": 200,
  "account.update": 422,
  "account.password": 422,
  "account.sessions": 200,
  "account.revokeSession": 404,
  "account.revokeOtherSessions": 204,
  "account.offerSecondFactor": 422,
  "account.confirmSecondFactor": 422,
  "account.removeSecondFactor": 422,
  "account.renewRecoveryCodes": 422,
  "account.switchOrganization": 422,
  "account.createOrganization": 422,
  "account.acceptInvitation": 422
}

/** Routes besides the contract: what they answer to nobody, to whoever may read, and to somebody in no organization. */
const raw: Record<string, readonly [anonymous: number, reader: number, homeless: number]> = {
  "GET /api/v1/auth/oidc/start": [302, 302, 302],
  "GET /api/v1/auth/oidc/callback": [302, 302, 302],
  "GET /livez": [200, 200, 200],
  "GET /readyz": [200, 200, 200],
  "GET /metrics": [401, 200, 403],
  "GET /docs": [200, 200, 200],
  "GET /api/v1/openapi.json": [200, 200, 200],
  "GET /ping/:token": [404, 404, 404],
  "POST /ping/:token": [404, 404, 404],
  "GET /ping/:token/:signal": [404, 404, 404],
  "POST /ping/:token/:signal": [404, 404, 404]
}

const ofMonitor = { scope: "read", ok: 200, other: 404, subject: "monitor" } as const
const writesMonitor = { ...ofMonitor, scope: "write" } as const
const monitor = { name: "m", spec: { url: "https://a.example/" } }

const ofPeople = { scope: "admin", ok: 200, other: 404, personOnly: true } as const

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
  "views.monitorsNow": { scope: "read", ok: 200, other: 200 },
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
  "organization.update": { ...ofPeople, other: 200, call: { json: { name: "New" } } },
  "members.list": { ...ofPeople, scope: "read", other: 200 },
  "members.update": { ...ofPeople, subject: "member", call: { json: { role: "viewer" } } },
  "members.remove": { ...ofPeople, ok: 204, subject: "member" },
  "invitations.list": { ...ofPeople, other: 200 },
  "invitations.create": { ...ofPeople, ok: 201, other: 201, call: { json: { role: "viewer" } } },
  "invitations.revoke": { ...ofPeople, ok: 204, subject: "invitation" },
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

type Person = TestPerson.TestPerson

/** Somebody who asks. Without a scope their credential is none. */
interface Principal {
  readonly name: string
  readonly call: Call
  readonly scope?: Auth.Scope
  readonly isPerson?: true
  /** Of another organization. */
  readonly isOther?: true
  /** Signed in, and in no organization. */
  readonly isHomeless?: true
}

/** What the table says. */
const expectedOf = (name: string, { isHomeless, isOther, isPerson, scope }: Principal): number => {
  const row = rows[name]
  if (row === undefined) {
    const anybody = anybodys[name]?.ok
    if (anybody !== undefined) return anybody
    return isPerson === true ? (peoples[name] ?? 0) : scope === undefined ? 401 : 403
  }
  if (isHomeless === true) return 403
  if (scope === undefined) return 401
  if (row.personOnly === true && isPerson !== true) return 403
  if (isOther === true) return row.other
  return Auth.scopes.indexOf(scope) >= Auth.scopes.indexOf(row.scope) ? row.ok : 403
}

/** The identifiers of a list, without what is the instance's and seen by everyone. */
const ids = (answer: { json: { items: ReadonlyArray<{ id: string; owner?: string }> } }) =>
  answer.json.items.filter(({ owner }) => owner !== "instance").map(({ id }) => id)

/** Sends one call of the worker protocol; answers the text that comes back. */
const workerProtocol = Effect.gen(function* () {
  const services = yield* Effect.context<Workers | Database | SecretBox>()
  const protocol = WorkerHttp.layer.pipe(
    Layer.provide(Layer.mergeAll(Leases.layer, Ingest.layer, WorkerHealth.layer)),
    Layer.provide(Layer.succeedContext(services)),
    Layer.provide(HttpServer.layerServices)
  )
  const { handler } = yield* Effect.acquireRelease(
    Effect.sync(() => HttpRouter.toWebHandler(protocol, { disableLogger: true, routerConfig })),
    ({ dispose }) => Effect.promise(() => dispose())
  )
  return ({ headers, key }: Call, tag: string, payload: object) =>
    Effect.promise(async () => {
      const request = new Request("http://localhost/rpc/worker", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...headers,
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` })
        },
        body: JSON.stringify([{ _tag: "Request", id: "1", tag, payload, headers: [] }])
      })
      return (await handler(request)).text()
    })
})

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
    const boss = yield* TestPerson.make(organizationKey, "owner")
    const invited = call("POST", "/api/v1/invitations", TestPerson.as(boss, { json: { role: "viewer" } }))
    const newSubject: Record<Subject, Effect.Effect<string, never, TestInstance | Sessions>> = {
      monitor: Effect.map(created("monitors", monitor), ({ id }) => id),
      heartbeat: Effect.map(created("monitors", heartbeat), ({ id }) => id),
      worker: Effect.map(enrolled, ({ workerId }) => workerId),
      enrollmentToken: Effect.map(created("enrollment-tokens", { region: "somewhere" }), ({ id }) => id),
      apiKey: Effect.map(created("api-keys", { name: "k", scopes: ["read"] }), ({ id }) => id),
      member: Effect.map(TestPerson.make(organizationKey), ({ userId }) => userId),
      invitation: Effect.map(invited, ({ json }) => json.id)
    }
    const callOf = ({ method, name, path }: (typeof all)[number], id: string, credential: Call) => {
      const row = rows[name]
      const isBare = method === "GET" || method === "DELETE" || name === "auth.signOut"
      const sent = row === undefined ? (isBare ? {} : unknownMember) : { ...row.call }
      return call(method, path.replace(/:\w+/, id), { ...sent, ...credential })
    }
    return { boss, call, callOf, created, enrolled, newKey, newSubject, organizationKey, otherKey, owner, query }
  })

  /** Everybody there is, once: how they ask, and what their row of the table is. */
  const principals = Effect.gen(function* () {
    const { boss, call, created, enrolled, newKey, organizationKey, otherKey, owner, query } = yield* setup
    const [expired, revoked] = [
      yield* created("api-keys", { name: "expired", scopes: ["admin"], expiresInMs: 60_000 }),
      yield* created("api-keys", { name: "revoked", scopes: ["admin"] })
    ]
    yield* query(`update auth.api_keys set expires_at = now() where api_key_id = '${expired.id}'`)
    yield* call("DELETE", `/api/v1/api-keys/${revoked.id}`, { key: owner })
    const signedOut = yield* TestPerson.make(organizationKey, "owner")
    yield* call("POST", "/api/v1/auth/sign-out", TestPerson.as(signedOut))
    const timedOut = yield* TestPerson.make(organizationKey, "owner")
    yield* query(`update auth.sessions set expires_at = now() where user_key = ${timedOut.userKey}`)
    const removed = yield* TestPerson.make(organizationKey, "admin")
    yield* call("DELETE", `/api/v1/members/${removed.userId}`, TestPerson.as(boss))
    const valid = yield* newKey(organizationKey, "admin")
    const roles = yield* Effect.forEach(Role.roles, (role) =>
      Effect.map(TestPerson.make(organizationKey, role), (person): Principal => ({
        name: role,
        scope: Role.scopesOf(role)[0]!,
        isPerson: true,
        call: TestPerson.as(person)
      }))
    )
    const keys = yield* Effect.forEach(Auth.scopes, (scope) =>
      Effect.map(newKey(organizationKey, scope), (key): Principal => ({ name: `key: ${scope}`, scope, call: { key } }))
    )
    const nobodies: Record<string, Call> = {
      anonymous: {},
      "expired key": { key: expired.token },
      "revoked key": { key: revoked.token },
      "unknown key": { key: `${valid.slice(0, -1)}${valid.endsWith("0") ? "1" : "0"}` },
      "two keys": { key: `${valid}, Bearer ${valid}` },
      "key in quotes": { key: `"${valid}"` },
      "enrollment token": { key: (yield* created("enrollment-tokens", { region: "x" })).token },
      "worker token": { key: (yield* enrolled).token },
      "session that signed out": TestPerson.as(signedOut),
      "session that timed out": TestPerson.as(timedOut)
    }
    return [
      ...Object.entries(nobodies).map(([name, sent]): Principal => ({ name, call: sent })),
      ...roles,
      ...keys,
      { name: "removed member", isPerson: true, isHomeless: true, call: TestPerson.as(removed) },
      {
        name: "another's admin",
        scope: "admin",
        isPerson: true,
        isOther: true,
        call: TestPerson.as(yield* TestPerson.make(otherKey, "admin"))
      },
      { name: "another's key", scope: "admin", isOther: true, call: { key: yield* newKey(otherKey, "admin") } }
    ] satisfies ReadonlyArray<Principal>
  })

  it.effect(`has a row for every endpoint of the API and none besides: ${all.length}`, () =>
    Effect.sync(() => {
      assert.deepStrictEqual(
        all.map(({ name }) => name).toSorted(),
        [...Object.keys(rows), ...Object.keys(anybodys), ...Object.keys(peoples)].toSorted()
      )
      assert.deepStrictEqual(
        rawRoutes.map(({ method, path }) => `${method} ${path}`).toSorted(),
        [...Object.keys(raw), "POST /rpc/worker"].toSorted()
      )
    })
  )

  it.effect(
    "is what the table says, for every endpoint and everybody there is",
    () =>
      Effect.gen(function* () {
        const { call, callOf, newSubject, query } = yield* setup
        const everybody = yield* principals
        let cells = 0
        for (const [route, [anonymous, reader, homeless]] of Object.entries(raw)) {
          const [method = "", path = ""] = route.split(" ")
          for (const principal of everybody) {
            const { isHomeless, name, scope } = principal
            const expected = isHomeless === true ? homeless : scope === undefined ? anonymous : reader
            const answer = yield* call(method, path.replaceAll(":", ""), { ...principal.call, endless: true })
            assert.strictEqual(answer.status, expected, `${route} by ${name}`)
            cells += 1
          }
        }
        // Signing out takes the session with it.
        for (const endpoint of all.toSorted(
          (a, b) => Number(a.name === "auth.signOut") - Number(b.name === "auth.signOut")
        )) {
          const row = rows[endpoint.name]
          const untouched = row?.subject === undefined ? "ses_00000000000000000000" : yield* newSubject[row.subject]
          const counted = yield* Effect.forEach(
            everybody,
            Effect.fnUntraced(function* (principal: Principal) {
              const expected = expectedOf(endpoint.name, principal)
              const isAllowed = row !== undefined && expected === row.ok && principal.isOther !== true
              const id = row?.subject !== undefined && isAllowed ? yield* newSubject[row.subject] : untouched
              const answer = yield* callOf(endpoint, id, principal.call)
              assert.strictEqual(answer.status, expected, `${endpoint.name} by ${principal.name}: ${answer.text}`)
              if (expected === 401) assert.strictEqual(answer.headers.get("www-authenticate"), "Bearer")
              return 1
            }),
            { concurrency: 4 }
          )
          cells += counted.length
          // What was refused changed nothing: the same call is still one that is allowed.
          if (row?.subject !== undefined) {
            const again = yield* callOf(endpoint, untouched, everybody.find(({ name }) => name === "owner")!.call)
            assert.strictEqual(again.status, row.ok, `${endpoint.name} after refusals: ${again.text}`)
          }
        }
        const [{ count } = { count: 0 }] = yield* query<{ count: number }>(
          "select count(*)::int as count from auth.organizations"
        )
        assert.strictEqual(count, 2)
        assert.isAtLeast(cells, (all.length + Object.keys(raw).length) * everybody.length)
        yield* Console.log(
          `access: ${all.length} endpoints and ${Object.keys(raw).length} routes by ${everybody.length} principals, ${cells} cells`
        )
      }),
    180_000
  )

  it.effect("to the worker protocol is a worker's token, and nobody else's credential", () =>
    Effect.gen(function* () {
      const { enrolled } = yield* setup
      const everybody = yield* principals
      const alive = {
        protocol: WorkerRpc.protocolVersion,
        version: "1",
        checkTypes: [],
        health: { runsStarted: 0, runsInFlight: 0, outboxDepth: 0, loopUtilization: 0, latenessP99Us: 0 }
      }
      const send = yield* workerProtocol
      const worker = yield* enrolled
      assert.match(yield* send({ key: worker.token }, "Heartbeat", alive), /"_tag":"Success"/)
      for (const { call, name } of everybody.filter((principal) => principal.name !== "worker token")) {
        assert.match(yield* send(call, "Heartbeat", alive), /"WorkerUnauthorized"/, name)
      }
    })
  )

  it.effect("to what anybody may call is no way in", () =>
    Effect.gen(function* () {
      const { call } = yield* setup
      for (const { method, name, path } of all) {
        const row = anybodys[name]
        if (row === undefined) continue
        const answer = yield* call(method, path, row.call)
        assert.strictEqual(answer.status, row.refused, `${name}: ${answer.text}`)
        assert.notInclude(answer.headers.get("set-cookie") ?? "", "openseer=_")
      }
    })
  )

  it.effect("is by the role as it is now: in the next request, and on open event streams within seconds", () =>
    Effect.gen(function* () {
      const { boss, call, organizationKey, otherKey, query } = yield* setup
      const { open } = yield* TestApi
      const people = yield* Effect.forEach(["removed", "moved", "signedOut", "demoted"], () =>
        TestPerson.make(organizationKey, "admin")
      )
      const [removed, moved, signedOut, demoted] = people as [Person, Person, Person, Person]
      const streams = yield* Effect.forEach(people, (person) =>
        Effect.flatMap(open("/api/v1/events", TestPerson.as(person)), Effect.fromOption)
      )
      yield* query(`insert into auth.members values (${otherKey}, ${moved.userKey}, 'viewer')`)
      for (const person of [removed, moved]) {
        const answer = yield* call("DELETE", `/api/v1/members/${person.userId}`, TestPerson.as(boss))
        assert.strictEqual(answer.status, 204, answer.text)
      }
      yield* call("POST", "/api/v1/auth/sign-out", TestPerson.as(signedOut))
      yield* call("PATCH", `/api/v1/members/${demoted.userId}`, TestPerson.as(boss, { json: { role: "viewer" } }))
      const list = (person: Person) => call("GET", "/api/v1/monitors", TestPerson.as(person))
      assert.strictEqual((yield* list(removed)).status, 403)
      assert.strictEqual((yield* call("GET", "/api/v1/account", TestPerson.as(removed))).json.organization, null)
      assert.strictEqual((yield* list(signedOut)).status, 401)
      assert.strictEqual((yield* list(demoted)).status, 200)
      const created = yield* call("POST", "/api/v1/monitors", TestPerson.as(demoted, { json: monitor }))
      assert.strictEqual(created.status, 403)
      // In their other organization now, where they see nothing of this one.
      assert.strictEqual((yield* list(moved)).status, 200)
      yield* Effect.all(
        streams.slice(0, 3).map(({ ended }) => ended),
        { concurrency: 3 }
      ).pipe(Effect.timeout("8 seconds"))
      yield* streams[3]!.close
    })
  )

  it.effect("ends at the organization: what is another's does not exist, and lists show none of it", () =>
    Effect.gen(function* () {
      const { call, created, newKey, otherKey, owner } = yield* setup
      const key = yield* newKey(otherKey, "admin")
      yield* created("monitors", monitor)
      yield* call("POST", "/api/v1/monitors", { key, json: monitor })
      yield* call("POST", "/api/v1/enrollment-tokens", { key, json: { region: "somewhere" } })
      const mine = ids(yield* call("GET", "/api/v1/monitors?limit=500", { key: owner }))
      const theirs = ids(yield* call("GET", "/api/v1/monitors?limit=500", { key }))
      assert.isAbove(mine.length, 0)
      assert.isAbove(theirs.length, 0)
      assert.deepStrictEqual(
        mine.filter((id) => theirs.includes(id)),
        []
      )
      const seen = yield* call("GET", "/api/v1/overview/monitors", { key })
      assert.deepStrictEqual([seen.json.total, ids(seen).toSorted()], [theirs.length, theirs.toSorted()])
      const wall = yield* call("GET", "/api/v1/overview/wall", { key })
      assert.deepStrictEqual(wall.json.ids.toSorted(), theirs.toSorted())
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
      // Rows are an answer that all of an organization share who ask at the same moment.
      const paths = ["/api/v1/monitors?tag=mixed", "/api/v1/overview/monitors?tag=mixed"]
      const answers = yield* Effect.all(
        Array.from({ length: 200 }, (_, i) => call("GET", paths[(i >> 1) % 2]!, { key: keys[i % 2]! })),
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

  it.effect("does not go on after a key expires, by what that key made", () =>
    Effect.gen(function* () {
      const { boss, call, created } = yield* setup
      const maker = yield* created("api-keys", { name: "k", scopes: ["admin"], expiresInMs: 60_000 })
      for (const [path, json] of [
        ["api-keys", { name: "for good", scopes: ["admin"] }],
        ["api-keys", { name: "for long", scopes: ["read"], expiresInMs: 3_600_000 }],
        ["enrollment-tokens", { region: "somewhere" }]
      ] as const) {
        const made = yield* call("POST", `/api/v1/${path}`, { key: maker.token, json })
        assert.strictEqual(made.status, 201, made.text)
        assert.strictEqual(made.json.expiresAt, maker.expiresAt)
      }
      const sooner = { name: "sooner", scopes: ["read"], expiresInMs: 10_000 }
      const made = yield* call("POST", "/api/v1/api-keys", { key: maker.token, json: sooner })
      assert.isBelow(Date.parse(made.json.expiresAt), Date.parse(maker.expiresAt))
      const lasting = { name: "by a person", scopes: ["admin"] }
      const ofPerson = yield* call("POST", "/api/v1/api-keys", TestPerson.as(boss, { json: lasting }))
      assert.isUndefined(ofPerson.json.expiresAt)
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
