/**
 * Runs the `ci` script of each folder in `examples/`: a small complete program that checks itself.
 *
 * The last line counts; exit code 1 when one fails.
 */
import { spawnSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { dirname } from "node:path"

const hasCi = (manifest: string): boolean => {
  const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly scripts?: Record<string, string> }
  return scripts?.["ci"] !== undefined
}

const folders = globSync("examples/*/package.json").filter(hasCi).map(dirname).toSorted()
const failed = folders.filter((folder) => {
  console.log(`\n${folder}`)
  return spawnSync("npm", ["run", "ci"], { cwd: folder, stdio: "inherit", timeout: 120_000 }).status !== 0
})
for (const folder of failed) console.log(`FAIL ${folder}`)
console.log(`${folders.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
