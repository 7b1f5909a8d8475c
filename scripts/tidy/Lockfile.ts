/**
 * The lockfile serves everyone: it names no registry, so that `npm ci` takes packages from wherever its user's npm is
 * configured to, and it has the packages of all platforms, without which `npm ci` refuses it (npm/cli#9846).
 */
import { posix } from "node:path"
import type { Finding, Rule } from "./Project.ts"

/** An entry of `packages`, as far as we read and write it. */
export interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A parsed `package-lock.json`. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, Locked>>
}

/** An optional dependency that has no entry. */
export interface Missing {
  readonly name: string
  readonly version: string
  readonly dev: boolean
}

/** Optional dependencies of locked packages that are not locked themselves. */
export const missing = ({ packages }: Lockfile): ReadonlyArray<Missing> =>
  Object.entries(packages).flatMap(([path, { dev = false, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !lookup(path).some((folder) => packages[posix.join(folder, "node_modules", name)]))
      .map(([name, version]) => ({ name, version, dev }))
  )

/** Registry hosts, and missing entries. Links to workspaces are paths and stay. */
export const rule: Rule = ({ files }) => {
  const path = "package-lock.json"
  const text = files.get(path)
  if (text === undefined) return []
  const hosts = text.split("\n").flatMap((entry, index): ReadonlyArray<Finding> => {
    const message = "names a registry host: run npm with --omit-lockfile-registry-resolved"
    return /"resolved": "[^"]*:\/\//.test(entry) ? [{ path, line: index + 1, message }] : []
  })
  const lacks = missing(JSON.parse(text) as Lockfile).map(({ name }) => ({
    path,
    line: 1,
    message: `lacks ${name}: run node scripts/complete-lockfile.ts`
  }))
  return [...hosts, ...lacks]
}

/** The folders where Node looks for what a package at `path` depends on, itself first. */
const lookup = (path: string): ReadonlyArray<string> => {
  const outer = path.lastIndexOf("node_modules/")
  return path === "" ? [""] : [path, ...lookup(outer > 0 ? path.slice(0, outer - 1) : "")]
}
