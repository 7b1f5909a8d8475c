import { outputOf, withDatabase } from "@openseer/example-ci"
import assert from "node:assert/strict"

await withDatabase(async (DATABASE_URL) => {
  const output = await outputOf("main.ts", { DATABASE_URL })
  const processes = new Set([...output.matchAll(/^process (\d+) counted 1229 primes$/gm)].map(([, pid]) => pid))
  assert.equal(processes.size, 3)
})
