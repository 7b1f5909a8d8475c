/**
 * The typed client on a real control plane, with a worker.
 */
import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import { type Client, createClient, type LiveEvent, OpenSeerError, paginate } from "@openseer/client"
import { Api, CheckFailure, CheckType, Observation } from "@openseer/core"
import { OpenSeer, toNodeListener } from "@openseer/server"
import { Executor, Worker } from "@openseer/worker-sdk"
import { Effect, ManagedRuntime, Redacted, Schema } from "effect"
import { HttpApi } from "effect/http-api"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { TestDatabase } from "../packages/server/src/embedded/testing/TestDatabase.ts"

const clusterToken = "a-cluster-token-for-tests-only-0123456789"

const LampCheck = CheckType.make({
  kind: "lamp",
  version: 1,
  spec: Schema.Struct({ room: Schema.String }),
  target: ({ room }) => room
})
const lampsOn = new Set(["kitchen"])
const lampExecutor = Executor.make(LampCheck, ({ room }) =>
  lampsOn.has(room)
    ? Effect.succeed({ totalUs: 1_000, phases: Observation.noPhases })
    : Effect.fail(new CheckFailure.TargetFailed({ reason: "check_failed", message: `${room} is dark` }))
)

const database = ManagedRuntime.make(TestDatabase.layer())

/** A control plane on a port, where anybody without a key is its admin. */
const serve = async (port = 0) => {
  const openSeer = await OpenSeer.start({
    databaseUrl: await database.runPromise(TestDatabase.useSync(({ url }) => Redacted.value(url))),
    checkTypes: [LampCheck],
    clusterToken,
    authenticate: async ({ headers }) =>
      headers["authorization"] === undefined ? { id: "admin", organizationId: "test", scopes: ["admin"] } : null
  })
  const server = createServer(toNodeListener(openSeer.handler)).listen(port, "127.0.0.1")
  await once(server, "listening")
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    baseUrl,
    port: Number(new URL(baseUrl).port),
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await openSeer.stop()
    }
  }
}

const errorOf = (call: Promise<unknown>): Promise<OpenSeerError> =>
  call.then(
    () => assert.fail("it succeeded"),
    (error: unknown) => (error instanceof OpenSeerError ? error : Promise.reject(error))
  )

/** A client that notes which endpoints were called. */
const noting = (client: Client, called: Set<string>): Client =>
  new Proxy(client, {
    get: (groups, group: string) =>
      new Proxy(Reflect.get(groups, group) as object, {
        get: (endpoints, endpoint: string) => {
          called.add(`${group}.${endpoint}`)
          return Reflect.get(endpoints, endpoint) as unknown
        }
      })
  })

describe("the client on a control plane", () => {
  let controlPlane: Awaited<ReturnType<typeof serve>>
  let worker: ManagedRuntime.ManagedRuntime<Worker, never>
  let client: Client
  const called = new Set<string>()

  beforeAll(async () => {
    controlPlane = await serve()
    client = noting(createClient({ baseUrl: controlPlane.baseUrl }), called)
    worker = ManagedRuntime.make(
      Worker.layer({
        controlPlane: controlPlane.baseUrl,
        enrollmentToken: Redacted.make(clusterToken),
        region: "here",
        executors: [lampExecutor],
        waitMs: 500
      })
    )
    await worker.context()
  })

  afterAll(async () => {
    await worker.dispose()
    await controlPlane.stop()
    await database.dispose()
  })

  it("every endpoint of the contract is called and decoded", async () => {
    const { apiKeys, auditLog, checks, checkTypes, enrollmentTokens } = client
    const { monitors, organization, regions, results, views, workers } = client
    const { items: kinds } = await checkTypes.list()
    assert.includeMembers(
      kinds.map(({ kind }) => kind),
      ["http", "lamp"]
    )

    const created = await monitors.create({
      name: "Kitchen",
      kind: "lamp",
      spec: { room: "kitchen" },
      intervalMs: 1_000,
      tags: ["home"]
    })
    const monitorId = created.id
    assert.strictEqual(created.target, "kitchen")
    const { runs } = await monitors.run({ monitorId, waitMs: 10_000 })
    assert.deepStrictEqual(
      runs.map(({ report, region }) => [region, report?.outcome]),
      [["global", "up"]]
    )

    for await (const { data, event } of client.events({ monitorId })) {
      if (event === "result" && data.outcome === "up") break
    }
    const { items } = await results.results({ monitorId, outcome: "up" })
    assert.isAbove(items.length, 0)
    assert.strictEqual(items[0]?.totalUs, 1_000)
    assert.isAbove((await results.latency({ monitorId })).overall.n, 0)
    assert.strictEqual((await results.uptime({ monitorId })).uptime, 1)
    assert.lengthOf((await results.timeline({ monitorId, days: 3 })).days, 3)
    assert.strictEqual((await results.overview()).workers.online, 1)

    const [row] = (await views.monitors({ tag: "home" })).items
    assert.deepInclude(row, { id: monitorId, state: "up", regionsUp: 1, regionsTotal: 1 })
    const [now] = (await views.monitorsNow({ tag: "home" })).items
    assert.deepInclude(now, { id: monitorId, state: "up" })
    assert.notProperty(now, "days")
    assert.deepInclude((await views.tags()).items[0], { tag: "home", up: 1 })
    assert.deepInclude(await views.wall(), { ids: [monitorId], states: ["up"] })
    assert.isAbove((await views.phases({ monitorId })).n.length, 0)
    assert.strictEqual((await views.matrix({ monitorId })).regions[0]?.region, "global")
    const drafts = await checks.run({ kind: "lamp", spec: { room: "cellar" }, waitMs: 10_000 })
    assert.strictEqual(drafts.runs[0]?.report?.outcome, "down")
    const bulk = await monitors.bulk({ ids: [monitorId], change: { addTags: ["lamps"] } })
    assert.deepInclude(bulk, { changed: 1, failed: [] })
    assert.strictEqual((await organization.get()).name, "test")
    assert.include(
      (await auditLog.list({ action: "monitor" })).items.map(({ action }) => action),
      "monitor.create"
    )

    assert.strictEqual((await monitors.pause({ monitorId })).state, "paused")
    const { version } = await monitors.resume({ monitorId })
    const changed = await monitors.update({ monitorId, version, name: "Kitchen lamp" })
    assert.strictEqual((await monitors.get({ monitorId })).name, "Kitchen lamp")
    const conflict = await errorOf(monitors.update({ monitorId, version, name: "Lamp" }))
    assert.strictEqual(conflict.failure._tag === "VersionMismatch" && conflict.failure.version, changed.version)

    const backup = await monitors.create({
      name: "Backup",
      kind: "heartbeat",
      spec: { schedule: { periodMs: 60_000 } }
    })
    const { url } = await monitors.pingUrl({ monitorId: backup.id })
    assert.strictEqual((await fetch(url)).status, 200)
    assert.strictEqual((await monitors.get({ monitorId: backup.id })).heartbeat?.lastSignal, "success")
    await monitors.remove({ monitorId: backup.id })

    const here = (await regions.list()).items.find(({ name }) => name === "here")
    assert.strictEqual(here?.workersHealthy, 1)
    const [lamplighter] = (await workers.list()).items
    assert.deepStrictEqual(lamplighter?.checkTypes, [{ kind: "lamp", version: 1 }])
    assert.strictEqual((await errorOf(workers.revoke({ workerId: lamplighter?.id ?? "" }))).kind, "NotFound")

    const token = await enrollmentTokens.create({ region: "there", uses: null })
    assert.match(token.token, /^osen_/)
    await enrollmentTokens.revoke({ enrollmentTokenId: token.id })
    assert.isString((await enrollmentTokens.list()).items[0]?.revokedAt)

    const key = await apiKeys.create({ name: "reader", scopes: ["read"] })
    const reader = createClient({ baseUrl: controlPlane.baseUrl, apiKey: key.token })
    assert.strictEqual((await reader.monitors.get({ monitorId })).id, monitorId)
    assert.strictEqual((await errorOf(reader.monitors.remove({ monitorId }))).kind, "Forbidden")
    await apiKeys.revoke({ apiKeyId: key.id })
    assert.strictEqual((await errorOf(reader.monitors.list())).kind, "Unauthorized")
    assert.lengthOf((await apiKeys.list()).items, 1)

    await monitors.remove({ monitorId })
    assert.strictEqual((await errorOf(monitors.get({ monitorId }))).kind, "NotFound")
    assert.lengthOf((await monitors.list()).items, 0)

    // What people do who are signed in is not for services: their credential is a cookie.
    const ofPeople = new Set(["auth", "account", "members", "invitations"])
    assert.strictEqual((await errorOf(client.members.list())).kind, "Forbidden")
    assert.strictEqual((await errorOf(organization.update({ name: "ours" }))).kind, "Forbidden")
    const all: Array<string> = []
    HttpApi.reflect(Api.Api, {
      predicate: ({ group }) => group.identifier !== "events" && !ofPeople.has(group.identifier),
      onGroup: () => {},
      onEndpoint: ({ endpoint, group }) => all.push(`${group.identifier}.${endpoint.identifier}`)
    })
    assert.deepStrictEqual(
      all.filter((name) => !called.has(name)),
      []
    )
  })

  it("what only the control plane knows of the input is told with its path", async () => {
    const error = await errorOf(client.monitors.create({ name: "Hall", kind: "lamp", spec: { rooms: "hall" } }))
    assert.strictEqual(error.kind, "BadInput")
    assert.includeMembers(
      error.issues.map(({ path }) => path),
      ["spec.room"]
    )
  })

  it("a list is iterated over page by page", async () => {
    const { monitors } = client
    for (const name of ["a", "b", "c", "d", "e"]) {
      await monitors.create({ name, kind: "lamp", spec: { room: "kitchen" }, intervalMs: 60_000, tags: ["paged"] })
    }
    const names: Array<string> = []
    for await (const { id, name } of paginate(monitors.list, { tag: "paged", limit: 2 })) {
      names.push(name)
      await monitors.remove({ monitorId: id })
    }
    assert.deepStrictEqual(names, ["a", "b", "c", "d", "e"])
  })

  it("events go on where they were when a control plane is started again", async () => {
    const other = await serve()
    try {
      const events = createClient({ baseUrl: other.baseUrl }).events()[Symbol.asyncIterator]()
      const next = async <const Kind extends LiveEvent["event"]>(kind: Kind) => {
        for (;;) {
          const { done, value } = await events.next()
          if (done === true) return assert.fail("the events ended")
          if (value.event === kind) return value as Extract<LiveEvent, { readonly event: Kind }>
        }
      }
      assert.isFalse((await next("hello")).data.resumed)
      const spec = { room: "cellar" }
      const { id } = await client.monitors.create({ name: "Cellar", kind: "lamp", spec, intervalMs: 1_000 })
      assert.strictEqual((await next("monitor")).data.monitorId, id)
      const down = await next("state").then((event) => (event.data.state === "down" ? event : next("state")))
      assert.deepInclude(down.data, { monitorId: id, region: "global", state: "down", message: "cellar is dark" })

      await other.stop()
      await client.monitors.remove({ monitorId: id })
      const again = await serve(other.port)
      try {
        assert.isTrue((await next("hello")).data.resumed)
        assert.strictEqual((await next("monitor")).data.monitorId, id)
      } finally {
        await events.return?.()
        await again.stop()
      }
    } finally {
      await other.stop()
    }
  })
})
