import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout } from "node:timers/promises"
import { promisify } from "node:util"
import { inherited } from "./faults/Processes.ts"

const root = resolve(import.meta.dirname, "..")
const bin = join(root, "node_modules/.bin")
const folders = ["packages/core", "sql", "packages/worker-sdk", "packages/server", "packages/client", "apps/worker"]

/** A program as a user writes it, with every entry point that is for users. */
const program = `
import { createClient, OpenSeerError, paginate } from "@openseer/client"
import { OpenSeerClient } from "@openseer/client/effect"
import { CheckType, Observation } from "@openseer/core"
import { OpenSeer, toNodeListener } from "@openseer/server"
import { EmbeddedPostgres } from "@openseer/server/embedded"
import { Executor, Worker } from "@openseer/worker-sdk"
import { Effect, ManagedRuntime, Redacted, Schema } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const DiceCheck = CheckType.make({
  kind: "dice",
  version: 1,
  spec: Schema.Struct({ sides: Schema.Int }),
  target: ({ sides }) => String(sides)
})
const executor = Executor.make(DiceCheck, ({ sides }) =>
  Effect.succeed({ totalUs: sides, phases: Observation.noPhases })
)

const dataDir = process.argv[2] ?? ""
const postgres = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir, durable: false }))
const openSeer = await OpenSeer.start({
  databaseUrl: await postgres.runPromise(EmbeddedPostgres.useSync(({ url }) => Redacted.value(url))),
  checkTypes: [DiceCheck],
  clusterToken: "a-token-of-the-cluster",
  authenticate: async () => ({ id: "me", organizationId: "mine", scopes: ["admin"] })
})
const server = createServer(toNodeListener(openSeer.handler)).listen(0, "127.0.0.1")
await once(server, "listening")
const baseUrl = "http://127.0.0.1:" + (server.address() as AddressInfo).port

const client = createClient({ baseUrl })
const { id } = await client.monitors.create({ name: "Dice", kind: "dice", spec: { sides: 6 }, intervalMs: 1_000 })
const worker = ManagedRuntime.make(
  Worker.layer({
    controlPlane: baseUrl,
    enrollmentToken: Redacted.make("a-token-of-the-cluster"),
    region: "here",
    executors: [executor]
  })
)
await worker.context()

let totalUs: number | undefined
for await (const { data, event } of client.events({ monitorId: id })) {
  if (event !== "result") continue
  totalUs = data.totalUs
  break
}
const names: Array<string> = []
for await (const { name } of paginate(client.monitors.list, { q: "dice" })) names.push(name)
const kind = await client.monitors
  .get({ monitorId: "mon_00000000000000000000" })
  .catch((error: unknown) => (error instanceof OpenSeerError ? error.kind : undefined))
const kinds = await Effect.runPromise(
  OpenSeerClient.use(({ checkTypes }) => checkTypes.list()).pipe(
    Effect.map(({ items }) => items.map((item) => item.kind).filter((name) => name === "http" || name === "dice")),
    Effect.provide(OpenSeerClient.layer({ baseUrl }))
  )
)
const livez = (await fetch(baseUrl + "/livez")).status
console.log("found " + JSON.stringify({ livez, names, totalUs, kind, kinds }))

await worker.dispose()
server.closeAllConnections()
server.close()
await openSeer.stop()
await postgres.dispose()
`

/** A check type of a user's own, which the control plane and the worker share. */
const weatherCheck = `
import { CheckType, Secret } from "@openseer/core"
import { Effect, Schema } from "effect"

export const WeatherCheck = CheckType.make({
  kind: "weather",
  version: 1,
  title: "Weather",
  spec: Schema.Struct({
    place: Schema.NonEmptyString,
    hotC: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(30))),
    token: Schema.optionalKey(Secret.Secret)
  }),
  example: { place: "Berlin" },
  target: ({ place }) => place
})
`

/** A worker that can do it, as a user starts one. */
const weatherWorker = `
import { NodeRuntime } from "@effect/platform-node"
import { Secret } from "@openseer/core"
import { Executor, Worker } from "@openseer/worker-sdk"
import { Effect, Layer, Redacted } from "effect"
import { WeatherCheck } from "./WeatherCheck.ts"

const weatherExecutor = Executor.make(WeatherCheck, ({ hotC, place, token }) =>
  Effect.succeed({
    totalUs: 1_000,
    phases: { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 1_000, downloadUs: 0 },
    detail: { place, hotC, tokenLength: token === undefined ? 0 : Secret.reveal(token).length }
  })
)

NodeRuntime.runMain(
  Layer.launch(
    Worker.layer({
      controlPlane: process.env["OPENSEER_URL"] ?? "",
      enrollmentToken: Redacted.make(process.env["OPENSEER_ENROLLMENT_TOKEN"] ?? ""),
      executors: [weatherExecutor]
    })
  )
)
`

const found = { livez: 200, names: ["Dice"], totalUs: 6, kind: "NotFound", kinds: ["http", "dice"] }

const run = (folder: string, file: string, ...args: ReadonlyArray<string>): Promise<string> =>
  promisify(execFile)(file, args, { cwd: folder, maxBuffer: 1e7 }).then(
    ({ stdout }) => stdout,
    ({ stderr, stdout }: { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`${file} ${args.join(" ")}\n${stdout}\n${stderr}`)
    }
  )

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

/** A program that goes on: what it says can be waited for, and it is stopped as an operator stops it. */
const launch = (cwd: string, env: NodeJS.ProcessEnv, file: string) => {
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
  return {
    said: async (what: RegExp): Promise<void> => {
      const until = performance.now() + 60_000
      while (!what.test(output)) {
        if (child.exitCode !== null || performance.now() > until) throw new Error(`${file} says:\n${output}`)
        await setTimeout(50)
      }
    },
    stop: async (): Promise<void> => {
      if (child.exitCode !== null) return
      child.kill("SIGTERM")
      await once(child, "exit")
    }
  }
}

describe("the published packages, installed into an empty project", () => {
  let folder: string
  let data: string
  let installed: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "openseer-pack-"))
    // On its own: started by root, PostgreSQL runs as another user, who may not enter the folder above.
    data = await mkdtemp(join(tmpdir(), "openseer-pack-data-"))
    await chmod(data, 0o755)
    await run(root, join(bin, "tsc"), "-b")
    await run(root, "npm", "pack", "--pack-destination", folder, ...folders.flatMap((path) => ["-w", path]))
    const manifests = await Promise.all(
      folders.map(async (path) => JSON.parse(await readFile(join(root, path, "package.json"), "utf8")) as Manifest)
    )
    const own = manifests.map(({ name, version }) => [name, `file:${name.slice(1).replace("/", "-")}-${version}.tgz`])
    const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest
    const others = ["effect", "@effect/platform-node", "@types/node"].map((name) => [name, devDependencies[name]])
    const dependencies = Object.fromEntries([...own, ...others])
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
    await writeFile(join(folder, "main.ts"), program)
    await writeFile(join(folder, "WeatherCheck.ts"), weatherCheck)
    await writeFile(join(folder, "worker.ts"), weatherWorker)
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2024",
          lib: ["ES2024", "DOM", "DOM.AsyncIterable"],
          module: "NodeNext",
          types: ["node"],
          strict: true,
          exactOptionalPropertyTypes: true,
          allowImportingTsExtensions: true,
          noEmit: true
        },
        files: ["main.ts", "worker.ts"]
      })
    )
    const install = () => run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund")
    // A dropped connection to the registry is nobody's fault here.
    await install().catch(install)
    installed = join(folder, "node_modules/.bin")
  }, 120_000)

  afterAll(async () => {
    for (const path of [folder, data]) await rm(path, { recursive: true, force: true })
  })

  it("hold no tests", async () => {
    const files = await readdir(join(folder, "node_modules/@openseer"), { recursive: true })
    assert.isAbove(files.length, 100)
    assert.deepStrictEqual(
      files.filter((path) => /\.test\.|\.tsbuildinfo$|(server|client|core)\/.*testing\//.test(path)),
      []
    )
  })

  it("have types that the compiler accepts, those of the packages themselves included", async () => {
    const said = await run(folder, join(bin, "tsc"), "-p", ".", "--pretty", "false").then(
      () => "",
      (error: unknown) => String(error)
    )
    assert.deepStrictEqual(said.match(/^(\w+\.ts|node_modules\/@openseer\/).*$/gm) ?? [], [])
  })

  it("run a control plane, a worker and both clients", { timeout: 60_000 }, async () => {
    const output = await run(folder, process.execPath, "main.ts", data)
    assert.deepStrictEqual(JSON.parse(/^found (.*)$/m.exec(output)?.[1] ?? "null"), found)
  })

  it("add a check type of one's own to npm start: one file, one worker", { timeout: 120_000 }, async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = {
      ...inherited,
      HOME: data,
      OPENSEER_DATA_DIR: join(data, "start"),
      OPENSEER_PORT: String(port),
      OPENSEER_CHECK_TYPES: join(folder, "WeatherCheck.ts")
    }
    const start = launch(root, env, join(root, "scripts/start.ts"))
    const processes = [start]
    try {
      await start.said(/OpenSeer is ready/)
      const openseer = async (...args: ReadonlyArray<string>): Promise<string> =>
        (await promisify(execFile)(process.execPath, [join(root, "packages/server/bin/openseer.js"), ...args], { env }))
          .stdout
      const apiKey = /osk_\w+/.exec(await openseer("bootstrap"))?.[0] ?? ""
      const token = /osen_\w+/.exec(await openseer("token", "create", "garden"))?.[0] ?? ""
      const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
        const response = await fetch(`${url}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        return response.json()
      }
      const worker = { ...env, OPENSEER_URL: url, OPENSEER_ENROLLMENT_TOKEN: token }
      processes.push(launch(folder, worker, "worker.ts"))
      const monitor = {
        name: "Garden",
        kind: "weather",
        spec: { place: "Berlin", token: { secret: "abcdefgh" } },
        intervalMs: 1_000,
        regions: ["garden"],
        assertions: [
          { source: "detail", property: "$.tokenLength", comparison: "equals", expected: 8, severity: "down" }
        ]
      }
      const created = (await api("POST", "/monitors", monitor)) as { readonly id: string; readonly spec: unknown }
      assert.deepEqual(created.spec, { place: "Berlin", hotC: 30, token: { secret: "***" } })
      const until = performance.now() + 60_000
      let state: unknown
      while (state !== "up" && performance.now() < until) {
        await setTimeout(250)
        state = ((await api("GET", `/monitors/${created.id}`)) as { readonly state: unknown }).state
      }
      assert.strictEqual(state, "up")
      const wrong = await api("POST", "/monitors", { ...monitor, spec: { place: "", hotC: "warm" } })
      assert.include(JSON.stringify(wrong), "spec.hotC")
    } finally {
      for (const { stop } of processes.toReversed()) await stop()
    }
  })

  it("have commands that know their version", async () => {
    for (const [command, path] of [
      ["openseer", "packages/server"],
      ["openseer-worker", "apps/worker"]
    ] as const) {
      const { version } = JSON.parse(await readFile(join(root, path, "package.json"), "utf8")) as Manifest
      assert.include(await run(folder, join(installed, command), "--version"), version)
    }
  })
})

interface Manifest {
  readonly name: string
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}
