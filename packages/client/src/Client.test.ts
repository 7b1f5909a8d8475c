import { assert, describe, it } from "@effect/vitest"
import { Api, type Monitor } from "@openseer/core"
import type { Schema } from "effect"
import { HttpApi } from "effect/http-api"
import { inspect } from "node:util"
import { type ClientOptions, createClient } from "./Client.ts"
import { OpenSeerError } from "./OpenSeerError.ts"
import { paginate } from "./Pages.ts"
import { json, type Script, ScriptedServer } from "./testing/ScriptedServer.ts"

const apiKey = "osk_secretsecretsecret"
const monitorId = "mon_0123456789abcdefghij"

const ids = [monitorId, "mon_1123456789abcdefghij", "mon_2123456789abcdefghij"] as const

const monitor = (id: string): typeof Monitor.Monitor.Encoded => ({
  id,
  name: "Shop",
  kind: "http",
  target: "https://shop.example.com",
  spec: { url: "https://shop.example.com" },
  intervalMs: 60_000,
  timeoutMs: 10_000,
  regions: [],
  assertions: [],
  tags: [],
  state: "up",
  version: 1,
  createdAt: "2026-01-31T09:30:00.000Z",
  updatedAt: "2026-01-31T09:30:00.000Z"
})

const problem = (name: string, status: number, members: object = {}) => ({
  type: `urn:openseer:problem:${name}`,
  title: "a title",
  status,
  ...members
})
const busy = problem("service-unavailable", 503, { retryAfterSeconds: 0 })

const withServer = async (
  script: Script,
  body: (client: ReturnType<typeof createClient>, server: ScriptedServer) => Promise<void>,
  options: Partial<ClientOptions> = {}
) => {
  await using server = await ScriptedServer.start(script)
  await body(createClient({ baseUrl: server.baseUrl, apiKey, ...options }), server)
}

const rejectionOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => assert.fail(`resolved to ${JSON.stringify(value)}`),
    (error: unknown) => error
  )

const failureOf = async (call: Promise<unknown>): Promise<OpenSeerError> => {
  const error = await rejectionOf(call)
  assert.instanceOf(error, OpenSeerError)
  assert.instanceOf(error, Error)
  assert.notInclude(inspect(error, { depth: 20, showHidden: true }) + error.stack, "secret")
  return error
}

describe("requests", () => {
  it("path parameters, query and payload come from one object, and the key goes along", () =>
    withServer(
      (response, { method }) =>
        method === "GET"
          ? json(response, 200, { items: [] })
          : json(response, method === "POST" ? 201 : 200, monitor(monitorId), { location: "/somewhere" }),
      async ({ monitors }, server) => {
        const created = await monitors.create({ name: " Shop ", spec: { url: "https://shop.example.com" } })
        await monitors.update({ monitorId, version: 1, tags: ["a"] })
        await monitors.list({ state: "down", limit: 5 })
        await monitors.list()

        assert.strictEqual(created.id, monitorId)
        assert.deepStrictEqual(
          server.received.map(({ body, method, url }) => ({ method, url, body })),
          [
            {
              method: "POST",
              url: "/api/v1/monitors",
              body: {
                name: "Shop",
                kind: "http",
                spec: { url: "https://shop.example.com" },
                regions: ["global"],
                tags: []
              }
            },
            { method: "PATCH", url: `/api/v1/monitors/${monitorId}`, body: { version: 1, tags: ["a"] } },
            { method: "GET", url: "/api/v1/monitors?limit=5&state=down", body: undefined },
            { method: "GET", url: "/api/v1/monitors", body: undefined }
          ]
        )
        for (const { headers } of server.received) {
          assert.strictEqual(headers.authorization, `Bearer ${apiKey}`)
          assert.notProperty(headers, "traceparent")
          assert.notProperty(headers, "b3")
        }
      }
    ))

  it("a base URL may have a path", () =>
    withServer(
      (response) => response.writeHead(204).end(),
      async (_, server) => {
        const { monitors } = createClient({ baseUrl: `${server.baseUrl}/openseer/`, apiKey })
        assert.isUndefined(await monitors.remove({ monitorId }))
        assert.strictEqual(server.received[0]?.url, `/openseer/api/v1/monitors/${monitorId}`)
      }
    ))

  it("input that does not fit is told member by member, and nothing is sent", () =>
    withServer(
      (response) => json(response, 200, {}),
      async ({ monitors }, server) => {
        const error = await failureOf(monitors.create({ name: "", intervalMs: 1, spec: {}, regions: [] }))
        assert.strictEqual(error.kind, "BadInput")
        assert.deepStrictEqual(
          error.issues.map(({ path }) => path),
          ["name", "intervalMs", "regions"]
        )
        const unknown = { monitorId, nmae: "Shop" }
        assert.deepStrictEqual((await failureOf(monitors.update(unknown))).issues, [
          { path: "nmae", message: "is not known here: leave it out" }
        ])
        assert.strictEqual((await failureOf(monitors.get({ monitorId: "../workers" }))).kind, "BadInput")
        assert.lengthOf(server.received, 0)
      }
    ))

  it("no endpoint has two members of the same name in path, query and payload", () => {
    HttpApi.reflect(Api.Api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group }) => {
        const name = `${group.identifier}.${endpoint.identifier}`
        const payloads = [...endpoint.payload.values()].flatMap(({ schemas }) => schemas as ReadonlyArray<Schema.Top>)
        assert.isFalse(payloads.length > 0 && endpoint.query !== undefined, `${name} has a query and a payload`)
        for (const { ast } of [...payloads, ...(endpoint.query === undefined ? [] : [endpoint.query])]) {
          assert.strictEqual(ast._tag, "Objects", `${name} takes something else than an object`)
          for (const member of "propertySignatures" in ast ? ast.propertySignatures : []) {
            assert.notInclude(endpoint.path, `:${String(member.name)}`, name)
          }
        }
      }
    })
  })

  it("options that can't be used are refused at once, and the key is in no message", () => {
    assert.throws(() => createClient({ baseUrl: "127.0.0.1:8080", apiKey }), /baseUrl must be like/)
    let error: unknown
    assert.throws(() => {
      try {
        createClient({ baseUrl: "http://127.0.0.1:8080", apiKey: `${apiKey}\n` })
      } catch (thrown) {
        error = thrown
        throw thrown
      }
    }, TypeError)
    assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "secret")
    const client = createClient({ baseUrl: "http://127.0.0.1:8080", apiKey })
    assert.notInclude(inspect(client, { depth: 20, showHidden: true }), "secret")
  })
})

describe("answers", () => {
  it("problems of the contract reject with their kind, status, detail and members", () =>
    withServer(
      (response, { method }) =>
        method === "GET"
          ? json(response, 404, problem("not-found", 404, { detail: "no such monitor" }))
          : json(response, 412, problem("version-mismatch", 412, { version: 7 })),
      async ({ monitors }) => {
        const missing = await failureOf(monitors.get({ monitorId }))
        assert.deepInclude(missing, { kind: "NotFound", status: 404, detail: "no such monitor" })
        assert.include(missing.stack, "Client.test.ts")

        const { failure } = await failureOf(monitors.update({ monitorId, version: 1 }))
        assert.strictEqual(failure._tag === "VersionMismatch" && failure.version, 7)
      }
    ))

  it("what is no control plane is an UnexpectedAnswer", () =>
    withServer(
      (response, { url }) =>
        url.startsWith("/api/v1/regions")
          ? response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>")
          : json(response, 418, { teapot: true }),
      async ({ monitors, regions }) => {
        assert.deepInclude(await failureOf(regions.list()), { kind: "UnexpectedAnswer", status: 200 })
        assert.deepInclude(await failureOf(monitors.list()), { kind: "UnexpectedAnswer", status: 418 })
      }
    ))

  it("members of a newer version are left out", () =>
    withServer(
      (response) => json(response, 200, { ...monitor(monitorId), mood: "sunny" }),
      async ({ monitors }) => assert.deepStrictEqual({ ...(await monitors.get({ monitorId })) }, monitor(monitorId))
    ))

  it("lists are iterated over to their last page", () =>
    withServer(
      (response, { url }) => {
        const cursor = new URL(url, "http://x").searchParams.get("cursor")
        if (cursor === null) json(response, 200, { items: [monitor(ids[0]), monitor(ids[1])], nextCursor: "c1" })
        else if (cursor === "c1") json(response, 200, { items: [], nextCursor: "c2" })
        else json(response, 200, { items: [monitor(ids[2])] })
      },
      async ({ monitors }, server) => {
        const found: Array<string> = []
        for await (const { id } of paginate(monitors.list, { tag: "shop" })) found.push(id)
        assert.deepStrictEqual(found, [...ids])
        assert.isTrue(server.received.every(({ url }) => url.includes("tag=shop")))
      }
    ))
})

describe("trying again", () => {
  it("GET is tried again when the control plane is busy, away behind a gateway, or its answer breaks off", () =>
    withServer(
      (response, _, index) => {
        if (index === 0) json(response, 503, busy, { "retry-after": "0" })
        else if (index === 1) response.writeHead(502, { "content-type": "text/html" }).end("Bad Gateway")
        else if (index === 2) {
          response.writeHead(200, { "content-type": "application/json", "content-length": 1000 }).write("{")
          setImmediate(() => response.socket?.destroy())
        } else json(response, 200, monitor(monitorId))
      },
      async ({ monitors }, server) => {
        assert.strictEqual((await monitors.get({ monitorId })).id, monitorId)
        assert.lengthOf(server.received, 4)
      }
    ))

  it("a call is not tried again sooner than Retry-After says", () =>
    withServer(
      (response, _, index) =>
        index === 0
          ? json(response, 503, { ...busy, retryAfterSeconds: 1 }, { "retry-after": "1" })
          : json(response, 200, monitor(monitorId)),
      async ({ monitors }) => {
        const startedAt = performance.now()
        await monitors.get({ monitorId })
        assert.isAtLeast(performance.now() - startedAt, 1_000)
      }
    ))

  it("other methods are never tried again, and a Retry-After of minutes is not waited for", () =>
    withServer(
      (response, { method }) =>
        method === "GET"
          ? json(response, 503, { ...busy, retryAfterSeconds: 300 }, { "retry-after": "300" })
          : json(response, 503, busy, { "retry-after": "0" }),
      async ({ monitors }, server) => {
        assert.deepInclude(await failureOf(monitors.pause({ monitorId })), { kind: "ServiceUnavailable", status: 503 })
        assert.deepInclude(await failureOf(monitors.get({ monitorId })), { retryAfterMs: 300_000 })
        assert.lengthOf(server.received, 2)
      }
    ))
})

describe("no answer", () => {
  it("a refused connection is Unreachable and says why", async () => {
    const server = await ScriptedServer.start(() => {})
    const { baseUrl } = server
    await server[Symbol.asyncDispose]()
    const error = await failureOf(createClient({ baseUrl, apiKey }).monitors.pause({ monitorId }))
    assert.deepInclude(error, { kind: "Unreachable", status: undefined })
    assert.match(error.message, /^POST http.*ECONNREFUSED/)
  })

  it("a call ends after its timeout, with its connection", () =>
    withServer(
      () => {},
      async ({ monitors }, server) => {
        const { failure } = await failureOf(monitors.list())
        assert.strictEqual(failure._tag === "Unreachable" && failure.reason, "timeout")
        while (server.open > 0) await new Promise(setImmediate)
      },
      { timeoutMs: 50 }
    ))

  it("an aborted call rejects with the reason of its signal and ends its connection", async () => {
    const controller = new AbortController()
    const reason = new Error("enough")
    await withServer(
      () => controller.abort(reason),
      async ({ monitors }, server) => {
        const { signal } = controller
        assert.strictEqual(await rejectionOf(monitors.list({}, { signal })), reason)
        while (server.open > 0) await new Promise(setImmediate)
        assert.strictEqual(await rejectionOf(monitors.list({}, { signal })), reason)
        assert.lengthOf(server.received, 1)
      }
    )
  })

  it("another fetch may send the requests", async () => {
    const urls: Array<string> = []
    const fetch: typeof globalThis.fetch = async (input) => {
      urls.push(String(input))
      return Response.json({ items: [] })
    }
    const { regions } = createClient({ baseUrl: "https://openseer.example.com", fetch })
    assert.deepStrictEqual((await regions.list()).items, [])
    assert.deepStrictEqual(urls, ["https://openseer.example.com/api/v1/regions"])
  })
})
