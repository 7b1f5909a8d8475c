/** `npm run clean`: removes what was built, and with `--data` the local data folder as well. */
import { globSync, rmSync } from "node:fs"

const folders = globSync([
  "packages/*/dist",
  "apps/*/dist",
  "apps/dashboard/.output",
  "apps/dashboard/node_modules/.nitro",
  "node_modules/.cache"
])
if (process.argv.includes("--data")) folders.push(process.env["OPENSEER_DATA_DIR"] ?? ".openseer")
for (const folder of folders) {
  rmSync(folder, { recursive: true, force: true })
  console.log(`removed ${folder}`)
}
