/**
 * Completes package-lock.json: `npm ci` refuses a lockfile that lacks an optional package of another platform, and npm
 * leaves such a package out when the registry that it asked does not have it. Run after each `npm install`; with
 * `--check` it only says what is missing.
 */
import { readFileSync, writeFileSync } from "node:fs"

interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> }

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"]

/** The platform that a package is for, as its name says: `@scope/tool-linux-arm64-musl`. */
const platformOf = (name: string): Pick<LockEntry, "os" | "cpu" | "libc"> => {
  const words = name.split(/[-/]/)
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  return {
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(os === undefined ? {} : { os: [os] }),
    ...(words.includes("musl") ? { libc: ["musl"] } : {})
  }
}

const missing = Object.values(lock.packages).flatMap(({ dev, optionalDependencies }) =>
  Object.entries(optionalDependencies ?? {}).flatMap(([name, version]) =>
    `node_modules/${name}` in lock.packages ? [] : [{ name, version, dev }]
  )
)

if (process.argv.includes("--check")) {
  for (const { name, version } of missing) console.error(`package-lock.json lacks ${name}@${version}: run npm run lock`)
  process.exitCode = missing.length === 0 ? 0 : 1
} else if (missing.length > 0) {
  for (const { dev, name, version } of missing) {
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(dev === undefined ? {} : { dev }),
      optional: true,
      ...platformOf(name)
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en")))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`added ${missing.length} packages of other platforms to package-lock.json`)
}
