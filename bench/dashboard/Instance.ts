/**
 * A control plane and the production build of the dashboard on loopback, on a database that `fill.ts` has filled, and
 * people who are signed in there.
 */
import { spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Client } from "pg"
import * as DashboardBuild from "../../scripts/dashboard/DashboardBuild.ts"

/** What runs. */
export interface Instance extends AsyncDisposable {
  /** The dashboard. */
  readonly url: string
  /** Starts a worker of a region, which may check this machine. */
  readonly startWorker: (region: string) => void
}

/** The cookie of a session. */
export const cookieName = "__Host-openseer"

const clusterToken = randomBytes(32).toString("base64url")
const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Starts both and waits until they answer. */
export const start = async (databaseUrl: string): Promise<Instance> => {
  await DashboardBuild.ensure()
  const folder = await mkdtemp(join(tmpdir(), "openseer-pages-"))
  const [apiPort, port] = [await freePort(), await freePort()]
  const [api, url] = [`http://127.0.0.1:${apiPort}`, `http://localhost:${port}`]
  const programs: Array<() => Promise<void>> = []
  const launch = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) => {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "ignore", "inherit"]
    })
    programs.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGTERM")
      await once(child, "exit")
    })
  }
  launch(["--conditions=@openseer/source", source("packages/server/src/cli/bin.ts"), "start"], {
    DATABASE_URL: databaseUrl,
    OPENSEER_DATA_DIR: folder,
    OPENSEER_PORT: String(apiPort),
    OPENSEER_PUBLIC_URL: url,
    OPENSEER_CLUSTER_TOKEN: clusterToken,
    OPENSEER_LOG_LEVEL: "warning",
    // One session asks for hundreds of pages.
    OPENSEER_REQUESTS_PER_MINUTE: "1000000"
  })
  launch([DashboardBuild.serverPath], {
    NODE_ENV: "production",
    NITRO_HOST: "127.0.0.1",
    NITRO_PORT: String(port),
    SERVER_SHUTDOWN_TIMEOUT: "1",
    OPENSEER_CONTROL_PLANE_URL: api
  })
  const stop = async () => {
    for (const end of programs.toReversed()) await end()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(`${api}/readyz`)
    await until(`${url}/favicon.svg`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    startWorker: (region) =>
      launch(["--conditions=@openseer/source", "--max-semi-space-size=2", source("apps/worker/src/bin.ts"), "run"], {
        OPENSEER_CONTROL_PLANE_URL: api,
        OPENSEER_CLUSTER_TOKEN: clusterToken,
        OPENSEER_REGION: region,
        OPENSEER_WORKER_TOKEN_FILE: join(folder, "worker.json"),
        OPENSEER_WORKER_SHARDS: "1",
        OPENSEER_EGRESS_ALLOW: "127.0.0.0/8"
      }),
    [Symbol.asyncDispose]: stop
  }
}

/** The organization with the most monitors. */
export const organizationOf = async (client: Client): Promise<{ readonly key: number; readonly monitors: number }> => {
  const { rows } = await client.query<{ key: number; monitors: number }>(`
    select organization_key as key, count(*)::int as monitors from app.monitors where deleted_at is null
     group by 1 order by 2 desc limit 1`)
  if (rows[0] === undefined) throw new Error("there are no monitors: run fill.ts first")
  return rows[0]
}

/** Sessions of an editor of the organization, by SQL: a password is not what is measured. Answers their tokens. */
export const sessions = async (client: Client, organizationKey: number, count: number): Promise<Array<string>> => {
  const { rows } = await client.query<{ key: number }>(`
    insert into auth.users (user_id, email, name) values ('usr_000000000000000bench', 'bench@fleet.example', 'Bench')
    on conflict (user_id) do update set name = excluded.name returning user_key as key`)
  await client.query(
    "insert into auth.members (organization_key, user_key, role) values ($1, $2, 'editor') on conflict do nothing",
    [organizationKey, rows[0]!.key]
  )
  const tokens = Array.from({ length: count }, () => randomBytes(32).toString("base64url"))
  await client.query(
    `insert into auth.sessions (session_hash, session_id, user_key, organization_key, expires_at)
     select decode(h, 'hex'), 'ses_' || left(h, 20), $1, $2, now() + interval '1 day' from unnest($3::text[]) h`,
    [rows[0]!.key, organizationKey, tokens.map((token) => createHash("sha256").update(token).digest("hex"))]
  )
  return tokens
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

const until = async (url: string): Promise<void> => {
  const end = performance.now() + 60_000
  const answers = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false
    )
  while (!(await answers())) {
    if (performance.now() > end) throw new Error(`${url} does not answer`)
    await new Promise((again) => setTimeout(again, 100))
  }
}
