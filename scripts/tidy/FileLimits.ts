/**
 * How long a file may be.
 */
import type { Finding, Rule } from "./Project.ts"

/** The first row whose pattern matches a path counts. Lines. */
const limits: ReadonlyArray<{ readonly files: RegExp; readonly soft: number; readonly hard: number }> = [
  { files: /\.test\.tsx?$/, soft: 800, hard: 800 },
  { files: /\.tsx?$/, soft: 300, hard: 500 },
  { files: /\.sql$/, soft: 300, hard: 500 }
]

/** Files above the hard limit; above the soft one a note. */
export const rule: Rule = ({ files }) =>
  [...files].flatMap(([path, text]): ReadonlyArray<Finding> => {
    const limit = limits.find((row) => row.files.test(path))
    const lines = text.replace(/\n$/, "").split("\n").length
    if (!limit || lines <= limit.soft) return []
    return lines > limit.hard
      ? [{ path, line: 1, message: `${lines} lines, the limit is ${limit.hard}` }]
      : [{ path, line: 1, message: `${lines} lines, better below ${limit.soft}`, note: true }]
  })
