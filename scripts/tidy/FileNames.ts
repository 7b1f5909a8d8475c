/**
 * How files and folders are named: after the one noun they hold.
 */
import type { Finding, Rule } from "./Project.ts"

/** Names that say nothing of what is inside. */
const empty = new Set(["utils", "util", "helpers", "helper", "common", "misc", "types"])

/** Module names that are not a noun's. */
const entries = new Set(["index", "bin", "effect"])

/** Where commands, routes or scenarios name a module. */
const lowerCase: ReadonlyArray<RegExp> = [
  /^(scripts|examples|bench|apps\/dashboard)\//,
  /^test\/.*\.test\.ts$/,
  /^[^/]+$/
]

/** Empty names, and modules that are not `PascalCase.ts`. */
export const rule: Rule = ({ files }) =>
  [...files.keys()].flatMap((path): ReadonlyArray<Finding> => {
    const parts = path.split("/").map((part) => part.replace(/(?<=.)\..*$/, ""))
    const name = parts.at(-1) ?? ""
    const isNoun = /^[A-Z][A-Za-z0-9]*$/.test(name) || entries.has(name)
    const nameless = parts.find((part) => empty.has(part.toLowerCase()))
    if (nameless) return [{ path, line: 1, message: `"${nameless}" says nothing: name the noun` }]
    if (!/\.tsx?$/.test(path) || isNoun || lowerCase.some((place) => place.test(path))) return []
    return [{ path, line: 1, message: "a module is named PascalCase.ts after its main export" }]
  })
