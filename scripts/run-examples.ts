/**
 * Runs the `ci` script of each folder in `examples/`: a small complete program that checks itself. As many at once as
 * there are processors; what each says is printed when it has ended.
 *
 * The last line counts; exit code 1 when one fails.
 */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname } from "node:path"

const hasCi = (manifest: string): boolean => {
  const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly scripts?: Record<string, string> }
  return scripts?.["ci"] !== undefined
}

const run = (folder: string): Promise<boolean> =>
  new Promise((done) => {
    execFile("npm", ["run", "ci"], { cwd: folder, timeout: 120_000, maxBuffer: 1e7 }, (error, stdout, stderr) => {
      console.log(`\n${folder}\n${stdout}${stderr}`.trimEnd())
      done(error === null)
    })
  })

const folders = globSync("examples/*/package.json").filter(hasCi).map(dirname).toSorted()
const waiting = [...folders]
const failed: Array<string> = []
const runAll = async (): Promise<void> => {
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    if (!(await run(folder))) failed.push(folder)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, runAll))
for (const folder of failed.toSorted()) console.log(`FAIL ${folder}`)
console.log(`${folders.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
