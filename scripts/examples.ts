/**
 * Compiles every `ts` example in docstrings and Markdown, all in one run of the compiler.
 *
 * Each becomes a file on the same line as in its document, so that what the compiler says points to the document.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import * as DocExample from "./tidy/DocExample.ts"
import * as Project from "./tidy/Project.ts"

const folder = "node_modules/.cache/examples"

const project = Project.read(".")
const findings = DocExample.rule(project).map(({ line, message, path }) => `${path}:${line}: ${message}`)
const examples = DocExample.all(project)
const sources = new Map(examples.map(({ line, path }, index) => [`${index}.ts`, { line, path }]))

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
examples.forEach(({ code, line }, index) => writeFileSync(join(folder, `${index}.ts`), "\n".repeat(line - 1) + code))
writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: "../../../tsconfig.test.json",
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: [],
    files: [...sources.keys()]
  })
)

if (examples.length > 0) {
  const { stdout } = spawnSync("tsc", ["-p", folder, "--pretty", "false"], { encoding: "utf8" })
  for (const { 1: file = "", 2: line, 3: message } of stdout.matchAll(
    /^(?:([^\s(]+)(?:\((\d+).*?\))?: )?error (.*)$/gm
  )) {
    const source = file.includes(folder) ? sources.get(basename(file)) : undefined
    if (source) findings.push(`${source.path}:${line}: ${message}`)
    // What is wrong in the packages themselves is said by other steps; what is wrong with this run is not.
    else if (!/\.tsx?$/.test(file)) findings.push(`${file} ${message}`)
  }
}
for (const finding of findings) console.log(finding)
process.exitCode = findings.length > 0 ? 1 : 0
