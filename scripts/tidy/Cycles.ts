/**
 * No import cycles inside a package: a cycle has no order to be read in, and initialises by luck.
 */
import { posix } from "node:path"
import type { Finding, Rule } from "./Project.ts"

/** Each cycle once, at the first of its files that is met. */
export const rule: Rule = ({ files, modules }) => {
  const edges = new Map(
    modules.map(({ imports, path }) => [path, imports.map(({ target }) => resolve(files, path, target))])
  )
  const done = new Set<string>()
  const findings: Array<Finding> = []
  const visit = (path: string, trail: ReadonlyArray<string>): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      const cycle = [...trail.slice(start), path].map((file) => posix.basename(file)).join(" -> ")
      findings.push({ path, line: 1, message: `import cycle ${cycle}` })
      return
    }
    if (done.has(path)) return
    for (const target of edges.get(path) ?? []) if (target) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return findings
}

/** A relative file, or the index of the package itself: importing oneself by name is how cycles hide. */
const resolve = (files: ReadonlyMap<string, string>, from: string, target: string): string | undefined => {
  const own = /^(packages|apps)\/([^/]+)\//.exec(from)
  if (own && target === `@openseer/${own[2]}`) return `${own[0]}src/index.ts`
  return files.has(target) ? target : undefined
}
