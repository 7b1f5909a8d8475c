/**
 * Dependencies: exact versions, a reason for each, and none that is used without being declared.
 */
import { posix } from "node:path"
import { type Finding, isTest, type Project, type Rule } from "./Project.ts"

type Versions = Readonly<Record<string, string>>

interface Manifest {
  readonly path: string
  readonly name: string
  readonly fields: Readonly<Record<string, Versions>>
}

const reasonsPath = "docs/dependencies.md"
const fieldNames = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"]

/** Loose versions, dependencies without a reason, reasons without a dependency, undeclared imports. */
export const rule: Rule = (project) => {
  const manifests = [...project.files].filter(([path]) => posix.basename(path) === "package.json").map(toManifest)
  const reasons = reasonsOf(project)
  const declared = manifests.flatMap(({ fields, path }) =>
    Object.entries(fields).flatMap(([field, versions]) =>
      Object.entries(versions).map(([name, version]) => ({ path, field, name, version }))
    )
  )
  const found: Array<Finding> = []
  for (const { field, name, path, version } of declared) {
    const mayBeRange = field === "peerDependencies" && name === "effect" && /^\^\d+\.\d+\.\d+$/.test(version)
    if (!mayBeRange && !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)) {
      found.push({ path, line: 1, message: `${name} ${version}: an exact version, please` })
    }
    if (!name.startsWith("@openseer/") && !reasons.some((reason) => covers(reason, name))) {
      found.push({ path, line: 1, message: `${name} has no line in ${reasonsPath}` })
    }
  }
  for (const reason of reasons) {
    if (!declared.some(({ name }) => covers(reason, name))) {
      found.push({ path: reasonsPath, line: 1, message: `${reason} is nobody's dependency` })
    }
  }
  return [...found, ...undeclared(project, manifests)]
}

const toManifest = ([path, text]: readonly [string, string]): Manifest => {
  const json = JSON.parse(text) as { readonly name?: string } & Readonly<Record<string, Versions | undefined>>
  return {
    path,
    name: json.name ?? "",
    fields: Object.fromEntries(fieldNames.map((field) => [field, json[field] ?? {}]))
  }
}

/** The first column of the table in docs/dependencies.md; `@scope/*` stands for a family. */
const reasonsOf = ({ files }: Project): ReadonlyArray<string> =>
  [...(files.get(reasonsPath) ?? "").matchAll(/^\| *`([^`]+)` *\|/gm)].map(({ 1: name = "" }) => name)

const covers = (reason: string, name: string): boolean =>
  reason === name || (reason.endsWith("/*") && name.startsWith(reason.slice(0, -1)))

/** npm hoists everything here, so that an undeclared import fails first at whoever installs the package. */
const undeclared = ({ modules }: Project, manifests: ReadonlyArray<Manifest>): ReadonlyArray<Finding> =>
  modules.flatMap(({ imports, path }) => {
    const own = manifests.find((manifest) => path.startsWith(`${posix.dirname(manifest.path)}/`))
    if (!own || isTest(path)) return []
    const names = new Set([own.name, ...Object.values(own.fields).flatMap((versions) => Object.keys(versions))])
    return imports
      .filter(({ isRelative, target }) => !isRelative && !target.startsWith("node:"))
      .map(({ line, target }) => ({ line, name: /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target }))
      .filter(({ name }) => !names.has(name))
      .map(({ line, name }) => ({ path, line, message: `${name} is not declared in ${own.path}` }))
  })
