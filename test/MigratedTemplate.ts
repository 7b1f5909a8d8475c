/** A database with the schema of this version and nothing in it, made once a test run: tests copy it. */
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { createDatabase, dropDatabase } from "../packages/server/src/embedded/DatabaseCatalog.ts"
import { inherited } from "./faults/Processes.ts"

const bin = fileURLToPath(new URL("../packages/server/src/cli/bin.ts", import.meta.url))

/**
 * Makes it on the server of `adminUrl`; dropped when the scope ends. Answers its name. Migrated by a process of its own,
 * as an operator does it: a copy needs that nobody is connected.
 */
export const make = Effect.fn("MigratedTemplate.make")(function* (adminUrl: Redacted.Redacted) {
  const name = `openseer_template_${randomBytes(6).toString("hex")}`
  yield* Effect.acquireRelease(createDatabase(adminUrl, name), () => Effect.orDie(dropDatabase(adminUrl, name)))
  const url = new URL(Redacted.value(adminUrl))
  url.pathname = `/${name}`
  const env = { ...inherited, DATABASE_URL: url.href }
  yield* Effect.tryPromise(() =>
    promisify(execFile)(process.execPath, ["--conditions=@openseer/source", bin, "migrate"], { env })
  )
  return name
})
