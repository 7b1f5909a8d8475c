import { outputOf, withDatabase } from "@openseer/example-ci"
import assert from "node:assert/strict"

await withDatabase(async (DATABASE_URL) => {
  assert.match(await outputOf("main.ts", { DATABASE_URL }), /(^up after \d+ µs\n){3}/m)
})
