/**
 * The lockfile serves everyone: it names no registry, so that `npm ci` takes packages from wherever its user's npm is
 * configured to, and it has the packages of all platforms, without which `npm ci` refuses it (npm/cli#9846).
 */
import { posix } from "node:path"
import type { Finding, Rule } from "./Project.ts"

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>
}

/** Registry hosts, and missing entries. Links to workspaces are paths and stay. */
export const rule: Rule = ({ files }) => {
  const path = "package-lock.json"
  const text = files.get(path)
  if (text === undefined) return []
  const hosts = text.split("\n").flatMap((entry, index): ReadonlyArray<Finding> => {
    const message = "names a registry host: run npm with --omit-lockfile-registry-resolved"
    return /"resolved": "[^"]*:\/\//.test(entry) ? [{ path, line: index + 1, message }] : []
  })
  const lacks = missing(JSON.parse(text) as Lockfile).map((name) => ({
    path,
    line: 1,
    message: `lacks ${name}: run npm run lock`
  }))
  return [...hosts, ...lacks]
}

/** Optional dependencies of locked packages that are not locked themselves. */
const missing = ({ packages }: Lockfile): ReadonlyArray<string> =>
  Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !lookup(path).some((folder) => packages[posix.join(folder, "node_modules", name)])
    )
  )

/** The folders where Node looks for what a package at `path` depends on, itself first. */
const lookup = (path: string): ReadonlyArray<string> => {
  const outer = path.lastIndexOf("node_modules/")
  return path === "" ? [""] : [path, ...lookup(outer > 0 ? path.slice(0, outer - 1) : "")]
}
