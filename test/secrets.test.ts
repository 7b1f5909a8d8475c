/**
 * What nobody may find in logs, traces or answers: secrets are planted, the real processes run at their most talkative
 * with a collector beside them, all that they do is made to fail once, and every text that left them is searched.
 */
import { assert, layer } from "@effect/vitest"
import { Token } from "@openseer/core"
import { Effect, Redacted, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import * as Pool from "../packages/server/src/db/Pool.ts"
import * as SecretKeys from "../packages/server/src/secrets/SecretKeys.ts"
import { TestDatabase } from "../packages/server/src/embedded/testing/TestDatabase.ts"
import { Reactivity } from "effect/reactivity"
import { inherited } from "./faults/Processes.ts"

const source = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const bins = { server: source("packages/server/src/cli/bin.ts"), worker: source("apps/worker/src/bin.ts") }

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString()
}

const random = (): string => randomBytes(24).toString("hex")

const tokenIn = async (file: string): Promise<string> => JSON.parse(await readFile(file, "utf8")).token

/** A server on a free port of this machine, closed with the scope. */
const listening = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(listener).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => void server.close().closeAllConnections()
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A process of ours; `text` is all that it wrote. Killed with the scope. */
const running = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, ["--conditions=@openseer/source", ...args], {
        env: { ...inherited, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const written = { child, text: "" }
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => (written.text += chunk.toString()))
      }
      return written
    }),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

const ended = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) resume(Effect.void)
    else child.once("close", () => resume(Effect.void))
  })

/** Waits until something is so, 30 s at most: processes start slowly on a machine that is busy. */
const until = (what: string, isSo: () => boolean | Promise<boolean>) =>
  Effect.tryPromise(async () => {
    if (!(await isSo())) throw new Error(what)
  }).pipe(
    Effect.retry({ times: 300, schedule: Schedule.spaced("100 millis") }),
    Effect.catch(() => Effect.die(new Error(`${what} did not come about`)))
  )

layer(TestDatabase.layer(), { excludeTestServices: true })("secrets", (it) => {
  it.effect(
    "are in no log, span or answer, whatever fails",
    () =>
      Effect.gen(function* () {
        const { name, url } = yield* TestDatabase
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "openseer-secrets-"))),
          (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
        )
        const secrets = {
          databasePassword: random(),
          clusterToken: random(),
          authorization: random(),
          ofSpec: random(),
          firstKey: "",
          secondKey: "",
          unknownKey: Token.fromBytes("osk", randomBytes(64)),
          apiKey: "",
          enrollmentToken: "",
          workerToken: "",
          otherWorkerToken: "",
          pingToken: "",
          invitation: Token.fromBytes("osinv", randomBytes(64)),
          providerCode: random()
        }

        // A user with a password; that the server of the tests may not ask for it does not matter here.
        const { run, sql } = yield* Pool.make({
          name: "background",
          url,
          connections: 1,
          statementTimeoutMs: 5_000,
          waitersMax: 5
        })
        const user = `planted_${name}`
        yield* run(sql.unsafe(`create role ${user} login superuser password '${secrets.databasePassword}'`))
        yield* Effect.addFinalizer(() =>
          Effect.orDie(run(sql.unsafe(`alter role ${user} nologin nosuperuser password null`)))
        )
        const databaseUrl = new URL(Redacted.value(url))
        databaseUrl.username = user
        databaseUrl.password = secrets.databasePassword

        const answers: Array<string> = []
        const exported: Array<string> = []
        const collector = yield* listening((request, response) => {
          void bodyOf(request).then((body) => {
            exported.push(`${request.url}\n${body}`)
            response.writeHead(200, { "content-type": "application/json" }).end("{}")
          })
        })
        const keyLines = [SecretKeys.newLine(), SecretKeys.newLine()] as const
        secrets.firstKey = keyLines[0].split(":")[1]!
        secrets.secondKey = keyLines[1].split(":")[1]!
        const keysFile = join(folder, "secret.keys")
        yield* Effect.promise(() => writeFile(keysFile, keyLines[0], { mode: 0o600 }))

        let isAuthorized = false
        const target = yield* listening((request, response) => {
          isAuthorized ||=
            request.headers.authorization === `Bearer ${secrets.authorization}` &&
            request.headers["x-token"] === secrets.ofSpec
          response.end("ok")
        })
        const free = yield* listening(() => undefined)
        free.close()
        const port = new URL(free.url).port

        const talkative = {
          OPENSEER_LOG_FORMAT: "json",
          OPENSEER_LOG_LEVEL: "trace",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_BSP_SCHEDULE_DELAY: "200"
        }
        const server = yield* running([bins.server, "serve"], {
          ...talkative,
          DATABASE_URL: databaseUrl.href,
          OPENSEER_PORT: port,
          OPENSEER_CLUSTER_TOKEN: secrets.clusterToken,
          OPENSEER_SECRET_KEYS_FILE: keysFile
        })
        yield* until(`readiness: ${server.text}`, async () => (await fetch(`${free.url}/readyz`)).ok)

        const bootstrap = yield* running([bins.server, "bootstrap"], { DATABASE_URL: databaseUrl.href })
        yield* ended(bootstrap.child)
        secrets.apiKey = /osk_[0-9A-Za-z]{36}/.exec(bootstrap.text)?.[0] ?? assert.fail(bootstrap.text)

        const api = (method: string, path: string, json?: unknown, key = secrets.apiKey) =>
          Effect.promise(async () => {
            const response = await fetch(`${free.url}/api/v1${path}`, {
              method,
              headers: {
                authorization: `Bearer ${key}`,
                ...(json === undefined ? {} : { "content-type": "application/json" })
              },
              ...(json === undefined ? {} : { body: JSON.stringify(json) })
            })
            const text = await response.text()
            return { status: response.status, text }
          })
        const refused = (...call: Parameters<typeof api>) =>
          Effect.map(api(...call), ({ status, text }) => {
            assert.isAtLeast(status, 400)
            answers.push(text)
            return status
          })

        const enrollment = yield* api("POST", "/enrollment-tokens", { region: "here" })
        secrets.enrollmentToken = JSON.parse(enrollment.text).token
        const tokenFiles = [join(folder, "one.json"), join(folder, "two.json")] as const
        const worker = { ...talkative, OPENSEER_CONTROL_PLANE_URL: free.url, OPENSEER_EGRESS_ALLOW: "127.0.0.0/8" }
        const workers = [
          yield* running([bins.worker, "run"], {
            ...worker,
            OPENSEER_ENROLLMENT_TOKEN: secrets.enrollmentToken,
            OPENSEER_WORKER_TOKEN_FILE: tokenFiles[0]
          }),
          yield* running([bins.worker, "run"], {
            ...worker,
            OPENSEER_CLUSTER_TOKEN: secrets.clusterToken,
            OPENSEER_REGION: "there",
            OPENSEER_WORKER_TOKEN_FILE: tokenFiles[1]
          })
        ]
        for (const file of tokenFiles) yield* until(file, async () => (await tokenIn(file)) !== "")
        secrets.workerToken = yield* Effect.promise(() => tokenIn(tokenFiles[0]))
        secrets.otherWorkerToken = yield* Effect.promise(() => tokenIn(tokenFiles[1]))

        const monitor = (address: string) => ({
          name: "m",
          spec: {
            url: address,
            headers: { authorization: `Bearer ${secrets.authorization}`, "x-token": { secret: secrets.ofSpec } }
          },
          intervalMs: 1_000,
          timeoutMs: 500,
          regions: ["here", "there"]
        })
        const made = yield* api("POST", "/monitors", monitor(target.url))
        const { id } = JSON.parse(made.text) as { id: string }
        yield* api("POST", "/monitors", monitor("http://127.0.0.1:9/"))
        yield* until("a check with the headers", () => isAuthorized)
        const ran = yield* api("POST", `/monitors/${id}/run`, {})
        assert.strictEqual(ran.status, 200)

        // What the spec keeps secret is not even in the answers that succeed, in the database, or on the worker's disk.
        const shown = [made, ran, yield* api("GET", "/monitors"), yield* api("GET", `/monitors/${id}`)]
        assert.include(shown[2]?.text, '{"secret":"***"}')
        const operator = { DATABASE_URL: databaseUrl.href, OPENSEER_SECRET_KEYS_FILE: keysFile }
        const tables = yield* run(
          sql.unsafe<{ name: string }>(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('app', 'auth', 'ts')"
          )
        )
        const dump = Effect.forEach(tables, ({ name: table }) =>
          run(sql.unsafe<{ text: string | null }>(`select string_agg(t::text, ' ') as text from ${table} t`)).pipe(
            Effect.map(([row]) => row?.text ?? "")
          )
        )
        const stored = (yield* dump).join("\n")
        assert.include(stored, `v1.${keyLines[0].split(":")[0]}.`)
        yield* Effect.promise(() => writeFile(keysFile, keyLines.toReversed().join("\n")))
        const rotated = yield* running([bins.server, "secrets", "rotate"], operator)
        yield* ended(rotated.child)
        assert.match(rotated.text, /^(\d+) secrets, \1 sealed anew with k-/)
        const restored = (yield* dump).join("\n")
        assert.include(restored, `v1.${keyLines[1].split(":")[0]}.`)
        assert.notInclude(restored, `v1.${keyLines[0].split(":")[0]}.`)
        const doctor = yield* running([bins.server, "doctor"], operator)
        yield* ended(doctor.child)
        assert.match(doctor.text, /✓ secrets +\d+ secrets open with 2 keys; k-\w+ is the current one\n/)
        const files = yield* Effect.promise(async () => {
          const names = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".json"))
          return Promise.all(names.map((file) => readFile(join(folder, file), "utf8")))
        })
        const kept = { shown: shown.map(({ text }) => text).join(), stored, restored, files: files.join() }
        for (const [where, text] of Object.entries({ ...kept, rotated: rotated.text, doctor: doctor.text })) {
          for (const secret of [secrets.ofSpec, secrets.firstKey, secrets.secondKey]) {
            assert.isFalse(text.includes(secret) || text.includes(Buffer.from(secret).toString("base64url")), where)
          }
        }

        const heartbeat = { name: "h", kind: "heartbeat", spec: { schedule: { periodMs: 60_000 } } }
        const { id: heartbeatId } = JSON.parse((yield* api("POST", "/monitors", heartbeat)).text) as { id: string }
        const pingUrl: string = JSON.parse((yield* api("POST", `/monitors/${heartbeatId}/ping-url`)).text).url
        secrets.pingToken = /oshb_\w{36}$/.exec(pingUrl)?.[0] ?? assert.fail(pingUrl)
        const ping = Effect.promise(async () => {
          const response = await fetch(`${pingUrl}/1`, { method: "POST", body: "no space left" })
          answers.push(await response.text())
          return response.status
        })
        assert.strictEqual(yield* ping, 200)
        for (const path of [`start?invitation=${secrets.invitation}`, `callback?code=${secrets.providerCode}`]) {
          const answer = yield* Effect.promise(() =>
            fetch(`${free.url}/api/v1/auth/oidc/${path}`, { redirect: "manual" })
          )
          assert.strictEqual(answer.status, 302)
        }

        assert.strictEqual(yield* refused("GET", "/monitors", undefined, secrets.unknownKey), 401)
        assert.strictEqual(
          yield* refused("POST", "/monitors", { ...monitor(target.url), intervalMs: secrets.apiKey }),
          422
        )

        // Everything that reads or writes these fails from here on, with what it was about to write.
        const broken = [
          "app.monitors",
          "ts.results_raw",
          "app.worker_health",
          "app.one_off_jobs",
          "app.heartbeats",
          "auth.enrollment_tokens"
        ]
        for (const [n, table] of broken.entries()) yield* run(sql.unsafe(`alter table ${table} rename to broken_${n}`))
        assert.strictEqual(yield* refused("POST", "/monitors", monitor(target.url)), 500)
        assert.strictEqual(yield* refused("GET", "/monitors"), 500)
        assert.strictEqual(yield* refused("POST", "/enrollment-tokens", { region: "here" }), 500)
        assert.strictEqual(yield* ping, 500)
        const enroll = (token: string) =>
          Effect.promise(async () => {
            const payload = { protocol: 1, token, name: "w", version: "1", regionName: "there" }
            const response = await fetch(`${free.url}/rpc/worker`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify([{ _tag: "Request", id: "1", tag: "Enroll", payload, headers: [] }])
            })
            answers.push(await response.text())
          })
        yield* enroll(secrets.enrollmentToken)
        yield* run(sql.unsafe("alter table app.workers rename to broken_workers"))
        yield* enroll(secrets.clusterToken)
        const failures = () => server.text.split("worker call failed").length - 1
        yield* until("failures of worker calls", () => failures() >= 4)
        yield* until("spans of both", () =>
          ["openseer-server", "openseer-worker"].every((service) =>
            exported.some((text) => text.startsWith("/v1/traces") && text.includes(service))
          )
        )
        const traces = new Set(answers.join().match(/urn:openseer:trace:\w+/g))
        assert.lengthOf([...traces], 4, "each request that failed names a trace of its own")
        for (const { child } of [...workers, server]) child.kill("SIGTERM")
        for (const { child } of [...workers, server]) yield* ended(child)

        const texts = { server: server.text, worker: workers.map(({ text }) => text).join(), answers: answers.join() }
        assert.include(texts.server, "request failed")
        for (const [where, text] of [...Object.entries(texts), ["telemetry", exported.join("\n")] as const]) {
          assert.isAbove(text.length, 200, where)
          for (const [what, secret] of Object.entries(secrets)) {
            assert.isAtLeast(secret.length, 32, what)
            for (const form of [secret, Buffer.from(secret).toString("base64url").slice(0, -2)]) {
              const at = text.indexOf(form)
              if (at >= 0) assert.fail(`${what} is in ${where}: …${text.slice(Math.max(0, at - 300), at + 20)}…`)
            }
          }
        }
      }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)),
    180_000
  )
})
