/**
 * The production build of the dashboard, made when there is none or when its sources are others: by `npm start`, and by
 * the first of the tests that need it.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const folder = join(root, "apps/dashboard")
const stamp = join(folder, ".output/sources.sha256")
const lock = join(root, "node_modules/.cache/dashboard-build.pid")

/** What serves the dashboard, once it is built. */
export const serverPath = join(folder, ".output/server/index.mjs")

/** Where Vite runs. */
export const dashboardFolder = folder

/** Vite, of the dashboard's own version. */
export const vitePath = (): string =>
  join(dirname(createRequire(join(folder, "package.json")).resolve("vite/package.json")), "bin/vite.js")

/** What the build is made of, by its content: what was touched and not changed needs no new one. */
const sourcesHash = (): string => {
  const hash = createHash("sha256")
  const own = globSync("{src,public}/**/*", { cwd: folder }).map((path) => join(folder, path))
  const around = ["vite.config.ts", "package.json", "tsconfig.json"].map((path) => join(folder, path))
  for (const path of [...own, ...around, join(root, "package-lock.json")].toSorted()) {
    if (statSync(path).isFile()) hash.update(`${path}\0`).update(readFileSync(path)).update("\0")
  }
  return hash.digest("hex")
}

/** Whether there is no build of the sources as they are. */
export const isStale = (): boolean =>
  !existsSync(serverPath) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== sourcesHash()

/**
 * Builds it, if it is stale. Of processes that want it at the same time one builds and the others wait. Fails with what
 * the bundler said.
 */
export const ensure = async (): Promise<void> => {
  while (isStale()) {
    if (!take()) {
      await new Promise((again) => setTimeout(again, 200))
      continue
    }
    try {
      if (isStale()) await build()
    } finally {
      rmSync(lock, { force: true })
    }
  }
}

/** The lock names who builds: one whose process is gone holds nobody up. */
const take = (): boolean => {
  mkdirSync(dirname(lock), { recursive: true })
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" })
    return true
  } catch {
    // Empty for a moment, between its making and its writing.
    const holder = existsSync(lock) ? readFileSync(lock, "utf8") : ""
    if (holder !== "" && !isRunning(Number(holder))) rmSync(lock, { force: true })
    return false
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

const build = async (): Promise<void> => {
  const hash = sourcesHash()
  const child = spawn(process.execPath, [vitePath(), "build"], {
    cwd: folder,
    // Whoever calls may be a test, and Vite would build for one.
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((done) => {
    child.once("error", () => done(null))
    child.once("close", done)
  })
  if (code !== 0) throw new Error(`the dashboard could not be built:\n${output}`)
  writeFileSync(stamp, hash)
}
