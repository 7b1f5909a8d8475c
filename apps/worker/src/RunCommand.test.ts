import { assert, describe, it } from "@effect/vitest"
import type { WorkerRpc } from "@openseer/core"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { ScriptedControlPlane as Scripted } from "@openseer/worker-sdk/testing"

const bin = fileURLToPath(new URL("bin.ts", import.meta.url))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(`${tmpdir()}/openseer-worker-`)),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

interface Process {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exit: Effect.Effect<number | null>
}

/** `openseer-worker run` as a process of its own, with only these variables. */
const launch = (environment: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync((): Process => {
      const child = spawn(process.execPath, ["--conditions=@openseer/source", bin, "run"], {
        env: { PATH: process.env["PATH"], ...environment },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let output = ""
      const note = (chunk: Buffer) => void (output += chunk.toString())
      child.stdout.on("data", note)
      child.stderr.on("data", note)
      const exited = new Promise<number | null>((resolve) => child.on("close", resolve))
      return { child, output: () => output, exit: Effect.promise(() => exited) }
    }),
    ({ child, exit }) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        exit
      )
  )

const until = (what: string, condition: () => boolean) =>
  Effect.sleep(20).pipe(
    Effect.repeat({ while: () => !condition() }),
    Effect.timeoutOrElse({ duration: 12_000, orElse: () => Effect.die(new Error(`not within 12 s: ${what}`)) })
  )

/** A server on a free port of 127.0.0.1, and its address. */
const serve = (handler: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const server = createServer(handler)
      return new Promise<Server>((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)))
    }),
    (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    })
  )

const httpJob = (url: string): WorkerRpc.Job => ({
  jobId: 1,
  oneOff: false,
  leaseId: 1,
  version: 1,
  checkType: { kind: "http", version: 1 },
  regionName: "test-1",
  tickAt: 1_800_000_000_000,
  dueInMs: 0,
  intervalMs: 10_000,
  leaseMs: 30_000,
  latenessMaxMs: 10_000,
  members: [{ monitorKey: 1, monitorId: "m-1", offsetMs: 0, timeoutMs: 2_000, spec: { url }, assertions: [] }]
})

describe("openseer-worker run", () => {
  it.live(
    "enrolls, checks a target, sends telemetry, and exits with 0 after SIGTERM without having told a secret",
    () =>
      Effect.gen(function* () {
        const telemetry: Array<string> = []
        const collector = yield* serve((request, response) => {
          request.on("data", (chunk: Buffer) => telemetry.push(`${request.url} ${chunk.toString()}`))
          request.on("end", () => response.end("{}"))
        })
        const target = yield* serve((_, response) => response.writeHead(204).end())
        const jobs = [httpJob(`${target}/health`)]
        const server = yield* Scripted.make({
          getJobs: ({ waitMs }) =>
            jobs.length > 0 ? Effect.succeed(jobs.splice(0)) : Effect.as(Effect.sleep(waitMs), [])
        })
        const tokenFile = `${yield* folder}/worker.json`
        const worker = yield* launch({
          OPENSEER_CONTROL_PLANE_URL: server.url,
          OPENSEER_CLUSTER_TOKEN: "precious-cluster-token",
          OPENSEER_REGION: "test-1",
          OPENSEER_WORKER_TOKEN_FILE: tokenFile,
          OPENSEER_LOG_FORMAT: "json",
          OPENSEER_LOG_LEVEL: "trace",
          OPENSEER_EGRESS_ALLOW: "127.0.0.0/8",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector
        })
        yield* until("a result", () => server.submissions().some(({ final }) => final))
        const [result] = server.submissions()[0]!.results as ReadonlyArray<WorkerRpc.RunResult>
        assert.strictEqual(result?.outcome, "up")
        assert.strictEqual(result?.observation?.statusCode, 204)
        worker.child.kill("SIGTERM")
        assert.strictEqual(yield* worker.exit, 0)

        assert.strictEqual(statSync(tokenFile).mode & 0o777, 0o600)
        assert.include(readFileSync(tokenFile, "utf8"), "ostk_test")
        for (const line of worker.output().trim().split("\n")) assert.isObject(JSON.parse(line))
        assert.include(worker.output(), "worker stopped")
        const told = worker.output() + telemetry.join("\n")
        assert.notInclude(told, "precious-cluster-token")
        assert.notInclude(told, "ostk_test")
        for (const path of ["/v1/logs", "/v1/traces", "/v1/metrics"]) {
          assert.isTrue(
            telemetry.some((body) => body.startsWith(path)),
            path
          )
        }
      })
  )

  it.live("stops with 1 and a sentence when its configuration or its enrollment cannot be used", () =>
    Effect.gen(function* () {
      const tokenFile = `${yield* folder}/worker.json`
      const misspelt = yield* launch({ OPENSEER_WORKER_CONCURENCY: "4" })
      const unenrolled = yield* launch({ OPENSEER_WORKER_TOKEN_FILE: tokenFile })
      assert.strictEqual(yield* misspelt.exit, 1)
      assert.strictEqual(
        misspelt.output().trim(),
        "OPENSEER_WORKER_CONCURENCY is not a setting of a worker: correct its name or remove it."
      )
      assert.strictEqual(yield* unenrolled.exit, 1)
      assert.include(unenrolled.output(), "OPENSEER_ENROLLMENT_TOKEN")
    })
  )
})
