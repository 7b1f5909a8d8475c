/**
 * Adds what npm leaves out of the lockfile when a registry does not have the packages of all platforms.
 *
 * `npm ci` would refuse that lockfile (npm/cli#9846), and it would install nothing usable on the other platforms. What
 * an entry says of its platform is in the package's name.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Lockfile from "./tidy/Lockfile.ts"

const platform =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(gnu|musl))?/

const toEntry = ({ dev, name, version }: Lockfile.Missing): readonly [string, Lockfile.Locked] => {
  const [, os, cpu, libc] = platform.exec(name) ?? []
  if (os === undefined || cpu === undefined) throw new Error(`${name}: which platform is that?`)
  const entry = {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(libc !== undefined && { libc: [libc === "gnu" ? "glibc" : "musl"] }),
    optional: true,
    os: [os]
  }
  return [`node_modules/${name}`, entry]
}

const lockfile = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lockfile.Lockfile
const missing = Lockfile.missing(lockfile).map(toEntry)
const packages = Object.fromEntries(
  [...Object.entries(lockfile.packages), ...missing].toSorted(([a], [b]) => a.localeCompare(b, "en"))
)
writeFileSync("package-lock.json", `${JSON.stringify({ ...lockfile, packages }, null, 2)}\n`)
console.log(`${missing.length} added`)
