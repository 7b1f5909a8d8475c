/**
 * What the tidy rules look at: every file of the repository by its path, and the TypeScript ones parsed.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Module from "./Module.ts"

/** The repository as the rules see it. Paths are relative to its root and use `/`. */
export interface Project {
  /** Text by path; empty for a binary file. */
  readonly files: ReadonlyMap<string, string>
  /** The TypeScript and JavaScript files, parsed. */
  readonly modules: ReadonlyArray<Module.Module>
}

/** One broken rule at one place. A note is shown but fails nothing. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
  readonly note?: true
}

/** A rule: pure, from a project to what is wrong in it. */
export type Rule = (project: Project) => ReadonlyArray<Finding>

/** True for tests and for what only tests use. */
export const isTest = (path: string): boolean => /\.test\.tsx?$|(^|\/)testing\/|^test\//.test(path)

/** The line of a position in a text, from 1. */
export const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length

/** A project from texts by path. */
export const make = (files: Readonly<Record<string, string>>): Project => ({
  files: new Map(Object.entries(files)),
  modules: Object.entries(files)
    .filter(([path]) => /\.(ts|tsx|mts|js|mjs)$/.test(path))
    .map(([path, text]) => Module.parse(path, text))
})

/** Dot folders that hold something of ours. */
const dotFolders = new Set([".ci", ".github"])

/** Reads the folder `root`, without dot folders and the folders that its `.gitignore` names. */
export const read = (root: string): Project => {
  const ignored = new Set(readFileSync(join(root, ".gitignore"), "utf8").split("\n"))
  const files: Record<string, string> = {}
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const { name } = entry
      const path = folder === "" ? name : `${folder}/${name}`
      const isOurs = !ignored.has(`${name}/`) && (!name.startsWith(".") || dotFolders.has(name))
      if (entry.isDirectory() && isOurs) walk(path)
      if (entry.isFile()) {
        const text = readFileSync(join(root, path), "utf8")
        files[path] = text.includes("\0") ? "" : text
      }
    }
  }
  walk("")
  return make(files)
}
