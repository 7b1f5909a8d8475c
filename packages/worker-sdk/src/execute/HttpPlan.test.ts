import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { IncomingHttpHeaders } from "node:http"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { run, type Spec } from "../testing/HttpChecks.ts"
import { outcomeOf } from "../testing/LoopbackRun.ts"
import { version } from "../Version.ts"

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a target is asked by a spec. */
const sent = (spec: Omit<Spec, "url">, path = "/") =>
  Effect.gen(function* () {
    const seen: Array<Seen> = []
    const target = yield* HostileTargets.http((request, response) => {
      const { headers, method = "", url = "" } = request
      let body = ""
      request.on("data", (chunk) => (body += chunk))
      request.on("end", () => (seen.push({ method, url, headers, body }), response.end()))
    })
    const result = yield* run({ ...spec, url: `${target.url}${path}` })
    assert.strictEqual(outcomeOf(result), "up", result.message)
    assert.lengthOf(seen, 1)
    return seen[0]!
  })

const secret = (value: string) => ({ secret: value })

describe("a request", () => {
  it.live("has the spec's method, path and query", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        assert.deepInclude(yield* sent({ method }, "/a%20b/?q=1&q=ü"), { method, url: "/a%20b/?q=1&q=%C3%BC" })
      }
    })
  )

  it.live("has a text as it is, with its length in bytes and without a type of ours", () =>
    Effect.gen(function* () {
      const { body, headers } = yield* sent({ method: "POST", body: "grüße" })
      assert.strictEqual(body, "grüße")
      assert.strictEqual(headers["content-length"], "7")
      assert.isUndefined(headers["content-type"])
    })
  )

  it.live("has JSON with its type, unless the spec names another", () =>
    Effect.gen(function* () {
      const json = { name: "ü", list: [1, null, true] }
      const { body, headers } = yield* sent({ method: "POST", body: { json } })
      assert.deepStrictEqual(JSON.parse(body), json)
      assert.strictEqual(headers["content-type"], "application/json")
      const other = yield* sent({ method: "PUT", body: { json }, headers: { "Content-Type": "application/ld+json" } })
      assert.strictEqual(other.headers["content-type"], "application/ld+json")
    })
  )

  it.live("has the fields of a form, secret ones too", () =>
    Effect.gen(function* () {
      const { body, headers } = yield* sent({ method: "POST", body: { form: { user: "a b", pass: secret("p&=ü") } } })
      assert.strictEqual(body, "user=a+b&pass=p%26%3D%C3%BC")
      assert.strictEqual(headers["content-type"], "application/x-www-form-urlencoded")
    })
  )

  it.live("has secret bodies and header values", () =>
    Effect.gen(function* () {
      const spec = { method: "POST", body: secret("s3cret"), headers: { "X-Key": secret("k3y") } }
      const { body, headers } = yield* sent(spec)
      assert.strictEqual(body, "s3cret")
      assert.strictEqual(headers["x-key"], "k3y")
    })
  )

  it.live("says length 0 where a body would be expected, and nothing where not", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* sent({ method: "POST" })).headers["content-length"], "0")
      assert.isUndefined((yield* sent({ method: "GET" })).headers["content-length"])
      assert.isUndefined((yield* sent({ method: "DELETE" })).headers["content-length"])
    })
  )

  it.live("has basic credentials in UTF-8, or a bearer token", () =>
    Effect.gen(function* () {
      const basic = yield* sent({ auth: { basic: { username: "ann", password: secret("pä:ss") } } })
      const token = Buffer.from("ann:pä:ss").toString("base64")
      assert.strictEqual(basic.headers.authorization, `Basic ${token}`)
      const bearer = yield* sent({ auth: { bearer: secret("t0ken") } })
      assert.strictEqual(bearer.headers.authorization, "Bearer t0ken")
    })
  )

  it.live("says who we are, unless the spec does, and closes the connection", () =>
    Effect.gen(function* () {
      const ours = (yield* sent({})).headers
      assert.strictEqual(ours["user-agent"], `OpenSeer/${version}`)
      assert.strictEqual(ours.connection, "close")
      assert.strictEqual((yield* sent({ headers: { "User-Agent": "own" } })).headers["user-agent"], "own")
    })
  )

  it.live("asks for a compressed body only when the spec says so", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* sent({})).headers["accept-encoding"], "identity")
      assert.strictEqual((yield* sent({ compression: true })).headers["accept-encoding"], "gzip, deflate, br, zstd")
    })
  )
})
