/** Ping URLs over HTTP: what they take, what they refuse, and what nobody learns from them. */
import { assert, describe, it as plain, layer } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"
import * as OpenSeer from "../OpenSeer.ts"
import { TestApi } from "../testing/TestApi.ts"
import { cameOf, hourly, makeHeartbeat, minute, monitorOf, ping } from "../testing/TestHeartbeat.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { excerptLengthMax } from "./PingHttp.ts"
import { PingLimit, pingsPerSecondMax } from "./PingLimit.ts"
import { toNodeListener } from "./WebHandler.ts"

const detailOf = (id: string) =>
  Effect.gen(function* () {
    const { rows } = yield* TestInstance
    const [row] = yield* rows<{ message: string; detail: { exitCode?: number; excerpt?: string } }>(`
      select d.message, d.detail from ts.result_details d join app.monitors m using (monitor_key)
       where m.monitor_id = '${id}' order by d.due_at desc limit 1`)
    return row
  })

layer(TestApi.layer, { excludeTestServices: true })("a ping URL", (it) => {
  it.effect("takes GET, HEAD and POST, start, fail and every exit code", () =>
    Effect.gen(function* () {
      const { rows } = yield* TestInstance
      for (const [word, method, expected] of [
        ["", "GET", "up"],
        ["", "HEAD", "up"],
        ["", "POST", "up"],
        ["0", "GET", "up"],
        ["fail", "GET", "down heartbeat_failed"],
        ["fail", "HEAD", "down heartbeat_failed"],
        ["fail", "POST", "down heartbeat_failed"],
        ["1", "GET", "down heartbeat_failed"],
        ["255", "POST", "down heartbeat_failed"]
      ] as const) {
        const heartbeat = yield* makeHeartbeat()
        assert.strictEqual(yield* ping(heartbeat, word, method), 200, `${method} ${word}`)
        assert.deepStrictEqual(yield* cameOf(heartbeat), [expected], `${method} ${word}`)
        yield* rows("update app.heartbeats set token_hash = null")
      }
    })
  )

  it.effect("says with which exit code a job ended, and keeps the beginning of what it wrote", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      const headers = { "content-type": "text/plain" }
      yield* call("POST", `${heartbeat.path}/3`, { body: `disk full\0\n${"x".repeat(60_000)}`, headers })
      const { detail, message } = (yield* detailOf(heartbeat.id))!
      assert.strictEqual(message, "the job ended with exit code 3")
      assert.strictEqual(detail.exitCode, 3)
      assert.match(detail.excerpt!, /^disk full\ufffd\nx+$/)
      assert.strictEqual(detail.excerpt!.length, excerptLengthMax)
      const { json } = yield* call("GET", `/api/v1/monitors/${heartbeat.id}/results?outcome=down`, {
        key: heartbeat.key
      })
      assert.strictEqual(json.items[0].reason, "heartbeat_failed")
      assert.deepStrictEqual(json.items[0].detail, detail)
    })
  )

  it.effect(
    "refuses no body and no content type, keeps nothing of those that succeed, and sets nothing in a browser",
    () =>
      Effect.gen(function* () {
        const { call } = yield* TestApi
        const heartbeat = yield* makeHeartbeat()
        const bodies: ReadonlyArray<readonly [BodyInit, string]> = [
          ["plain", "text/plain"],
          ["{ not json", "application/json"],
          ["a=b", "application/x-www-form-urlencoded"],
          [new Uint8Array([0xff, 0xfe, 0x00, 0xd8]), "application/octet-stream"],
          ["x".repeat(200_000), "multipart/form-data; boundary=none"]
        ]
        for (const [body, type] of bodies) {
          const headers = { "content-type": type, "sec-fetch-site": "cross-site", cookie: "openseer_session=a" }
          const answer = yield* call("POST", heartbeat.path, { body, headers })
          assert.strictEqual(answer.status, 200, type)
          assert.strictEqual(answer.text, "OK\n")
          assert.isNull(answer.headers.get("set-cookie"))
          assert.isNull(answer.headers.get("access-control-allow-origin"))
        }
        assert.isUndefined(yield* detailOf(heartbeat.id))
        for (const [body, type] of bodies) {
          const answer = yield* call("POST", `${heartbeat.path}/fail`, { body, headers: { "content-type": type } })
          assert.strictEqual(answer.status, 200, type)
        }
      })
  )

  it.effect("that is unknown, misspelt or replaced is 404, all alike, and counts nothing", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      const renewed = yield* call("POST", `/api/v1/monitors/${heartbeat.id}/ping-url`, { key: heartbeat.key })
      const last = heartbeat.path.at(-1) === "a" ? "b" : "a"
      const answers = [
        yield* call("GET", heartbeat.path),
        yield* call("GET", `${heartbeat.path.slice(0, -1)}${last}`),
        yield* call("GET", "/ping/oshb_"),
        yield* call("GET", "/ping/%00"),
        yield* call("GET", `/ping/${heartbeat.key}`),
        yield* call("GET", `${renewed.json.path}/256`),
        yield* call("GET", `${renewed.json.path}/-1`),
        yield* call("GET", `${renewed.json.path}/finish`),
        yield* call("POST", `${renewed.json.path}/fail/1`)
      ]
      for (const answer of answers) {
        assert.strictEqual(answer.status, 404)
        assert.strictEqual(answer.text, answers[0]!.text)
      }
      assert.strictEqual((yield* call("PUT", renewed.json.path)).status, 405)
      assert.deepStrictEqual(yield* cameOf(heartbeat), [])
      assert.strictEqual((yield* call("GET", renewed.json.path)).status, 200)
      assert.deepStrictEqual(yield* cameOf(heartbeat), ["up"])
    })
  )

  it.effect("that is unknown is 404 before its body is waited for, which a known one's is", () =>
    Effect.gen(function* () {
      const { call } = yield* TestApi
      const heartbeat = yield* makeHeartbeat()
      yield* call("POST", `/api/v1/monitors/${heartbeat.id}/ping-url`, { key: heartbeat.key })
      const known = yield* makeHeartbeat()
      for (const [{ path }, status] of [
        [heartbeat, 404],
        [known, 200]
      ] as const) {
        let isRead = false
        const pull = (controller: ReadableStreamDefaultController) => {
          isRead = true
          controller.close()
        }
        const body = new ReadableStream({ pull }, { highWaterMark: 0 })
        assert.strictEqual((yield* call("POST", `${path}/fail`, { body })).status, status)
        assert.strictEqual(isRead, status === 200)
      }
    })
  )

  it.effect("is made for writers of its own organization, of heartbeats only, and stored as a hash", () =>
    Effect.gen(function* () {
      const { call, newKey, otherKey } = yield* TestApi
      const { organizationKey, rows } = yield* TestInstance
      const heartbeat = yield* makeHeartbeat()
      const url = `/api/v1/monitors/${heartbeat.id}/ping-url`
      assert.strictEqual((yield* call("POST", url, { key: yield* newKey(otherKey, "admin") })).status, 404)
      assert.strictEqual((yield* call("POST", url, { key: yield* newKey(organizationKey, "read") })).status, 403)
      assert.strictEqual((yield* call("POST", url)).status, 401)
      assert.strictEqual((yield* call("GET", heartbeat.path)).status, 200)
      const http = yield* call("POST", "/api/v1/monitors", {
        key: heartbeat.key,
        json: { name: "Shop", spec: { url: "https://shop.example/" } }
      })
      const refused = yield* call("POST", `/api/v1/monitors/${http.json.id}/ping-url`, { key: heartbeat.key })
      assert.strictEqual(refused.status, 422)
      const made = yield* call("POST", url, {
        key: heartbeat.key,
        headers: { "x-forwarded-proto": "https", "x-forwarded-host": "seer.example" }
      })
      assert.strictEqual(made.json.url, `https://seer.example${made.json.path}`)
      assert.strictEqual(made.headers.get("cache-control"), "no-store")
      const behindTwo = { "x-forwarded-proto": "https, http", "x-forwarded-host": "one.example:8443, two.example" }
      for (const [headers, origin] of [
        [behindTwo, "https://one.example:8443"],
        [{ "x-forwarded-host": "not a host" }, "http://localhost"],
        [{}, "http://localhost"]
      ] as const) {
        const { json } = yield* call("POST", url, { key: heartbeat.key, headers })
        assert.strictEqual(json.url, `${origin}${json.path}`)
      }
      const told = JSON.stringify(
        yield* rows("select h::text from app.heartbeats h union all select e::text from app.events e")
      )
      // What a caller says of its host is nowhere but in its own answer.
      assert.notMatch(told, /(?:seer|one|two)\.example/)
      const token = made.json.path.slice("/ping/".length)
      const stored = JSON.stringify(yield* rows("select h::text from app.heartbeats h"))
      assert.notInclude(stored, token)
      const monitor = yield* call("GET", `/api/v1/monitors/${heartbeat.id}`, { key: heartbeat.key })
      assert.notInclude(monitor.text, token)
      assert.isTrue(monitor.json.heartbeat.hasPingUrl)
    })
  )

  it.effect("called more often than ten times a second is 429 for the rest of it, and counts nothing", () =>
    Effect.gen(function* () {
      const heartbeat = yield* makeHeartbeat()
      const statuses: Array<number> = []
      // Two seconds' worth and more: whichever second this begins in, some are too many.
      for (let i = 0; i < 40; i++) statuses.push(yield* ping(heartbeat, i === 0 ? "" : "start"))
      assert.include(statuses, 429)
      assert.isAtLeast(statuses.filter((status) => status === 200).length, pingsPerSecondMax)
    })
  )

  it.effect(
    "called a thousand times by a hundred jobs at once answers all in seconds, and each job has one result",
    () =>
      Effect.gen(function* () {
        const { rows } = yield* TestInstance
        const heartbeats = yield* Effect.forEach(Array.from({ length: 100 }), () => makeHeartbeat(), { concurrency: 4 })
        const startedAt = performance.now()
        const statuses = yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, i) => heartbeats[i % 100]!),
          (heartbeat) => ping(heartbeat),
          { concurrency: 64 }
        )
        const elapsedMs = performance.now() - startedAt
        assert.deepStrictEqual([...new Set(statuses)], [200])
        const ids = heartbeats.map(({ id }) => `'${id}'`).join()
        const [stored] = yield* rows<{ results: number }>(`
          select count(*)::int as results from ts.results_raw join app.monitors using (monitor_key)
           where monitor_id in (${ids})`)
        assert.strictEqual(stored?.results, 100)
        assert.isBelow(elapsedMs, 30_000, "a thousand pings")
      }),
    60_000
  )

  it.effect(
    "is all that starts a heartbeat: run now, workers and settings of other kinds are refused with a sentence",
    () =>
      Effect.gen(function* () {
        const { call } = yield* TestApi
        const { rows } = yield* TestInstance
        const heartbeat = yield* makeHeartbeat()
        const run = yield* call("POST", `/api/v1/monitors/${heartbeat.id}/run`, { key: heartbeat.key, json: {} })
        assert.strictEqual(run.status, 422)
        assert.match(run.json.errors[0].message, /its job calls the ping URL/)
        assert.deepStrictEqual(yield* rows("select from app.jobs where check_kind = 'heartbeat'"), [])
        assert.deepStrictEqual(
          yield* rows(
            "select from app.placements join app.monitors using (monitor_key) where check_kind = 'heartbeat'"
          ),
          []
        )
        const create = (more: object) =>
          call("POST", "/api/v1/monitors", {
            key: heartbeat.key,
            json: { name: "Backup", kind: "heartbeat", spec: hourly, ...more }
          })
        for (const [more, path] of [
          [{ intervalMs: 60_000 }, "intervalMs"],
          [{ timeoutMs: 1_000 }, "timeoutMs"],
          [{ regions: ["eu-west-1"] }, "regions"],
          [{ assertions: [{ source: "status", comparison: "equals", expected: 200, severity: "down" }] }, "assertions"],
          [{ spec: { schedule: { cron: "0 3 * *" } } }, "spec.schedule"]
        ] as const) {
          const refused = yield* create(more)
          assert.strictEqual(refused.status, 422, JSON.stringify(more))
          assert.isTrue(
            refused.json.errors.some((error: { path: string }) => error.path.startsWith(path)),
            refused.text
          )
        }
        const allowed = yield* create({ regions: ["global"], assertions: [], tags: ["nightly"] })
        assert.strictEqual(allowed.status, 201, allowed.text)
        assert.strictEqual(allowed.json.target, "every 1 h, grace 10 min")
        assert.strictEqual(allowed.json.intervalMs, 60 * minute)
        assert.isFalse(allowed.json.heartbeat.hasPingUrl)
        const change = { intervalMs: 30_000 }
        const changed = yield* call("PATCH", `/api/v1/monitors/${heartbeat.id}`, { key: heartbeat.key, json: change })
        assert.strictEqual(changed.status, 422)
        assert.strictEqual((yield* monitorOf(heartbeat)).version, 1)
      })
  )
})

describe("the limit of pings", () => {
  plain("is by URL and by second", () => {
    const limit = new PingLimit()
    const admitted = (token: string, at: number) =>
      Array.from({ length: 12 }, () => limit.admits(token, at)).filter(Boolean).length
    assert.strictEqual(admitted("a", 1_000), pingsPerSecondMax)
    assert.strictEqual(admitted("b", 1_999), pingsPerSecondMax)
    assert.strictEqual(admitted("a", 1_999), 0)
    assert.strictEqual(admitted("a", 2_000), pingsPerSecondMax)
  })
})

describe("an embedded control plane", () => {
  plain(
    "takes pings, also with bodies that never end, over a socket of its host program",
    async () => {
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const { url } = yield* TestDatabase
            yield* Effect.promise(async () => {
              const openSeer = await OpenSeer.start({
                databaseUrl: (await import("effect")).Redacted.value(url),
                logLevel: "None",
                authenticate: async () => ({ id: "me", scopes: ["admin"], organizationId: "org_me" })
              })
              const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
              await new Promise((resolve) => server.once("listening", resolve))
              const { port } = server.address() as AddressInfo
              const base = `http://127.0.0.1:${port}`
              const post = (path: string, json: object) =>
                fetch(`${base}${path}`, {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: JSON.stringify(json)
                })
              const created = await post("/api/v1/monitors", { name: "Backup", kind: "heartbeat", spec: hourly })
              const { id } = (await created.json()) as { id: string }
              const made = await fetch(`${base}/api/v1/monitors/${id}/ping-url`, { method: "POST" })
              const { path, url: pingUrl } = (await made.json()) as { path: string; url: string }
              assert.strictEqual(pingUrl, `${base}${path}`)
              assert.strictEqual((await fetch(pingUrl)).status, 200)
              const large = await fetch(`${pingUrl}/fail`, { method: "POST", body: "x".repeat(1_000_000) })
              assert.strictEqual(large.status, 200)
              const slow = await new Promise<string>((resolve, reject) => {
                const socket = connect(port, "127.0.0.1", () => {
                  socket.write(`POST ${path}/7 HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nstill writing`)
                })
                socket.once("data", (data) => {
                  resolve(data.toString())
                  socket.destroy()
                })
                socket.once("error", reject)
              })
              assert.match(slow, /^HTTP\/1\.1 200 /)
              server.closeAllConnections()
              server.close()
              await openSeer.stop()
            })
          })
        ).pipe(Effect.provide(TestDatabase.layer()))
      )
    },
    60_000
  )
})
