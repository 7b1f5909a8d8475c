/** As `TestDatabase.globalSetup.ts`, on the PostgreSQL that the system has. */
import type { TestProject } from "vitest/node"
import * as SystemPostgres from "./SystemPostgres.ts"

/** Called by vitest once, before the first test file of the project; what it returns is called after the last one. */
export default async (project: TestProject) => {
  const { stop, url } = await SystemPostgres.start()
  project.provide("adminDatabaseUrl", url)
  return stop
}
