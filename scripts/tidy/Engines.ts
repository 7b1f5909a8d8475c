/**
 * Which Node a package asks for: what it uses itself, and what the packages of ours that it installs ask for.
 */
import { posix } from "node:path"
import type { Module } from "./Module.ts"
import { type Finding, isTest, lineAt, type Project, type Rule } from "./Project.ts"

/** What is newer than the first release of the oldest major that anything here asks for. */
const since: ReadonlyArray<{ readonly module: string; readonly name: string; readonly version: string }> = [
  { module: "node:crypto", name: "argon2", version: "24.7.0" }
]

interface Manifest {
  readonly path: string
  readonly name: string
  readonly version: string | undefined
  readonly isPrivate: boolean
  readonly dependencies: ReadonlyArray<string>
}

/** Published code that does not say which Node it needs, and packages that ask for an older one than they need. */
export const rule: Rule = (project) => {
  const manifests = [...project.files].filter(([path]) => posix.basename(path) === "package.json").map(toManifest)
  return manifests.flatMap((manifest): ReadonlyArray<Finding> => {
    const { path, version } = manifest
    const finding = (message: string): Finding => {
      const text = project.files.get(path)!
      return { path, line: lineAt(text, Math.max(0, text.indexOf('"engines"'))), message }
    }
    if (version === undefined) {
      const isPublished = !manifest.isPrivate && modulesOf(project, manifest).length > 0
      return isPublished ? [finding("does not say which Node it needs, like >=24.0.0")] : []
    }
    return needs(project, manifests, manifest)
      .filter((need) => isOlder(version, need.version))
      .map((need) => finding(`asks for Node ${version}, and ${need.what} needs ${need.version}`))
  })
}

const toManifest = ([path, text]: readonly [string, string]): Manifest => {
  const json = JSON.parse(text) as {
    readonly name?: string
    readonly private?: boolean
    readonly engines?: { readonly node?: string }
    readonly dependencies?: object
    readonly devDependencies?: object
  }
  return {
    path,
    name: json.name ?? "",
    version: /^>=(\d+\.\d+\.\d+)$/.exec(json.engines?.node ?? "")?.[1],
    isPrivate: json.private === true,
    dependencies: Object.keys({ ...json.dependencies, ...json.devDependencies })
  }
}

interface Need {
  readonly what: string
  readonly version: string
}

/** Everything runs from the root, and so the root needs all of it. */
const needs = (project: Project, manifests: ReadonlyArray<Manifest>, manifest: Manifest): ReadonlyArray<Need> => [
  ...manifests.flatMap(({ name, version }): ReadonlyArray<Need> => {
    const isPart = manifest.path === "package.json" || manifest.dependencies.includes(name)
    return version !== undefined && isPart ? [{ what: name, version }] : []
  }),
  ...modulesOf(project, manifest)
    .flatMap(({ code }) => since.filter((api) => imports(code, api)))
    .map(({ module, name, version }) => ({ what: `${name} of ${module}`, version }))
]

/** What of a package runs at its users: those of the root are its packages. */
const modulesOf = ({ modules }: Project, { path }: Manifest): ReadonlyArray<Module> => {
  const home = posix.dirname(path)
  return home === "." ? [] : modules.filter((module) => module.path.startsWith(`${home}/`) && !isTest(module.path))
}

const imports = (code: string, { module, name }: (typeof since)[number]): boolean =>
  [...code.matchAll(/import \{([^}]*)\} from "([^"]+)"/g)].some(
    ([, names = "", from]) => from === module && new RegExp(`\\b${name}\\b`).test(names)
  )

const isOlder = (version: string, than: string): boolean => {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number)) as [Array<number>, Array<number>]
  const at = a.findIndex((part, index) => part !== b[index])
  return at !== -1 && a[at]! < b[at]!
}
