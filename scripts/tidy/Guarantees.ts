/**
 * Each guarantee names its proof: a link to a test file, followed by the names of its tests in quotes.
 *
 *     [Grid.test.ts](packages/core/src/schedule/Grid.test.ts) "phases never bunch", "due instants never drift"
 */
import { posix } from "node:path"
import { type Finding, lineAt, type Rule } from "./Project.ts"

/** Test links without a name, and names that the linked file does not have. Missing files are found by `Links`. */
export const rule: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => posix.basename(path) === "GUARANTEES.md")
    .flatMap(([path, text]) =>
      [...text.matchAll(/\]\(([^)]+\.test\.tsx?)\)((?:(?:\s|,|and)*"[^"]+")*)/g)].flatMap(
        ({ 1: link = "", 2: quoted = "", index }): ReadonlyArray<Finding> => {
          const line = lineAt(text, index)
          const proof = files.get(posix.join(posix.dirname(path), link))
          const names = [...quoted.matchAll(/"([^"]+)"/g)].map(({ 1: name = "" }) => name.replace(/\s+/g, " "))
          if (names.length === 0) return [{ path, line, message: `${link} is not followed by a test's name in quotes` }]
          return names
            .filter((name) => proof !== undefined && !proof.includes(`"${name}"`))
            .map((name) => ({ path, line, message: `${link} has no test "${name}"` }))
        }
      )
    )
