import { assert, layer } from "@effect/vitest"
import { Monitor } from "@openseer/core"
import { Effect } from "effect"
import { type Call, TestApi } from "../testing/TestApi.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { apiBodyBytesMax } from "./Guards.ts"

const spec = { url: "https://shop.example/health" }
const input = { name: "Shop", spec }
const json = { "content-type": "application/json" }
const assertion = { source: "status", comparison: "equals", expected: 200, severity: "down" }
const between = (expected: ReadonlyArray<number>) => ({ ...assertion, comparison: "between", expected })
const rcode = { source: "dnsRcode", comparison: "equals", expected: "NOERROR", severity: "down" }
const header = { source: "header", property: "server", comparison: "matches", expected: "x", severity: "down" }
const found = { source: "json", property: "$", comparison: "exists", severity: "down" }
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

/** A name for the row, what is sent, and the answer: its status and the path of the member it names, if any. */
type Row = readonly [name: string, sent: Call, status: number, path?: string]

const withInput = (name: string, more: object, path: string, status = 422): Row => [
  name,
  { json: { ...input, ...more } },
  status,
  path
]
const withSpec = (name: string, more: object, path: string): Row =>
  withInput(name, { spec: { ...spec, ...more } }, path)
const raw = (name: string, body: BodyInit, status = 400, headers: Record<string, string> = json): Row => [
  name,
  { body, headers },
  status
]

const creations: ReadonlyArray<Row> = [
  raw("a body over 64 kB", JSON.stringify({ ...input, name: "x".repeat(apiBodyBytesMax) }), 413),
  raw("a body that says it is too large", "{}", 413, { ...json, "content-length": String(apiBodyBytesMax + 1) }),
  raw(
    "a stream over 64 kB that does not say how long it is",
    new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(10_000)))
    }),
    413
  ),
  raw("an empty body", ""),
  raw("no JSON", "name=Shop"),
  raw("trailing garbage", `${JSON.stringify(input)} x`),
  raw("half an object", '{"name":'),
  raw("a NUL instead of JSON", "\0"),
  raw("a byte order mark twice", `\ufeff\ufeff${JSON.stringify(input)}`),
  raw("a comment", '{/**/"name":"x"}'),
  raw("NaN", '{"name":"x","spec":{},"intervalMs":NaN}'),
  raw("nesting of 33", `{"name":"x","spec":${nested(33)}}`),
  raw("nesting of 30,000", nested(30_000)),
  raw("plain text", JSON.stringify(input), 415, { "content-type": "text/plain" }),
  raw("a form", "name=Shop", 415, { "content-type": "application/x-www-form-urlencoded" }),
  raw("a form with a file", "name=Shop", 415, { "content-type": "multipart/form-data; boundary=x" }),
  raw("no content type", new TextEncoder().encode(JSON.stringify(input)), 415, { "content-length": "70" }),
  raw("the content type of problems", JSON.stringify(input), 415, { "content-type": "application/problem+json" }),
  ["null", { json: null }, 422],
  ["a list", { json: [input] }, 422],
  ["a text", { json: "Shop" }, 422],
  ["no members", { json: {} }, 422, "name"],
  ["no spec", { json: { name: "Shop" } }, 422, "spec"],
  withInput("a role", { role: "owner" }, "role"),
  withInput("an organization", { organizationId: "org_other" }, "organizationId"),
  withInput("an identifier", { id: "mon_00000000000000000000" }, "id"),
  withInput("a date of creation", { createdAt: "2026-01-01T00:00:00Z" }, "createdAt"),
  withInput("a version on creation", { version: 1 }, "version"),
  withInput("a member in the wrong case", { Name: "x" }, "Name"),
  raw("a prototype", '{"name":"x","spec":{"url":"https://a.example/"},"__proto__":{"admin":true}}', 422),
  withInput("a name that is a number", { name: 5 }, "name"),
  withInput("a name that is null", { name: null }, "name"),
  withInput("an empty name", { name: "" }, "name"),
  withInput("a name of spaces", { name: " \t " }, "name"),
  withInput("a name of 121 characters", { name: "x".repeat(121) }, "name"),
  withInput("a name with a line break", { name: "a\nb" }, "name"),
  withInput("a name with NUL", { name: "a\0b" }, "name"),
  withInput("a name with an escape sequence", { name: "a\u001b[31mb" }, "name"),
  withInput("a name that turns its direction", { name: "a\u202eb" }, "name"),
  withInput("a name with an isolate", { name: "a\u2066b" }, "name"),
  withInput("a name with a zero-width space", { name: "a\u200bb" }, "name"),
  withInput("a name with a paragraph separator", { name: "a\u2029b" }, "name"),
  withInput("a name with half a surrogate pair", { name: "a\ud800b" }, "name"),
  withInput("an unknown kind", { kind: "gopher" }, "kind"),
  withInput("a kind in upper case", { kind: "HTTP" }, "kind"),
  withInput("an interval of 999 ms", { intervalMs: 999 }, "intervalMs"),
  withInput("an interval of 0", { intervalMs: 0 }, "intervalMs"),
  withInput("a negative interval", { intervalMs: -1 }, "intervalMs"),
  withInput("an interval of minus zero", { intervalMs: -0 }, "intervalMs"),
  withInput("half a millisecond", { intervalMs: 1_500.5 }, "intervalMs"),
  withInput("an interval over a day", { intervalMs: 86_400_001 }, "intervalMs"),
  withInput("an interval over 2^53", { intervalMs: 2 ** 53 + 2 }, "intervalMs"),
  raw("an interval of 1e400", '{"name":"x","spec":{"url":"https://a.example/"},"intervalMs":1e400}', 422),
  withInput("an interval as text", { intervalMs: "5000" }, "intervalMs"),
  withInput("an interval that is null", { intervalMs: null }, "intervalMs"),
  withInput("a timeout as text", { timeoutMs: "5000" }, "timeoutMs"),
  withInput("a timeout of 0", { timeoutMs: 0 }, "timeoutMs"),
  withInput("a timeout over a minute", { timeoutMs: 60_001 }, "timeoutMs"),
  withInput("a timeout as long as the interval", { timeoutMs: 5_000, intervalMs: 5_000 }, "timeoutMs"),
  withInput("a timeout over 0.8 of the interval", { timeoutMs: 4_001, intervalMs: 5_000 }, "timeoutMs"),
  withInput("no regions", { regions: [] }, "regions"),
  withInput("regions that are a text", { regions: "global" }, "regions"),
  withInput("an unknown region", { regions: ["mars"] }, "regions.0"),
  withInput("a region twice", { regions: ["global", "global"] }, "regions"),
  withInput("21 regions", { regions: Array.from({ length: 21 }, (_, i) => `r${i}`) }, "regions"),
  withInput("a region in upper case", { regions: ["Global"] }, "regions.0"),
  withInput("a region of 41 characters", { regions: ["r".repeat(41)] }, "regions.0"),
  withInput("a region with SQL", { regions: ["x'; drop table app.regions; --"] }, "regions.0"),
  withInput("a tag twice", { tags: ["a", "a"] }, "tags"),
  withInput("21 tags", { tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, "tags"),
  withInput("a tag of 65 characters", { tags: ["t".repeat(65)] }, "tags.0"),
  withInput("an empty tag", { tags: [""] }, "tags.0"),
  withInput("21 assertions", { assertions: Array.from({ length: 21 }, () => assertion) }, "assertions"),
  withInput("an unknown source", { assertions: [{ ...assertion, source: "weather" }] }, "assertions.0.source"),
  withInput("an unknown comparison", { assertions: [{ ...assertion, comparison: "like" }] }, "assertions.0.comparison"),
  withInput("code as an assertion", { assertions: ["status === 200"] }, "assertions.0"),
  withInput("a range of one value", { assertions: [{ ...assertion, comparison: "between" }] }, "assertions.0.expected"),
  withInput("an expected text", { assertions: [{ ...assertion, expected: ["200"] }] }, "assertions.0.expected"),
  withInput("a range the wrong way round", { assertions: [between([399, 200])] }, "assertions.0.expected"),
  withInput("no expected value", { assertions: [{ ...assertion, expected: undefined }] }, "assertions.0.expected"),
  withInput("a source that http has not", { assertions: [assertion, rcode] }, "assertions.1.source"),
  withInput("a header without a name", { assertions: [{ ...header, property: undefined }] }, "assertions.0.property"),
  withInput("a look-behind", { assertions: [{ ...header, expected: "(?<=a)b" }] }, "assertions.0.expected"),
  withInput("a back-reference", { assertions: [{ ...header, expected: "(a)\\1" }] }, "assertions.0.expected"),
  withInput("a pattern that is none", { assertions: [{ ...header, expected: "(" }] }, "assertions.0.expected"),
  withInput("a JSONPath that is none", { assertions: [{ ...found, property: "$[" }] }, "assertions.0.property"),
  withInput("a JSONPath without $", { assertions: [{ ...found, property: "a" }] }, "assertions.0.property"),
  withInput("an assertion with NUL", { assertions: [{ ...header, expected: "\0" }] }, "assertions.0.expected"),
  withInput(
    "51 expected values",
    { assertions: [{ ...assertion, comparison: "oneOf", expected: Array(51).fill(1) }] },
    "assertions.0.expected"
  ),
  withInput("a member that assertions lack", { assertions: [{ ...assertion, code: "x" }] }, "assertions.0.code"),
  withInput("a spec that is a text", { spec: "https://shop.example" }, "spec"),
  withInput("a spec that is null", { spec: null }, "spec"),
  withSpec("an unknown member of the spec", { follow: true }, "spec.follow"),
  withSpec("a relative URL", { url: "/health" }, "spec.url"),
  withSpec("an empty URL", { url: "" }, "spec.url"),
  withSpec("a script URL", { url: "javascript:alert(1)" }, "spec.url"),
  withSpec("a file URL", { url: "file:///etc/passwd" }, "spec.url"),
  withSpec("a gopher URL", { url: "gopher://shop.example/" }, "spec.url"),
  withSpec("a URL with a user", { url: "https://user@shop.example/" }, "spec.url"),
  withSpec("a URL with a password", { url: "https://user:secret@shop.example/" }, "spec.url"),
  withSpec("a URL with a fragment", { url: "https://shop.example/#top" }, "spec.url"),
  withSpec("a URL over 2,048 characters", { url: `https://shop.example/${"x".repeat(2_048)}` }, "spec.url"),
  withSpec("a URL without a host", { url: "https://" }, "spec.url"),
  withSpec("a URL with port 0", { url: "https://shop.example:0/" }, "spec.url"),
  withSpec("a URL with port 65536", { url: "https://shop.example:65536/" }, "spec.url"),
  withSpec("a URL with a wrong punycode name", { url: "https://xn--iñvalid.example/" }, "spec.url"),
  withSpec("a URL with NUL", { url: "https://shop.example/\0" }, "spec.url"),
  withSpec("the method CONNECT", { method: "CONNECT" }, "spec.method"),
  withSpec("the method TRACE", { method: "TRACE" }, "spec.method"),
  withSpec("a method with a header in it", { method: "GET\r\nX: y" }, "spec.method"),
  withSpec("a header name with a colon", { headers: { "X:": "y" } }, "spec.headers"),
  withSpec("a header name with a line break", { headers: { "X\r\nY": "z" } }, "spec.headers"),
  withSpec("a header value with a line break", { headers: { X: "y\r\nZ: 1" } }, "spec.headers"),
  withSpec("the header Host", { headers: { Host: "other.example" } }, "spec.headers"),
  withSpec("the header content-length", { headers: { "content-length": "5" } }, "spec.headers"),
  withSpec("the header Transfer-Encoding", { headers: { "Transfer-Encoding": "chunked" } }, "spec.headers"),
  withSpec(
    "33 headers",
    { headers: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x-${i}`, "y"])) },
    "spec.headers"
  ),
  withSpec("a header value of 8 kB", { headers: { X: "y".repeat(8_192) } }, "spec.headers"),
  withSpec("a header value that is a number", { headers: { X: 5 } }, "spec.headers.X"),
  withSpec("a body over 16 kB", { body: "x".repeat(16_385) }, "spec.body"),
  withSpec("a body with NUL", { body: "a\0b" }, "spec.body"),
  withSpec("a body with half a surrogate pair", { body: "a\udc00b" }, "spec.body"),
  withSpec("11 redirects", { redirectsMax: 11 }, "spec.redirectsMax")
]

/** Queries of rows, and of the phases and the matrix of a monitor. */
const viewQueries: ReadonlyArray<readonly [path: string, query: string, member: string]> = [
  ["overview/monitors", "offset=-1", "offset"],
  ["overview/monitors", "offset=10001", "offset"],
  ["overview/monitors", "offset=1.5", "offset"],
  ["overview/monitors", "limit=0", "limit"],
  ["overview/monitors", "limit=201", "limit"],
  ["overview/monitors", "sort=size", "sort"],
  ["overview/monitors", "sort=name;drop", "sort"],
  ["overview/monitors", "order=up", "order"],
  ["overview/monitors", "state=asleep", "state"],
  ["overview/monitors", "tag=", "tag"],
  ["overview/monitors", "q=%00", "q"],
  ["overview/monitors", "region=Mars", "region"],
  ["overview/monitors", "kind=HTTP", "kind"],
  ["overview/monitors", "cursor=x", "cursor"],
  ["overview/monitors/now", "sort=uptime", "sort"],
  ["overview/monitors/now", "limit=201", "limit"],
  ["overview/monitors/now", "state=asleep", "state"],
  ["monitors/:id/phases", "points=9", "points"],
  ["monitors/:id/phases", "points=1001", "points"],
  ["monitors/:id/phases", "from=yesterday", "from"],
  ["monitors/:id/phases", "from=2026-02-30T00:00:00Z", "from"],
  ["monitors/:id/phases", "from=2100-01-01T00:00:00Z", "from"],
  ["monitors/:id/phases", "from=1970-01-01T00:00:00Z", "from"],
  ["monitors/:id/phases", "region=mars", "region"],
  ["monitors/:id/matrix", "points=9", "points"],
  ["monitors/:id/matrix", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
  ["monitors/:id/matrix", "region=global", "region"]
]

const queries: ReadonlyArray<readonly [query: string, path: string]> = [
  ["limit=0", "limit"],
  ["limit=501", "limit"],
  ["limit=-1", "limit"],
  ["limit=1.5", "limit"],
  ["limit=NaN", "limit"],
  ["limit=1e999", "limit"],
  ["limit=", "limit"],
  ["limit=1&limit=2", "limit"],
  ["state=asleep", "state"],
  ["tag=", "tag"],
  [`tag=${"t".repeat(65)}`, "tag"],
  ["tag=%00", "tag"],
  ["q=%00", "q"],
  [`q=${"q".repeat(121)}`, "q"],
  ["cursor=1", "cursor"],
  [`cursor=${Buffer.from("results:1").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from("monitors:-1").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from("monitors:99999999999").toString("base64url")}`, "cursor"],
  [`cursor=${"c".repeat(65)}`, "cursor"],
  ["organization=org_other", "organization"]
]

const malformedIds = [
  "1",
  "mon_1",
  "key_00000000000000000000",
  "mon_0000000000000000000000",
  "mon_0000000000000000000%00",
  "..%2fregions",
  "%2e%2e",
  "mon_00000000000000000000%0a",
  `mon_${"0".repeat(10_000)}`
]

layer(TestApi.layer, { excludeTestServices: true })("bad input", (it) => {
  const setup = Effect.gen(function* () {
    const { call, newKey } = yield* TestApi
    const { organizationKey, rows } = yield* TestInstance
    return { call, key: yield* newKey(organizationKey, "write"), rows }
  })

  it.effect(`is refused on creation with a problem that names the member: ${creations.length} rows`, () =>
    Effect.gen(function* () {
      const { call, key, rows } = yield* setup
      for (const [name, sent, expected, path] of creations) {
        const answer = yield* call("POST", "/api/v1/monitors", { key, ...sent })
        assert.strictEqual(answer.status, expected, `${name}: ${answer.text}`)
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", name)
        if (path === undefined) continue
        const paths = answer.json.errors.map((error: { path: string }) => error.path)
        assert.include(paths, path, name)
      }
      assert.strictEqual((yield* rows("select from app.monitors")).length, 0)
      assert.isAtLeast(creations.length, 100)
    })
  )

  it.effect(`is refused in queries: ${queries.length} rows`, () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      for (const [query, path] of queries) {
        const answer = yield* call("GET", `/api/v1/monitors?${query}`, { key })
        assert.strictEqual(answer.status, 400, `${query}: ${answer.text}`)
        assert.strictEqual(answer.json.errors[0].path.split(".")[0], path, query)
        // The name of a schema of ours tells a caller nothing.
        assert.notMatch(answer.json.errors[0].message, /^Expected [A-Z]/, query)
      }
    })
  )

  it.effect(`is refused in queries of views: ${viewQueries.length} rows`, () =>
    Effect.gen(function* () {
      const { call, key, rows } = yield* setup
      const { id } = (yield* call("POST", "/api/v1/monitors", { key, json: input })).json
      for (const [path, query, member] of viewQueries) {
        const answer = yield* call("GET", `/api/v1/${path.replace(":id", id)}?${query}`, { key })
        assert.strictEqual(answer.status, 400, `${path} ${query}: ${answer.text}`)
        assert.strictEqual(answer.json.errors[0].path.split(".")[0], member, query)
        assert.notMatch(answer.json.errors[0].message, /^Expected [A-Z]/, query)
      }
      yield* rows("delete from app.monitors")
    })
  )

  it.effect(`is 404 in identifiers, whatever is wrong with them: ${malformedIds.length} rows`, () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const unknown = yield* call("GET", "/api/v1/monitors/mon_00000000000000000000", { key })
      assert.strictEqual(unknown.status, 404)
      for (const id of malformedIds) {
        const answer = yield* call("GET", `/api/v1/monitors/${id}`, { key })
        assert.strictEqual(answer.status, 404, id)
        assert.strictEqual(answer.text, unknown.text, id)
      }
    })
  )

  it.effect("names everything that is wrong at once", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const answer = yield* call("POST", "/api/v1/monitors", {
        key,
        json: { name: "", regions: [], intervalMs: 5, role: "owner" }
      })
      assert.deepStrictEqual(answer.json.errors.map((error: { path: string }) => error.path).toSorted(), [
        "intervalMs",
        "name",
        "regions",
        "role",
        "spec"
      ])
      const fit = yield* call("POST", "/api/v1/monitors", {
        key,
        json: { ...input, spec: { url: "x", method: "get" }, timeoutMs: 900, intervalMs: 1_000 }
      })
      assert.deepStrictEqual(fit.json.errors.map((error: { path: string }) => error.path).toSorted(), [
        "spec.method",
        "spec.url",
        "timeoutMs"
      ])
    })
  )

  it.effect("is refused in changes as in creations", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const { id } = (yield* call("POST", "/api/v1/monitors", { key, json: { ...input, intervalMs: 10_000 } })).json
      for (const [change, path] of [
        [{ name: "" }, "name"],
        [{ kind: "gopher" }, "kind"],
        [{ spec: {} }, "spec.url"],
        [{ spec: null }, "spec"],
        [{ timeoutMs: 9_000 }, "timeoutMs"],
        [{ intervalMs: 5_000 }, "timeoutMs"],
        [{ regions: ["mars"] }, "regions.0"],
        [{ version: 0 }, "version"],
        [{ paused: true }, "paused"]
      ] as const) {
        const answer = yield* call("PATCH", `/api/v1/monitors/${id}`, { key, json: change })
        assert.strictEqual(answer.status, 422, `${JSON.stringify(change)}: ${answer.text}`)
        assert.strictEqual(answer.json.errors[0].path, path)
      }
      for (const ifMatch of ["x", '"-1"', '"1", "2"', 'W/"1"']) {
        const answer = yield* call("PATCH", `/api/v1/monitors/${id}`, {
          key,
          json: { name: "x" },
          headers: { "if-match": ifMatch }
        })
        assert.strictEqual(answer.status, 400, ifMatch)
      }
      assert.strictEqual((yield* call("GET", `/api/v1/monitors/${id}`, { key })).json.version, 1)
    })
  )

  it.effect("is refused by drafts and bulk changes, which name the member", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const ids = ["mon_00000000000000000000"]
      const pause = { action: "pause" }
      const many = Array.from({ length: 501 }, (_, i) => `mon_${String(i).padStart(20, "0")}`)
      for (const [path, body, member] of [
        ["checks", {}, "spec"],
        ["checks", { spec: {} }, "spec.url"],
        ["checks", { spec: { url: "file:///etc/passwd" } }, "spec.url"],
        ["checks", { spec, kind: "gopher" }, "kind"],
        ["checks", { spec, kind: "heartbeat" }, "kind"],
        ["checks", { spec, timeoutMs: 60_001 }, "timeoutMs"],
        ["checks", { spec, timeoutMs: 0 }, "timeoutMs"],
        ["checks", { spec, waitMs: 30_001 }, "waitMs"],
        ["checks", { spec, regions: [] }, "regions"],
        ["checks", { spec, regions: ["mars"] }, "regions.0"],
        ["checks", { spec, assertions: [{ ...header, expected: "(" }] }, "assertions.0.expected"],
        ["checks", { spec, assertions: [rcode] }, "assertions.0.source"],
        ["checks", { spec, monitorId: "1" }, "monitorId"],
        ["checks", { spec, name: "Shop" }, "name"],
        ["checks", { spec: { ...spec, headers: { x: { secret: "***" } } } }, "spec.headers.x"],
        ["checks", { spec: { ...spec, headers: { x: { sealed: "v1.a.b.c" } } } }, "spec.headers.x"],
        ["monitors/bulk", { change: pause }, "ids"],
        ["monitors/bulk", { ids: [], change: pause }, "ids"],
        ["monitors/bulk", { ids: many, change: pause }, "ids"],
        ["monitors/bulk", { ids: [...ids, ...ids], change: pause }, "ids"],
        ["monitors/bulk", { ids: ["mon_1"], change: pause }, "ids.0"],
        ["monitors/bulk", { ids }, "change"],
        ["monitors/bulk", { ids, change: {} }, "change"],
        ["monitors/bulk", { ids, change: { action: "explode" } }, "change.action"],
        ["monitors/bulk", { ids, change: { ...pause, addTags: ["a"] } }, "change"],
        ["monitors/bulk", { ids, change: { addTags: [""] } }, "change.addTags.0"],
        ["monitors/bulk", { ids, change: { removeTags: ["a", "a"] } }, "change.removeTags"],
        ["monitors/bulk", { ids, change: { regions: ["Mars"] } }, "change.regions.0"],
        ["monitors/bulk", { ids, change: { intervalMs: 999 } }, "change.intervalMs"],
        ["monitors/bulk", { ids, change: { name: "all" } }, "change.name"]
      ] as const) {
        const answer = yield* call("POST", `/api/v1/${path}`, { key, json: body })
        assert.strictEqual(answer.status, 422, `${path} ${JSON.stringify(body)}: ${answer.text}`)
        const paths = answer.json.errors.map((error: { path: string }) => error.path)
        assert.include(paths, member, `${JSON.stringify(body)}: ${answer.text}`)
      }
    })
  )

  it.effect("is refused by run now, credentials and enrollment tokens", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      const { newKey } = yield* TestApi
      const { organizationKey } = yield* TestInstance
      const admin = yield* newKey(organizationKey, "admin")
      const { id } = (yield* call("POST", "/api/v1/monitors", { key, json: input })).json
      for (const [path, body] of [
        [`monitors/${id}/run`, { waitMs: 30_001 }],
        [`monitors/${id}/run`, { waitMs: -1 }],
        [`monitors/${id}/run`, { regions: [] }],
        [`monitors/${id}/run`, { region: "global" }],
        ["api-keys", { name: "x", scopes: [] }],
        ["api-keys", { name: "x", scopes: ["root"] }],
        ["api-keys", { name: "x", scopes: ["read"], expiresInMs: 0 }],
        ["api-keys", { name: "x", scopes: ["read"], organizationId: "org_other" }],
        ["api-keys", { name: "x", scopes: ["read"], token: "osk_mine" }],
        ["enrollment-tokens", { region: "x y" }],
        ["enrollment-tokens", { region: "x", uses: 0 }],
        ["enrollment-tokens", { region: "x", uses: 10_001 }],
        ["enrollment-tokens", { region: "x", expiresInMs: 1e15 }],
        ["enrollment-tokens", { region: "x", organizationId: "org_other" }]
      ] as const) {
        const answer = yield* call("POST", `/api/v1/${path}`, { key: admin, json: body })
        assert.strictEqual(answer.status, 422, `${path} ${JSON.stringify(body)}: ${answer.text}`)
      }
    })
  )

  it.effect("is told from strange input that is fine, which comes back as it was sent", () =>
    Effect.gen(function* () {
      const { call, key } = yield* setup
      for (const name of [
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "=cmd()",
        "'; drop table app.monitors; --",
        "😀 é ñ 漢字 العربية",
        "x".repeat(Monitor.nameLengthMax),
        "😀".repeat(Monitor.nameLengthMax)
      ]) {
        const answer = yield* call("POST", "/api/v1/monitors", { key, json: { ...input, name } })
        assert.strictEqual(answer.status, 201, answer.text)
        assert.strictEqual((yield* call("GET", `/api/v1/monitors/${answer.json.id}`, { key })).json.name, name)
      }
      const deep = `{"name":"deep","spec":{"url":"https://a.example/","headers":{"x":"${"[".repeat(100)}"}}}`
      const answer = yield* call("POST", "/api/v1/monitors", { key, body: deep, headers: json })
      assert.strictEqual(answer.status, 201, "brackets in a text are no nesting")
    })
  )
})
