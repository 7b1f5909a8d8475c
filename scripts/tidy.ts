/**
 * The rules of the house that neither the compiler nor the linter knows. Prints what is broken; exits 1 if anything is.
 */
import * as Boundaries from "./tidy/Boundaries.ts"
import * as Cycles from "./tidy/Cycles.ts"
import * as Dependencies from "./tidy/Dependencies.ts"
import * as Engines from "./tidy/Engines.ts"
import * as FileLimits from "./tidy/FileLimits.ts"
import * as FileNames from "./tidy/FileNames.ts"
import * as Guarantees from "./tidy/Guarantees.ts"
import * as Links from "./tidy/Links.ts"
import * as Lockfile from "./tidy/Lockfile.ts"
import * as Project from "./tidy/Project.ts"
import * as Words from "./tidy/Words.ts"

const rules = { Boundaries, Cycles, Dependencies, Engines, FileLimits, FileNames, Guarantees, Links, Lockfile, Words }

const project = Project.read(".")
let failed = false
for (const [name, { rule }] of Object.entries(rules)) {
  for (const { line, message, note, path } of rule(project)) {
    console.log(`${path}:${line}: ${note ? "note: " : ""}${message} [${name}]`)
    failed ||= !note
  }
}
process.exitCode = failed ? 1 : 0
