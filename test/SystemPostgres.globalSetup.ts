/** As `TestDatabase.globalSetup.ts`, on the PostgreSQL that the system has. */
import { Effect, Exit, Redacted, Scope } from "effect"
import type { TestProject } from "vitest/node"
import * as MigratedTemplate from "./MigratedTemplate.ts"
import * as SystemPostgres from "./SystemPostgres.ts"

/** Called by vitest once, before the first test file of the project; what it returns is called after the last one. */
export default async (project: TestProject) => {
  const { stop, url } = await SystemPostgres.start()
  const scope = Scope.makeUnsafe()
  const template = await Effect.runPromise(Scope.provide(MigratedTemplate.make(Redacted.make(url)), scope))
  project.provide("adminDatabaseUrl", url)
  project.provide("migratedDatabase", template)
  return async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await stop()
  }
}
