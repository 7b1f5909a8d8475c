/**
 * The last line of `.ci/run`: what passed and what failed in all its steps. Exit code 1 when anything failed.
 *
 *     node scripts/ci-tally.ts <folder> <step>=<exit code>...
 *
 * `<folder>` has each step's output in `<step>.log`, and vitest's report in `<step>.json`.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Tally from "./ci/Tally.ts"

const [folder = ".", ...outcomes] = process.argv.slice(2)

const read = (name: string): string | undefined =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : undefined

const { failed, passed } = Tally.sum(
  outcomes.map((outcome) => {
    const [step = "", code] = outcome.split("=")
    return Tally.ofStep({ succeeded: code === "0", report: read(`${step}.json`), log: read(`${step}.log`) })
  })
)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
