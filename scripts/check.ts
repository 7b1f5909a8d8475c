/**
 * Everything that can be known of the sources without running them, in seconds: `npm run check`.
 *
 * Prints one line a step with its time, below it what it found. The last line counts; exit code 1 on any finding.
 */
import { spawn } from "node:child_process"
import { delimiter, resolve } from "node:path"
import { performance } from "node:perf_hooks"

interface Step {
  readonly name: string
  readonly command: string
  /** Its output is worth reading when it passes, too. */
  readonly hasNotes?: true
}

const steps: ReadonlyArray<Step> = [
  { name: "format", command: "oxfmt --check" },
  { name: "lint", command: "oxlint --deny-warnings --report-unused-disable-directives --format=unix" },
  { name: "types of packages", command: "tsc -b --pretty false" },
  { name: "types of tests, scripts and examples", command: "tsc -p tsconfig.test.json --noEmit --pretty false" },
  { name: "types of the dashboard", command: "tsc -p apps/dashboard --pretty false" },
  // Plain tsc accepts an Effect that nobody runs; this does not.
  {
    name: "effects",
    command: "effect-tsgo diagnostics --strict --severity error,warning --project tsconfig.test.json --format text"
  },
  { name: "examples in documents", command: "node scripts/examples.ts" },
  { name: "generated documents", command: "node --conditions=@openseer/source scripts/docs.ts --check" },
  { name: "tidy", command: "node scripts/tidy.ts", hasNotes: true }
]

const env = { ...process.env, PATH: [resolve("node_modules/.bin"), process.env["PATH"]].join(delimiter) }

const run = ({ command, hasNotes, name }: Step): Promise<boolean> =>
  new Promise((done) => {
    const startedAt = performance.now()
    const child = spawn(command, { env, shell: true, stdio: ["ignore", "pipe", "pipe"] })
    const output: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk))
    child.on("close", (code) => {
      const passed = code === 0
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const text = passed && !hasNotes ? "" : Buffer.concat(output).toString().trimEnd()
      console.log(`${passed ? "ok  " : "FAIL"} ${seconds.padStart(5)} s  ${name}${text && `\n${text}`}`)
      done(passed)
    })
  })

const passed = (await Promise.all(steps.map(run))).filter(Boolean).length
console.log(`${passed} passed, ${steps.length - passed} failed`)
process.exitCode = passed === steps.length ? 0 : 1
