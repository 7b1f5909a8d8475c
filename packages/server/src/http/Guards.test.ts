import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { Database } from "../db/Database.ts"
import { type Answer, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { apiRequestsMax } from "./Guards.ts"

const required = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store"
}
const forbidden = ["server", "x-powered-by", "access-control-allow-origin", "strict-transport-security"]
const problems = "application/problem+json"

const assertHeaders = (answer: Answer, name: string) => {
  for (const [header, value] of Object.entries(required)) assert.strictEqual(answer.headers.get(header), value, name)
  for (const header of forbidden) assert.isNull(answer.headers.get(header), `${name} ${header}`)
}

layer(TestApi.layer, { excludeTestServices: true })("the guards", (it) => {
  it.effect("put the security headers on every answer, whoever gives it", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey, rows } = yield* TestInstance
      const key = yield* newKey(organizationKey, "admin")
      const answers = {
        200: yield* call("GET", "/api/v1/monitors", { key }),
        201: yield* call("POST", "/api/v1/api-keys", { key, json: { name: "x", scopes: ["read"] } }),
        400: yield* call("GET", "/api/v1/monitors?limit=x", { key }),
        401: yield* call("GET", "/api/v1/monitors"),
        403: yield* call("GET", "/api/v1/api-keys", { key: yield* newKey(organizationKey, "read") }),
        404: yield* call("GET", "/api/v2/monitors"),
        405: yield* call("PUT", "/api/v1/monitors", { key }),
        413: yield* call("POST", "/api/v1/monitors", {
          key,
          body: "x".repeat(70_000),
          headers: { "content-type": "application/json" }
        }),
        415: yield* call("POST", "/api/v1/monitors", { key, body: "x" }),
        422: yield* call("POST", "/api/v1/monitors", { key, json: {} })
      }
      for (const [status, answer] of Object.entries(answers)) {
        assert.strictEqual(String(answer.status), status, answer.text)
        assertHeaders(answer, status)
        assert.strictEqual(
          answer.headers.get("content-security-policy"),
          "default-src 'none'; frame-ancestors 'none'",
          status
        )
        if (answer.status >= 400) {
          assert.strictEqual(answer.headers.get("content-type"), problems, status)
          assert.strictEqual(answer.json.status, answer.status)
          assert.match(answer.json.type, /^urn:openseer:problem:[a-z-]+$/)
        }
      }
      for (const path of ["/livez", "/readyz", "/metrics", "/docs", "/api/v1/openapi.json", "/"]) {
        assertHeaders(yield* call("GET", path), path)
      }
      assertHeaders(yield* call("HEAD", "/livez"), "HEAD")
      // A row that the code does not understand makes a defect.
      yield* rows(`insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec,
                     assertions, interval_ms, timeout_ms, region_keys)
                   values ('mon_broken00000000000000', ${organizationKey}, 'broken', 'http', 1, '{}',
                           '{"not": "a list"}', 60000, 1000, '{1}')`)
      const broken = yield* call("GET", "/api/v1/monitors", { key })
      assert.strictEqual(broken.status, 500)
      assertHeaders(broken, "500")
      assert.match(broken.json.instance, /^urn:openseer:trace:[0-9a-f]{32}$/)
      assert.deepStrictEqual(Object.keys(broken.json).toSorted(), ["instance", "status", "title", "type"])
      yield* rows("delete from app.monitors where monitor_id = 'mon_broken00000000000000'")
    })
  )

  it.effect("tell browsers to stay on TLS where the request came over it", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const answer = yield* call("GET", "/livez", { headers: { "x-forwarded-proto": "https" } })
      assert.strictEqual(answer.headers.get("strict-transport-security"), "max-age=31536000; includeSubDomains")
    })
  )

  it.effect("answer 405 with the methods that a path takes, and 404 elsewhere", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const id = "mon_00000000000000000000"
      for (const [method, path, allow] of [
        ["PUT", "/api/v1/monitors", "GET, POST, HEAD"],
        ["PATCH", "/api/v1/monitors", "GET, POST, HEAD"],
        ["POST", `/api/v1/monitors/${id}`, "GET, PATCH, DELETE, HEAD"],
        ["GET", `/api/v1/monitors/${id}/pause`, "POST"],
        ["DELETE", "/livez", "GET, HEAD"],
        ["OPTIONS", "/api/v1/regions", "GET, HEAD"],
        ["GET", "/rpc/worker", "POST"]
      ] as const) {
        const answer = yield* call(method, path)
        assert.strictEqual(answer.status, 405, `${method} ${path}`)
        assert.strictEqual(answer.headers.get("allow"), allow, `${method} ${path}`)
      }
      for (const path of ["/", "/api", "/api/v1", "/api/v1/monitor", "/api/v1/monitors/x/y/z", "/.env", "/docs/x"]) {
        assert.strictEqual((yield* call("GET", path)).status, 404, path)
      }
    })
  )

  it.effect("refuse changes that a browser sends for another site, and no others", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const key = yield* newKey(organizationKey, "write")
      const json = { name: "m", spec: { url: "https://a.example/" } }
      for (const [site, status] of [
        ["cross-site", 403],
        ["same-site", 403],
        ["same-origin", 201],
        ["none", 201]
      ] as const) {
        const headers = { "sec-fetch-site": site }
        assert.strictEqual((yield* call("POST", "/api/v1/monitors", { key, json, headers })).status, status, site)
        assert.strictEqual((yield* call("GET", "/api/v1/monitors", { key, headers })).status, 200, site)
      }
    })
  )

  it.effect("ignore what pretends to be another method, host or address", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const key = yield* newKey(organizationKey, "read")
      const answer = yield* call("GET", "/api/v1/monitors", {
        key,
        headers: { "x-http-method-override": "DELETE", "x-forwarded-for": "127.0.0.1", "x-organization": "org_other" }
      })
      assert.strictEqual(answer.status, 200)
    })
  )

  it.effect("answer 503 with Retry-After at once when too many ask, health apart, and go on afterwards", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const key = yield* newKey(organizationKey, "read")
      const list = call("GET", "/api/v1/monitors", { key })
      const beyond = 10
      const { background } = yield* Database
      const locked = yield* Deferred.make<void>()
      const allRefused = yield* Deferred.make<void>()
      const lock = yield* Effect.forkChild(
        background.run(
          background.sql.withTransaction(
            Effect.gen(function* () {
              yield* background.sql`lock table app.monitors in access exclusive mode`
              yield* Deferred.succeed(locked, undefined)
              yield* Deferred.await(allRefused)
            })
          )
        )
      )
      yield* Deferred.await(locked)
      const refused: Array<Answer> = []
      let health = 0
      const answers = yield* Effect.all(
        Array.from({ length: apiRequestsMax + beyond }, () =>
          Effect.tap(list, (answer) =>
            Effect.gen(function* () {
              if (answer.status !== 503 || refused.push(answer) !== beyond) return
              health = (yield* call("GET", "/livez")).status
              yield* Deferred.succeed(allRefused, undefined)
            })
          )
        ),
        { concurrency: "unbounded" }
      )
      yield* Fiber.join(lock)
      assert.strictEqual(health, 200)
      assert.lengthOf(refused, beyond)
      assert.lengthOf(
        answers.filter(({ status }) => status === 200),
        apiRequestsMax
      )
      for (const { headers, json } of refused) {
        assert.strictEqual(headers.get("retry-after"), "1")
        assert.strictEqual(headers.get("content-type"), problems)
        assert.strictEqual(json.retryAfterSeconds, 1)
      }
      assert.strictEqual((yield* list).status, 200)
    })
  )

  it.effect("let the reference page work without the internet", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const { headers, status, text } = yield* call("GET", "/docs")
      assert.strictEqual(status, 200)
      assert.include(text, "OpenSeer API")
      assert.notMatch(text.slice(0, 2_000), /<(?:script|link)[^>]+(?:src|href)=/)
      const policy = headers.get("content-security-policy") ?? ""
      assert.strictEqual((yield* call("GET", "/docs/")).headers.get("content-security-policy"), policy)
      assert.include(policy, "default-src 'none'")
      assert.notMatch(policy, /https?:|\*/)
    })
  )

  it.effect("describe the API as OpenAPI 3.1 with its security scheme", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const { json } = yield* call("GET", "/api/v1/openapi.json")
      assert.match(json.openapi, /^3\.1/)
      assert.deepInclude(json.components.securitySchemes.apiKey, { type: "http", scheme: "Bearer" })
      assert.isObject(json.components.schemas.MonitorInput)
      assert.isEmpty(Object.keys(json.components.schemas).filter((name) => name.endsWith("Encoded")))
      for (const [path, operations] of Object.entries<Record<string, { security: unknown; description?: string }>>(
        json.paths
      )) {
        for (const [method, operation] of Object.entries(operations)) {
          const isPeoples = /^\/api\/v1\/(auth|account)(\/|$)/.test(path)
          assert.deepStrictEqual(operation.security, isPeoples ? [] : [{ apiKey: [] }], `${method} ${path}`)
          assert.isString(operation.description, `${method} ${path}`)
        }
      }
    })
  )

  it.effect("show metrics to whoever may read, and to nobody else", () =>
    Effect.gen(function* () {
      const { call, newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      assert.strictEqual((yield* call("GET", "/metrics")).status, 401)
      const { headers, status, text } = yield* call("GET", "/metrics", { key: yield* newKey(organizationKey, "read") })
      assert.strictEqual(status, 200)
      assert.match(headers.get("content-type") ?? "", /^text\/plain/)
      assert.match(text, /^openseer_http_request_seconds_bucket\{.*kind="api".*\} \d+/m)
    })
  )
})
