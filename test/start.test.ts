/**
 * `npm start` and the commands beside it, as a newcomer uses them: real processes on an empty data folder.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { createServer as createHttpServer } from "node:http"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { inherited } from "./faults/Processes.ts"

const path = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url))

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

interface Ended {
  readonly code: number | null
  readonly output: string
}

describe("npm start", () => {
  let folder: string
  let environment: NodeJS.ProcessEnv
  let url: string
  let dashboardUrl: string
  let start: ChildProcess
  let output = ""
  let apiKey: string

  const run = async (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    const child = spawn(process.execPath, args, { env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] })
    let text = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()))
    const [code] = (await once(child, "close")) as [number | null]
    return { code, output: text }
  }
  const openseer = (...args: ReadonlyArray<string>) => run([path("packages/server/bin/openseer.js"), ...args])

  const launch = (): ChildProcess => {
    output = ""
    const child = spawn(process.execPath, [path("scripts/start.ts")], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"]
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
    }
    return child
  }

  const until = async <A>(what: string, ask: () => Promise<A | undefined>, ms = 60_000): Promise<A> => {
    const end = performance.now() + ms
    for (;;) {
      const answer = await ask().catch(() => undefined)
      if (answer !== undefined) return answer
      if (performance.now() > end) throw new Error(`${what} did not come about; the console says:\n${output}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  const api = async <A>(method: string, at: string, body?: unknown): Promise<A> => {
    const response = await fetch(`${url}/api/v1${at}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as A
  }

  const ready = () => until("readiness", async () => (output.includes("OpenSeer is ready") ? true : undefined), 170_000)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "openseer-start-"))
    // Started by root, PostgreSQL runs as somebody else, who must be able to enter.
    await chmod(folder, 0o755)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const dashboardPort = await freePort()
    dashboardUrl = `http://127.0.0.1:${dashboardPort}`
    environment = {
      ...inherited,
      HOME: folder,
      OPENSEER_DATA_DIR: join(folder, "data"),
      OPENSEER_PORT: String(port),
      OPENSEER_DASHBOARD_PORT: String(dashboardPort)
    }
    start = launch()
    await ready()
  }, 180_000)

  afterAll(async () => {
    if (start.exitCode === null) {
      start.kill("SIGTERM")
      await once(start, "exit")
    }
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  it("is ready, says where it listens, and answers /readyz with 200", async () => {
    assert.include(output, url)
    assert.strictEqual((await fetch(`${url}/readyz`)).status, 200)
    assert.strictEqual((await fetch(`${url}/livez`)).status, 200)
  })

  it("serves the dashboard on its own port, and the API on the same origin", async () => {
    assert.include(output, dashboardUrl.replace("127.0.0.1", "localhost"))
    const page = await fetch(`${dashboardUrl}/sign-in`)
    assert.strictEqual(page.status, 200)
    assert.include(await page.text(), "Sign in")
    const openApi = await fetch(`${dashboardUrl}/api/v1/openapi.json`)
    assert.strictEqual(((await openApi.json()) as { readonly openapi: string }).openapi, "3.1.0")
  })

  it("does not start where a port is taken or a setting wrong: one sentence says what to do", async () => {
    for (const [setting, said] of [
      ["OPENSEER_PORT", /The dashboard can't listen on .*: set OPENSEER_DASHBOARD_PORT to a port that is free\n$/],
      ["OPENSEER_DASHBOARD_PORT", /The API can't listen on .*: set OPENSEER_PORT to a port that is free\n$/]
    ] as const) {
      const { code, output: text } = await run([path("scripts/start.ts")], { [setting]: String(await freePort()) })
      assert.strictEqual(code, 1, text)
      assert.match(text, said)
    }
    const free = { OPENSEER_PORT: String(await freePort()), OPENSEER_DASHBOARD_PORT: String(await freePort()) }
    const wrong = await run([path("scripts/start.ts")], { ...free, OPENSEER_LOG_LEVEL: "loud" })
    assert.strictEqual(wrong.code, 1, wrong.output)
    assert.match(wrong.output, /OPENSEER_LOG_LEVEL[^]*the control plane could not start/)
  })

  it("shows how to claim it, once and last of all it says at its start, and when it is asked again", async () => {
    const link = /http:\/\/localhost:\d+\/setup\?token=osset_[0-9A-Za-z]{36}\s/
    const last = output.slice(output.indexOf("OpenSeer is ready"))
    assert.match(last, link)
    assert.include(last, "npx openseer setup-link")
    assert.notMatch(last, /INFO|WARN/)
    assert.include(output, "worker started")
    assert.lengthOf(output.match(/osset_/g)!, 1)
    const { code, output: text } = await openseer("setup-link")
    assert.strictEqual(code, 0, text)
    assert.match(text, link)
  })

  it("is claimed once by openseer bootstrap in a second shell, which prints a key", async () => {
    const { code, output: text } = await openseer("bootstrap")
    assert.strictEqual(code, 0, text)
    apiKey = /osk_[0-9A-Za-z]{36}/.exec(text)?.[0] ?? assert.fail(text)
    const again = await openseer("bootstrap")
    assert.strictEqual(again.code, 1)
    assert.notMatch(again.output, /osk_/)
    const another = await openseer("bootstrap", "--new-key")
    assert.match(another.output, /osk_[0-9A-Za-z]{36}/)
  })

  it("refuses what a command can't do in one sentence, and keeps it out of the database", async () => {
    for (const [args, said] of [
      [["token", "create", "Bad Region"], /region: must be .* lower case letters/],
      [["token", "create", "here", "--hours", "0"], /expiresInMs: /],
      [["token", "revoke", "nonsense"], /there is no enrollment token nonsense/]
    ] as const) {
      const { code, output: text } = await openseer(...args)
      assert.strictEqual(code, 1, text)
      assert.match(text, said)
      assert.lengthOf(text.match(/^openseer: /gm) ?? [], 1)
    }
    assert.notInclude(JSON.stringify(await api("GET", "/regions")), "Bad Region")
  })

  it("checks a monitor every second, each due instant exactly one second after the other, with phases that add up", async () => {
    const created = await api<{ id: string }>("POST", "/monitors", {
      name: "ourselves",
      spec: { url: `${url}/livez` },
      intervalMs: 1_000,
      timeoutMs: 500,
      regions: ["local"]
    })
    interface Page {
      readonly items: ReadonlyArray<{
        readonly dueAt: string
        readonly outcome: string
        readonly totalUs: number
        readonly phases: Readonly<Record<string, number>>
      }>
    }
    const { items } = await until("eight results", async () => {
      const page = await api<Page>("GET", `/monitors/${created.id}/results?limit=50`)
      return page.items.length >= 8 ? page : undefined
    })
    const dues = items.map(({ dueAt }) => Date.parse(dueAt)).toSorted((a, b) => a - b)
    for (const [i, due] of dues.slice(1).entries()) assert.strictEqual(due - dues[i]!, 1_000)
    for (const { outcome, phases, totalUs } of items) {
      assert.strictEqual(outcome, "up")
      assert.strictEqual(
        Object.values(phases).reduce((sum, us) => sum + us, 0),
        totalUs
      )
    }
  })

  it("runs a check now, which is answered at once and counted nowhere", async () => {
    const { items } = await api<{ items: ReadonlyArray<{ id: string }> }>("GET", "/monitors")
    const { id } = items[0]!
    await api("POST", `/monitors/${id}/pause`)
    await until("a paused monitor's last run", async () => {
      const before = await api<{ items: ReadonlyArray<unknown> }>("GET", `/monitors/${id}/results?limit=500`)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const after = await api<{ items: ReadonlyArray<unknown> }>("GET", `/monitors/${id}/results?limit=500`)
      return before.items.length === after.items.length ? true : undefined
    })
    const before = await api<{ items: ReadonlyArray<unknown> }>("GET", `/monitors/${id}/results?limit=500`)
    const text = JSON.stringify(await api("POST", `/monitors/${id}/run`, { waitMs: 10_000 }))
    assert.include(text, '"outcome":"up"')
    const after = await api<{ items: ReadonlyArray<unknown> }>("GET", `/monitors/${id}/results?limit=500`)
    assert.strictEqual(after.items.length, before.items.length)
    await api("POST", `/monitors/${id}/resume`)
  })

  it("has keys for secrets from its first start on: the target gets a secret header, and the API never shows it", async () => {
    const seen: Array<string | undefined> = []
    const target = createHttpServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end("ok")
    }).listen(0, "127.0.0.1")
    await once(target, "listening")
    try {
      const secret = "Bearer only for the target"
      const monitor = await api<{ id: string }>("POST", "/monitors", {
        name: "guarded",
        spec: {
          url: `http://127.0.0.1:${(target.address() as AddressInfo).port}/`,
          headers: { authorization: { secret } }
        },
        regions: ["local"]
      })
      const ran = JSON.stringify(await api("POST", `/monitors/${monitor.id}/run`, { waitMs: 10_000 }))
      assert.include(ran, '"outcome":"up"')
      assert.include(seen, secret)
      const shown = JSON.stringify([monitor, ran, await api("GET", `/monitors/${monitor.id}`)])
      assert.include(shown, '{"authorization":{"secret":"***"}}')
      assert.notInclude(shown, secret)
      const { mode } = await stat(join(folder, "data", "secret.keys"))
      assert.strictEqual(mode & 0o777, 0o600)
      await api("DELETE", `/monitors/${monitor.id}`)
    } finally {
      target.close().closeAllConnections()
    }
  })

  it("lets a worker of another region in with an enrollment token, which openseer token lists and revokes", async () => {
    const { output: token } = await openseer("token", "create", "far-away")
    assert.match(token, /^osen_[0-9A-Za-z]{36}\n$/)
    const worker = spawn(process.execPath, [path("apps/worker/bin/openseer-worker.js"), "run"], {
      env: {
        ...inherited,
        OPENSEER_CONTROL_PLANE_URL: url,
        OPENSEER_ENROLLMENT_TOKEN: token.trim(),
        OPENSEER_WORKER_TOKEN_FILE: join(folder, "far-away.json")
      },
      stdio: "ignore"
    })
    try {
      await until("the worker's region", async () => {
        const text = JSON.stringify(await api("GET", "/regions"))
        return /"name":"far-away"[^}]*"workersHealthy":1/.test(text) ? true : undefined
      })
    } finally {
      worker.kill("SIGTERM")
      await once(worker, "exit")
    }
    const second = await openseer("token", "create", "far-away")
    const { output: list } = await openseer("token", "list")
    const id = /ent_[0-9A-Za-z]+/.exec(list)?.[0] ?? assert.fail(list)
    assert.notInclude(list, second.output.trim())
    assert.strictEqual((await openseer("token", "revoke", id)).code, 0)
    assert.match((await openseer("token", "list")).output, new RegExp(`${id}.*revoked`))
  })

  it("is examined by openseer doctor, a line a check", async () => {
    const { code, output: text } = await openseer("doctor")
    assert.strictEqual(code, 0, text)
    for (const check of [
      "version",
      "database",
      "migrations",
      "secrets",
      "clock",
      "partitions",
      "schedule",
      "workers"
    ]) {
      assert.match(text, new RegExp(`✓ ${check}`), text)
    }
  })

  it("refuses settings that it does not know, and says what to do", async () => {
    const bin = path("packages/server/bin/openseer.js")
    const unknown = await run([bin, "doctor"], { OPENSEER_PROT: "80" })
    assert.strictEqual(unknown.code, 1)
    assert.match(unknown.output, /OPENSEER_PROT: no such setting/)
    const wrong = await run([bin, "doctor"], { OPENSEER_PORT: "eighty" })
    assert.strictEqual(wrong.code, 1)
    assert.include(wrong.output, "OPENSEER_PORT")
    const noKeys = await run([bin, "start"], { OPENSEER_SECRET_KEYS_FILE: join(folder, "none") })
    assert.strictEqual(noKeys.code, 1)
    assert.match(noKeys.output, /OPENSEER_SECRET_KEYS_FILE: the key file can't be read .* openseer secrets new-key/)
    const noDatabase = await run([bin, "serve"])
    assert.strictEqual(noDatabase.code, 1)
    assert.include(noDatabase.output, "DATABASE_URL is not set")
  })

  it("refuses a second start on the same folder with a clear sentence", async () => {
    const { code, output: text } = await run([path("packages/server/bin/openseer.js"), "start"], {
      OPENSEER_PORT: String(await freePort())
    })
    assert.strictEqual(code, 1, text)
    assert.match(text, /in use|already/i)
    assert.include(text, join(folder, "data"))
  })

  it("stops with exit code 0 on SIGTERM, hands leases back, and is there again within seconds", async () => {
    start.kill("SIGTERM")
    const [code] = (await once(start, "exit")) as [number | null]
    assert.strictEqual(code, 0, output)
    const startedAt = performance.now()
    start = launch()
    await ready()
    assert.isBelow(performance.now() - startedAt, 20_000)
    // A key is no person: who shall sign in still has to make the instance theirs.
    assert.lengthOf(output.match(/osset_/g)!, 1)
    assert.strictEqual((await api<{ items: ReadonlyArray<unknown> }>("GET", "/monitors")).items.length, 1)
    const token = JSON.parse(await readFile(join(folder, "data", "worker.json"), "utf8")) as { workerId: string }
    assert.match(token.workerId, /^wrk_/)
  }, 60_000)
})
