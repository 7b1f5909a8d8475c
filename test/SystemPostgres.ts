/**
 * The PostgreSQL that a distribution has installed: stages and queries are tested on it as well, where it is there.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const bin = "/usr/lib/postgresql/15/bin"

/** Whether this machine has PostgreSQL 15 where Debian puts it. */
export const isInstalled = existsSync(join(bin, "postgres"))

const id = (flag: "-u" | "-g", account: string) => Number(execFileSync("id", [flag, account]).toString())

/** Starts a server in a temporary folder, on a unix socket; answers its url and what stops and removes it. */
export const start = async (): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), "openseer-pg15-"))
  chmodSync(folder, 0o755)
  const data = join(folder, "data")
  mkdirSync(data, { mode: 0o700 })
  // PostgreSQL refuses to run as root; the distribution's package brings an account.
  const account = process.getuid?.() === 0 ? { uid: id("-u", "postgres"), gid: id("-g", "postgres") } : {}
  if ("uid" in account && account.uid !== undefined) {
    for (const path of [folder, data]) chownSync(path, account.uid, account.gid)
  }
  const options = { ...account, cwd: folder, stdio: "ignore" } as const
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "openseer", "-A", "trust", "-E", "UTF8", "--locale=C"], options)
  const settings = {
    listen_addresses: "",
    unix_socket_directories: folder,
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    max_connections: "100"
  }
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    options
  )
  while (!existsSync(join(folder, ".s.PGSQL.5432.lock"))) {
    if (server.exitCode !== null) throw new Error("the system's PostgreSQL did not start")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url: `postgres://openseer@localhost:5432/postgres?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      const ended = once(server, "exit")
      server.kill("SIGINT")
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
