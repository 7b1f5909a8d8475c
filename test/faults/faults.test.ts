/**
 * The promises of GUARANTEES.md under faults: real processes, a real database, kills in a seeded order.
 *
 * `OPENSEER_TEST_SEED` replays an order. The negative control breaks ingest on purpose: if the checker did not notice,
 * it would not be believed when it notices nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, References, Schedule } from "effect"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Bootstrap from "../../packages/server/src/accounts/Bootstrap.ts"
import { Database } from "../../packages/server/src/db/Database.ts"
import { migrate } from "../../packages/server/src/db/Migrations.ts"
import { EmbeddedPostgres } from "../../packages/server/src/embedded/EmbeddedPostgres.ts"
import * as Checker from "./Checker.ts"
import { freePort, program, untilReady } from "./Processes.ts"
import { Random } from "./Random.ts"
import * as UnreliableWorker from "./UnreliableWorker.ts"

const seed = Number(process.env["OPENSEER_TEST_SEED"] ?? Date.now() % 1_000_000)
const clusterToken = "a-cluster-token-for-tests-only-0123456789"

const folder = Effect.acquireRelease(
  Effect.promise(async () => {
    const path = await mkdtemp(join(tmpdir(), "openseer-faults-"))
    // Started by root, PostgreSQL runs as somebody else, who must be able to enter.
    await chmod(path, 0o755)
    return path
  }),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Answers every connection at once. */
const target = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"))
    })
    server.listen(0, "127.0.0.1", () =>
      resume(
        Effect.succeed({
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          close: () => server.close()
        })
      )
    )
  }),
  ({ close }) => Effect.sync(close)
)

const execute = Effect.fnUntraced(function* (text: string) {
  const { background } = yield* Database
  return yield* background.run(background.sql.unsafe<Record<string, unknown>>(text))
})

/** Two control planes, three workers of two regions, one unreliable worker of a third, and a database, all killable. */
const makeSystem = Effect.gen(function* () {
  const dir = yield* folder
  const postgres = yield* EmbeddedPostgres
  const databaseUrl = Redacted.value(postgres.url)
  yield* migrate
  const { apiKey } = yield* Bootstrap.bootstrap({})
  const controls = yield* Effect.forEach(["a", "b"], (name) =>
    Effect.gen(function* () {
      const port = yield* freePort
      const control = yield* program(`control plane ${name}`, "openseer", ["serve"], {
        DATABASE_URL: databaseUrl,
        OPENSEER_PORT: String(port),
        OPENSEER_CLUSTER_TOKEN: clusterToken
      })
      yield* control.start
      return { program: control, url: `http://127.0.0.1:${port}` }
    })
  )
  for (const { program: control, url } of controls) yield* untilReady(url, control)
  const workers = yield* Effect.forEach(["east", "east", "west"], (region, index) =>
    program(`worker ${index}`, "openseer-worker", ["run"], {
      OPENSEER_CONTROL_PLANE_URL: controls[index % controls.length]!.url,
      OPENSEER_CLUSTER_TOKEN: clusterToken,
      OPENSEER_REGION: region,
      OPENSEER_WORKER_NAME: `worker-${index}`,
      OPENSEER_WORKER_TOKEN_FILE: join(dir, `worker-${index}.json`),
      OPENSEER_EGRESS_ALLOW: "127.0.0.0/8"
    })
  )
  for (const worker of workers) yield* worker.start
  // On a busy machine it may still be starting after the kill before this one.
  const killPostgres = Effect.tryPromise(async () => {
    const pid = Number((await readFile(join(postgres.dataDir, "data", "postmaster.pid"), "utf8")).split("\n")[0])
    process.kill(pid, "SIGKILL")
  }).pipe(Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }), Effect.orDie)
  const post = (path: string, body: unknown) =>
    Effect.tryPromise(async () => {
      const response = await fetch(`${controls[0]!.url}/api/v1${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${Redacted.value(apiKey)}`, "content-type": "application/json" },
        body: JSON.stringify(body)
      })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as { readonly id: string }
    })
  return { controls, workers, killPostgres, post, urls: controls.map(({ url }) => url) }
})

/** Waits for the regions: they are made when the first worker enrolls. */
const untilRegions = (names: ReadonlyArray<string>) =>
  execute(`select count(*)::int as n from app.regions where name in (${names.map((n) => `'${n}'`).join()})`).pipe(
    Effect.repeat({
      until: (rows) => rows[0]?.["n"] === names.length,
      schedule: Schedule.spaced("100 millis"),
      times: 300
    })
  )

/** Pauses everything and waits until no job has a tick to come or under way. */
const drain = Effect.gen(function* () {
  yield* execute("update app.monitors set paused_at = now()")
  yield* execute("select app.remove(monitor_key) from app.monitors order by monitor_key")
  yield* execute("select count(*)::int as n from app.jobs where ready_at < 'infinity'").pipe(
    Effect.repeat({ until: (rows) => rows[0]?.["n"] === 0, schedule: Schedule.spaced("200 millis"), times: 300 }),
    Effect.tap(([row]) => Effect.sync(() => assert.strictEqual(row?.["n"], 0, "jobs that still have a tick to come")))
  )
})

const Environment = Layer.unwrap(
  Effect.map(folder, (dir) => {
    const postgres = EmbeddedPostgres.layer({ dataDir: join(dir, "postgres") })
    const database = Layer.unwrap(
      EmbeddedPostgres.useSync(({ url }) =>
        Database.layer({ url, workerConnections: 2, apiConnections: 2, backgroundConnections: 4 })
      )
    )
    return database.pipe(Layer.provideMerge(postgres))
  })
).pipe(Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Error")))

/** Runs the system under kills and answers what the checker says. `before` may break something first. */
const run = (options: {
  readonly kills: ReadonlyArray<"worker" | "control plane" | "postgres">
  readonly lateShare: number
  readonly before?: string
}) =>
  Effect.gen(function* () {
    const random = new Random(seed)
    const system = yield* makeSystem
    if (options.before !== undefined) yield* execute(options.before)
    const deeds: UnreliableWorker.Deeds = {
      acknowledged: [],
      verdicts: { stored: 0, duplicate: 0, fenced: 0, refused: 0 },
      late: 0
    }
    const unreliable = yield* UnreliableWorker.work({
      urls: system.urls,
      enrollmentToken: clusterToken,
      regionName: "north",
      random: new Random(seed + 1),
      deeds,
      lateShare: options.lateShare
    }).pipe(Effect.forkScoped)
    yield* untilRegions(["east", "west", "north"])
    const { url } = yield* target
    for (let i = 0; i < 40; i++) {
      yield* system.post("/monitors", {
        name: `monitor ${i}`,
        spec: { url },
        intervalMs: 1_000,
        timeoutMs: 500,
        regions: i % 2 === 0 ? ["east", "north"] : ["west", "north"]
      })
    }
    yield* Effect.sleep("2 seconds")
    for (const kind of random.shuffled(options.kills)) {
      if (kind === "postgres") yield* system.killPostgres
      else {
        const programs = kind === "worker" ? system.workers : system.controls.map(({ program: control }) => control)
        const victim = programs[Math.floor(random.next() * programs.length)]!
        yield* victim.kill
        yield* Effect.sleep("300 millis")
        yield* victim.start
      }
      yield* Effect.sleep(1_000 + random.next() * 1_500)
    }
    // Longer than a lease, so that what was submitted late is among it.
    yield* Effect.sleep("9 seconds")
    yield* unreliable.pipe(Fiber.interrupt)
    for (const each of [...system.workers, ...system.controls.map(({ program: control }) => control)]) {
      assert.isFalse(each.endedByItself(), `${each.name} ended by itself:\n${each.output()}`)
    }
    yield* drain
    for (const worker of system.workers) yield* worker.stop
    for (const { program: control } of system.controls) yield* control.stop
    yield* Checker.rollUpAll
    const lost = yield* Checker.lost(deeds.acknowledged)
    return { violations: yield* Checker.violations, account: yield* Checker.account, lost, deeds }
  }).pipe(Effect.scoped, Effect.provide(Environment), Effect.scoped)

const five = <A>(kind: A): ReadonlyArray<A> => [kind, kind, kind, kind, kind]

// Each has a system of its own, which mostly waits.
describe.concurrent("under faults", () => {
  it.live(
    "kill -9 of workers, control planes and PostgreSQL, five times each: nothing acknowledged is lost, nothing counted twice, nothing silently absent",
    () =>
      Effect.gen(function* () {
        const { account, deeds, lost, violations } = yield* run({
          kills: [...five("worker" as const), ...five("control plane" as const), ...five("postgres" as const)],
          lateShare: 0.07
        })
        const report = JSON.stringify({ seed, account, verdicts: deeds.verdicts, late: deeds.late })
        yield* Effect.sync(() => console.log(`faults: ${report}`))
        assert.deepStrictEqual(violations, [], report)
        assert.strictEqual(lost, 0, report)
        assert.isAbove(account?.results ?? 0, 500, report)
        assert.isAbove(account?.missed ?? 0, 0, report)
        assert.isAbove(deeds.acknowledged.length, 150, report)
        assert.isAbove(deeds.verdicts.duplicate + deeds.verdicts.fenced, 0, report)
      }),
    180_000
  )

  it.live(
    "the checker notices an ingest without its fencing condition",
    () =>
      Effect.gen(function* () {
        const { violations } = yield* run({
          kills: ["worker", "control plane", "worker"],
          lateShare: 0.5,
          before: `do $$ begin execute replace(pg_get_functiondef('app.submit'::regproc),
            'job_id = s.j and lease_id = s.l and worker_key = p_worker_key and due_at = v_tick', 'job_id = s.j'); end $$`
        })
        yield* Effect.sync(() => console.log(`negative control: ${JSON.stringify(violations)}`))
        assert.isAbove(violations.length, 0)
      }),
    120_000
  )
})
