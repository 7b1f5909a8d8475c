/**
 * Examples in documents: fenced code in Markdown and in docstrings. All TypeScript among them is compiled.
 */
import type { Project, Rule } from "./Project.ts"

/** One fence of code. */
export interface DocExample {
  readonly path: string
  /** Line of its first line of code, from 1. */
  readonly line: number
  /** What follows the opening backticks. */
  readonly info: string
  readonly code: string
}

/** The `ts` examples of all Markdown files and of the docstrings of packages. */
export const all = (project: Project): ReadonlyArray<DocExample> => fences(project).filter(({ info }) => info === "ts")

/** Fences that would escape the compiler. */
export const rule: Rule = (project) =>
  fences(project)
    .filter(({ info }) => /^(ts|tsx|typescript|js|jsx|javascript)\b/i.test(info) && info !== "ts")
    .map(({ info, line, path }) => ({ path, line, message: `\`\`\`${info}: write \`\`\`ts, so that it is compiled` }))

const fences = ({ files, modules }: Project): ReadonlyArray<DocExample> => [
  ...[...files].filter(([path]) => path.endsWith(".md")).flatMap(([path, text]) => fencesIn(path, text, 1)),
  ...modules
    .filter(({ path }) => /^packages\/[^/]+\/src\//.test(path))
    .flatMap(({ comments, path }) =>
      comments.flatMap(({ line, text }) => fencesIn(path, text.replace(/^[^\S\n]*\* ?/gm, ""), line))
    )
]

const fencesIn = (path: string, text: string, firstLine: number): ReadonlyArray<DocExample> =>
  [...text.matchAll(/^( *)```([^`\n]*)\n([\s\S]*?)^ *```/gm)].map(
    ({ 1: indent = "", 2: info = "", 3: code = "", index }) => ({
      path,
      line: firstLine + text.slice(0, index).split("\n").length,
      info: info.trim(),
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), "")
    })
  )
