import { assert, layer } from "@effect/vitest"
import { AuthApi, OrganizationApi } from "@openseer/core"
import { Console, Context, Effect, Layer } from "effect"
import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { ApiKeys } from "../accounts/ApiKeys.ts"
import * as People from "../accounts/People.ts"
import type { Database } from "../db/Database.ts"
import * as OpenSeer from "../OpenSeer.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import * as TestPerson from "../testing/TestPerson.ts"
import * as NodeServer from "./NodeServer.ts"

/** A control plane on a real socket, whose peers on this machine are no proxies that it trusts. */
class Server extends Context.Service<Server, { readonly port: number }>()("@openseer/server/PeopleInput.test/Server") {}

const freePort: Effect.Effect<number> = Effect.promise(
  () =>
    new Promise((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        server.close(() => done(port))
      })
    })
)

const Live = Layer.effect(
  Server,
  Effect.gen(function* () {
    const port = yield* freePort
    const routes = OpenSeer.routes({
      trustedProxies: ["192.0.2.0/24"],
      requestsPerMinute: 1_000_000,
      anonymousRequestsPerMinute: 1_000_000
    })
    yield* Layer.build(
      NodeServer.layer(routes, { host: "127.0.0.1", port }).pipe(
        Layer.provide(Layer.succeedContext(yield* Effect.context<Database>()))
      )
    )
    return { port }
  })
).pipe(Layer.provideMerge(Layer.merge(ApiKeys.layer, People.layer)), Layer.provideMerge(TestInstance.layer))

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** Sends a request byte for byte, each header on a line of its own. */
const send = Effect.fnUntraced(function* (
  method: string,
  path: string,
  headers: ReadonlyArray<readonly [string, string]> = [],
  body?: string
) {
  const { port } = yield* Server
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    "Connection: close"
  ]
  const received = yield* Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`))
    socket.setEncoding("utf8")
    socket.on("data", (chunk) => (text += chunk))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => socket.destroy())
  })
  const [head = "", ...rest] = received.split("\r\n\r\n")
  const [line = "", ...fields] = head.split("\r\n")
  return {
    status: Number(line.split(" ")[1]),
    headers: new Map(
      fields.map((field) => [
        field.slice(0, field.indexOf(":")).toLowerCase(),
        field.slice(field.indexOf(":") + 1).trim()
      ])
    ),
    text: rest.join("\r\n\r\n")
  } satisfies Answer
})

const json = ["Content-Type", "application/json"] as const
const own = ["Sec-Fetch-Site", "same-origin"] as const

/** Of a problem, which is sent in chunks. */
const problemOf = ({ text }: Answer) => {
  const found = /\{.*\}/s.exec(text)
  return JSON.parse(found?.[0] ?? "{}") as { readonly errors?: ReadonlyArray<{ readonly path: string }> }
}

const bidi = "Ada\u202egnp.exe"
const nobody = "usr_00000000000000000000"
const password = "correct horse battery"
const setup = { token: "osset_x", organizationName: "Acme", name: "Ada", email: "a@a.example", password }
const signUp = { name: "Ada", email: "a@a.example", password }
const invite = { role: "viewer" }

/** A name for the row, whom it asks, what it sends, and the member that the answer names. */
type Row = readonly [name: string, request: string, body: unknown, path: string]

const names = (request: string, member: string, rest: object): ReadonlyArray<Row> =>
  (
    [
      ["empty", ""],
      ["of spaces", "   "],
      ["of 81 characters", "x".repeat(AuthApi.displayNameLengthMax + 1)],
      ["with a control character", "Ada\u0007"],
      ["with a line break", "Ada\nadmin"],
      ["with a bidirectional mark", bidi],
      ["with an invisible space", "Ada\u200b"],
      ["with half a surrogate pair", "Ada\ud800"],
      ["that is null", null],
      ["that is a number", 5]
    ] as const
  ).map(([what, value]) => [`${request}: ${member} ${what}`, request, { ...rest, [member]: value }, member])

const emails = (request: string, rest: object): ReadonlyArray<Row> =>
  [
    "",
    "ada",
    "ada@",
    "@a.example",
    "a b@a.example",
    "a@b@c.example",
    "a@.example",
    "a\u0000@a.example",
    "a\u202e@a.example",
    "İda@a.example",
    "zoË@a.example",
    "ΑΣ@a.example",
    "zoe\u0308@a.example",
    "zoe@ａ.example",
    `${"a".repeat(250)}@a.example`,
    null,
    ["a@a.example"]
  ].map((email) => [`${request}: email ${JSON.stringify(email)?.slice(0, 20)}`, request, { ...rest, email }, "email"])

const passwords = (request: string, member: string, rest: object): ReadonlyArray<Row> =>
  [
    "x".repeat(AuthApi.passwordLengthMin - 1),
    "😀".repeat(AuthApi.passwordLengthMax + 1),
    "",
    null,
    123_456_789_012
  ].map((value) => [
    `${request}: ${member} ${String(value).slice(0, 12)}`,
    request,
    { ...rest, [member]: value },
    member
  ])

const unknown = (request: string, body: object, members: Record<string, unknown>): ReadonlyArray<Row> =>
  Object.entries(members).map(([member, value]) => [
    `${request}: the unknown member ${member}`,
    request,
    { ...body, [member]: value },
    member
  ])

const rows: ReadonlyArray<Row> = [
  ...names("PATCH /organization", "name", {}),
  ...unknown("PATCH /organization", { name: "x" }, { id: "org_x", monitorsMax: 1_000_000, organizationId: "org_x" }),
  ...["root", "Owner", "", null, 3, ["owner"], undefined].map((role): Row => [
    `a role ${JSON.stringify(role)}`,
    `PATCH /members/${nobody}`,
    { role },
    "role"
  ]),
  ...unknown(`PATCH /members/${nobody}`, invite, { organizationId: "org_x", userId: nobody, id: nobody, name: "x" }),
  ...["superuser", "OWNER", null, undefined].map((role): Row => [
    `an invitation as ${JSON.stringify(role)}`,
    "POST /invitations",
    { role },
    "role"
  ]),
  ...emails("POST /invitations", invite),
  ...[0, -1, 999, 1.5, 1e15, "60000", null].map((expiresInMs): Row => [
    `an invitation for ${String(expiresInMs)} ms`,
    "POST /invitations",
    { ...invite, expiresInMs },
    "expiresInMs"
  ]),
  ...unknown("POST /invitations", invite, {
    id: "inv_x",
    token: "osinv_mine",
    organizationId: "org_x",
    invitedBy: nobody,
    acceptedAt: "2026-01-01",
    expiresAt: "2036-01-01"
  }),
  ...names("POST /auth/setup", "name", setup),
  ...names("POST /auth/setup", "organizationName", setup),
  ...emails("POST /auth/setup", setup),
  ...passwords("POST /auth/setup", "password", setup),
  ...unknown("POST /auth/setup", setup, { role: "owner", id: nobody, isAdmin: true }),
  ...names("POST /auth/sign-up", "name", signUp),
  ...emails("POST /auth/sign-up", signUp),
  ...passwords("POST /auth/sign-up", "password", signUp),
  ...unknown("POST /auth/sign-up", signUp, { role: "owner", organizationId: "org_x", userId: nobody }),
  ["a link of 129 characters", "POST /auth/sign-up", { ...signUp, invitation: "x".repeat(129) }, "invitation"],
  ["a link of 129 characters", "POST /auth/invitation", { token: "x".repeat(129) }, "token"],
  ["an email that is an object", "POST /auth/sign-in", { email: { $ne: "" }, password }, "email"],
  ["a password that is an object", "POST /auth/sign-in", { email: "a", password: { $ne: "" } }, "password"],
  ["a password over 1,024 characters", "POST /auth/sign-in", { email: "a", password: "x".repeat(1_025) }, "password"],
  ["a code that is a number", "POST /auth/second-factor", { code: 123_456 }, "code"],
  ["a code of 41 characters", "POST /auth/second-factor", { code: "1".repeat(41) }, "code"],
  ...names("PATCH /account", "name", {}),
  ...emails("PATCH /account", {}),
  // Mass assignment of a role in the profile: CVE-2026-31836 of another product of this class.
  ...unknown(
    "PATCH /account",
    { name: "x" },
    {
      role: "owner",
      id: nobody,
      scopes: ["admin"],
      organizationId: "org_x",
      hasSecondFactor: false,
      password: "another password",
      createdAt: "2026-01-01"
    }
  ),
  ...passwords("POST /account/password", "newPassword", { currentPassword: password }),
  ...names("POST /account/organizations", "name", {}),
  ...unknown("POST /account/organizations", { name: "x" }, { monitorsMax: 5, organizationId: "org_x" }),
  ["an organization by its number", "POST /account/organization", { organizationId: 1 }, "organizationId"],
  ["a link that is a number", "POST /account/invitations", { token: 5 }, "token"]
]

const queries: ReadonlyArray<readonly [query: string, member: string]> = [
  ["limit=0", "limit"],
  [`limit=${OrganizationApi.auditLimitMax + 1}`, "limit"],
  ["limit=-1", "limit"],
  ["limit=NaN", "limit"],
  ["limit=1&limit=2", "limit"],
  ["action=", "action"],
  ["action=MONITOR", "action"],
  ["action=monitor.create.x", "action"],
  ["action=monitor%25", "action"],
  ["action=x'%20or%201=1--", "action"],
  ["cursor=1", "cursor"],
  [`cursor=${Buffer.from("monitors:1").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from("audit:-1").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from("audit:1 or 1=1").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from("audit:9999999999999999999").toString("base64url")}`, "cursor"],
  [`cursor=${"c".repeat(65)}`, "cursor"],
  ["organization=org_x", "organization"]
]

const identifiers = ["1", "usr_1", "org_00000000000000000000", "usr_0000000000000000000%00", "..%2fmembers", "%2e%2e"]

const csrf = [
  ["its own page by Origin", [["Origin", "http://localhost:PORT"]], 201],
  ["its own page by the public URL", [["Origin", "http://localhost:3000"]], 201],
  ["its own page by Sec-Fetch-Site", [own], 201],
  ["another site's page by Origin", [["Origin", "https://evil.example"]], 403],
  ["an opaque page by Origin", [["Origin", "null"]], 403],
  ["another port's page by Origin", [["Origin", "http://localhost:1"]], 403],
  ["another site's page by Sec-Fetch-Site", [["Sec-Fetch-Site", "cross-site"]], 403],
  ["a sibling's page by Sec-Fetch-Site", [["Sec-Fetch-Site", "same-site"]], 403],
  ["who says nothing of where it comes from", [], 403],
  [
    "another site's page that says it is forwarded",
    [
      ["Origin", "https://evil.example"],
      ["X-Forwarded-Host", "evil.example"]
    ],
    403
  ]
] as const satisfies ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>, number]>

layer(Live, { excludeTestServices: true })("what people send", (it) => {
  const setupPeople = Effect.gen(function* () {
    const { organizationKey, rows: query } = yield* TestInstance
    const apiKeys = yield* ApiKeys
    const owner = yield* TestPerson.make(organizationKey, "owner")
    const { token } = yield* apiKeys.create(organizationKey, { name: "test", scopes: ["admin"] })
    return { owner, key: token, query, cookie: ["Cookie", owner.cookie] as const }
  })

  /** All that a refused request must leave as it was. */
  const stored = Effect.gen(function* () {
    const { rows: query } = yield* TestInstance
    const [found] = yield* query<{ text: string }>(`
      select concat((select json_agg(o order by organization_key) from auth.organizations o),
                    (select json_agg(json_build_array(u.email, u.name) order by user_key) from auth.users u),
                    (select json_agg(m order by user_key) from auth.members m),
                    (select count(*) from auth.invitations), (select count(*) from auth.audit_log)) as text`)
    return found!.text
  })

  it.effect("is refused with a problem that names the member, and writes nothing", () =>
    Effect.gen(function* () {
      const { cookie } = yield* setupPeople
      const before = yield* stored
      yield* Effect.forEach(
        rows,
        Effect.fnUntraced(function* ([name, request, body, member]) {
          const [method = "", path = ""] = request.split(" ")
          const answer = yield* send(method, `/api/v1${path}`, [json, own, cookie], JSON.stringify(body))
          assert.strictEqual(answer.status, 422, `${name}: ${answer.text}`)
          assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", name)
          assert.include(
            (problemOf(answer).errors ?? []).map(({ path: at }) => at.split(".")[0]),
            member,
            name
          )
        }),
        { concurrency: 4 }
      )
      assert.strictEqual(yield* stored, before)
      yield* Console.log(
        `bad input of people: ${rows.length} bodies, ${queries.length} queries, ${3 * identifiers.length} identifiers, ` +
          `${csrf.length + 6} requests with a cookie`
      )
      assert.strictEqual((yield* send("GET", "/livez")).status, 200)
    })
  )

  it.effect(`is refused in queries of the audit log: ${queries.length} rows`, () =>
    Effect.gen(function* () {
      const { key } = yield* setupPeople
      for (const [query, member] of queries) {
        const answer = yield* send("GET", `/api/v1/audit-log?${query}`, [["Authorization", `Bearer ${key}`]])
        assert.strictEqual(answer.status, 400, `${query}: ${answer.text}`)
        assert.strictEqual(problemOf(answer).errors?.[0]?.path.split(".")[0], member, query)
      }
    })
  )

  it.effect(`is 404 in identifiers, all alike, whatever is wrong with them: ${identifiers.length} rows`, () =>
    Effect.gen(function* () {
      const { cookie } = yield* setupPeople
      const unknownOne = yield* send("DELETE", `/api/v1/members/${nobody}`, [own, cookie])
      assert.strictEqual(unknownOne.status, 404)
      for (const id of identifiers) {
        for (const path of [`members/${id}`, `invitations/${id}`, `account/sessions/${id}`]) {
          const answer = yield* send("DELETE", `/api/v1/${path}`, [own, cookie])
          assert.strictEqual(answer.status, 404, path)
          assert.strictEqual(answer.text, unknownOne.text, path)
        }
      }
    })
  )

  it.effect("is told from strange input that is fine, and comes back inert, as it was sent", () =>
    Effect.gen(function* () {
      const { cookie } = yield* setupPeople
      const strange = [
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "=cmd()",
        "😀 é 漢字 العربية",
        "'; drop table auth.users; --"
      ]
      for (const name of strange) {
        const answer = yield* send("PATCH", "/api/v1/organization", [json, own, cookie], JSON.stringify({ name }))
        assert.strictEqual(answer.status, 200, answer.text)
        assert.include(answer.text, JSON.stringify(name))
      }
    })
  )

  it.effect("with a cookie, is believed of our own pages alone", () =>
    Effect.gen(function* () {
      const { port } = yield* Server
      const { cookie, key } = yield* setupPeople
      const body = JSON.stringify({ name: "k", scopes: ["read"] })
      for (const [who, headers, status] of csrf) {
        const sent = headers.map(([name, value]) => [name, value.replace("PORT", String(port))] as const)
        const answer = yield* send("POST", "/api/v1/api-keys", [json, cookie, ...sent], body)
        assert.strictEqual(answer.status, status, `${who}: ${answer.text}`)
      }
      const foreign = ["Origin", "https://evil.example"] as const
      for (const [who, sent, status] of [
        ["plain text", ["POST", "/api/v1/api-keys", [["Content-Type", "text/plain"], own, cookie], body], 415],
        [
          "a form",
          ["POST", "/api/v1/api-keys", [["Content-Type", "application/x-www-form-urlencoded"], own, cookie], "name=k"],
          415
        ],
        // A websocket without a check of Origin: CVE-2023-49805 of another product of this class.
        ["the event stream of another site's page", ["GET", "/api/v1/events", [cookie, foreign]], 403],
        ["reading by another site's page", ["GET", "/api/v1/monitors", [cookie, foreign]], 403],
        ["signing out by another site's page", ["POST", "/api/v1/auth/sign-out", [cookie, foreign]], 403],
        [
          "a key, wherever it comes from",
          ["POST", "/api/v1/api-keys", [json, ["Authorization", `Bearer ${key}`]], body],
          201
        ]
      ] as const) {
        const answer = yield* send(...(sent as unknown as Parameters<typeof send>))
        assert.strictEqual(answer.status, status, `${who}: ${answer.text}`)
      }
      assert.strictEqual((yield* send("GET", "/api/v1/account", [own, cookie])).status, 200, "still signed in")
    })
  )

  it.effect("is not believed about method, address, host or credential", () =>
    Effect.gen(function* () {
      const { cookie, key, owner, query } = yield* setupPeople
      const bearer = ["Authorization", `Bearer ${key}`] as const
      for (const override of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]) {
        const { status } = yield* send("GET", "/api/v1/account/sessions", [own, cookie, [override, "DELETE"]])
        assert.strictEqual(status, 200, override)
      }
      const twice = yield* send("GET", "/api/v1/monitors", [bearer, ["Authorization", "Bearer osk_other"]])
      assert.strictEqual(twice.status, 400, twice.text)
      assert.strictEqual((yield* send("GET", "/api/v1/monitors", [bearer, ["authorization", bearer[1]]])).status, 400)
      const both = yield* send("GET", "/api/v1/monitors", [own, cookie, ["Authorization", "Bearer nothing"]])
      assert.strictEqual(both.status, 401, "a cookie does not help a wrong key")
      const spoofed = [
        ["X-Forwarded-For", "203.0.113.7"],
        ["X-Real-IP", "203.0.113.7"],
        ["Forwarded", "for=203.0.113.7"]
      ] as const
      const made = yield* send("PATCH", "/api/v1/organization", [json, own, cookie, ...spoofed], '{"name":"Spoofed"}')
      assert.strictEqual(made.status, 200, made.text)
      const [entry] = yield* query<{ actor_id: string; actor_address: string }>(
        "select actor_id, actor_address from auth.audit_log order by audit_id desc limit 1"
      )
      assert.deepStrictEqual(entry, { actor_id: owner.userId, actor_address: "127.0.0.1" })
      const hosts = yield* send("GET", "/api/v1/monitors", [bearer, ["Host", "evil.example"]])
      assert.strictEqual(hosts.status, 400, hosts.text)
      const elsewhere = yield* send("GET", "/api/v1/organization", [bearer, ["X-Organization", "org_x"]])
      assert.include(elsewhere.text, '"org_test"')
    })
  )

  const required = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store"
  }

  it.effect("is answered with the security headers, whatever the answer is", () =>
    Effect.gen(function* () {
      const { cookie } = yield* setupPeople
      const stranger = ["Cookie", "__Host-openseer=none"] as const
      const answers = [
        [200, ["GET", "/api/v1/account", [own, cookie]]],
        [200, ["HEAD", "/api/v1/account", [own, cookie]]],
        [200, ["GET", "/api/v1/auth/options"]],
        [201, ["POST", "/api/v1/invitations", [json, own, cookie], '{"role":"viewer"}']],
        [204, ["POST", "/api/v1/auth/sign-out", [own, stranger]]],
        [400, ["GET", "/api/v1/audit-log?limit=x", [own, cookie]]],
        [401, ["GET", "/api/v1/account", [own, stranger]]],
        [401, ["POST", "/api/v1/auth/sign-in", [json, own], '{"email":"a@a.example","password":"p"}']],
        [403, ["GET", "/api/v1/account", [cookie, ["Origin", "https://evil.example"]]]],
        [404, ["DELETE", `/api/v1/members/${nobody}`, [own, cookie]]],
        [405, ["PUT", "/api/v1/account", [json, own, cookie], "{}"]],
        [410, ["POST", "/api/v1/account/invitations", [json, own, cookie], '{"token":"osinv_x"}']],
        [413, ["PATCH", "/api/v1/account", [json, own, cookie], " ".repeat(70_000)]],
        [415, ["PATCH", "/api/v1/account", [["Content-Type", "text/html"], own, cookie], "<p>"]],
        [422, ["PATCH", "/api/v1/account", [json, own, cookie], '{"role":"owner"}']],
        [431, ["GET", `/${"a".repeat(20_000)}`]]
      ] as const
      for (const [status, sent] of answers) {
        const answer = yield* send(...(sent as unknown as Parameters<typeof send>))
        const name = `${status} ${sent[0]} ${sent[1].slice(0, 40)}`
        assert.strictEqual(answer.status, status, `${name}: ${answer.text}`)
        for (const [header, value] of Object.entries(required))
          assert.strictEqual(answer.headers.get(header), value, name)
        for (const header of ["server", "x-powered-by", "access-control-allow-origin", "strict-transport-security"]) {
          assert.isFalse(answer.headers.has(header), `${name} ${header}`)
        }
        if (status >= 400) assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", name)
      }
    })
  )
})
