import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import * as SystemPostgres from "./test/SystemPostgres.ts"

const conditions = ["@openseer/source"]
const alias = { "~": fileURLToPath(new URL("apps/dashboard/src", import.meta.url)) }
const sources = { resolve: { alias, conditions }, ssr: { resolve: { conditions } } }
const timeouts = { testTimeout: 20_000, hookTimeout: 60_000 }

/** What speaks SQL: tested on the system's PostgreSQL 15 too, where that is installed. */
const onTheDatabase = ["accounts", "aggregate", "db", "ingest", "lease", "query", "schedule"].map(
  (folder) => `packages/server/src/${folder}/**/*.test.ts`
)

export default defineConfig({
  ...sources,
  test: {
    projects: [
      {
        ...sources,
        test: {
          name: "embedded",
          globalSetup: ["test/TestDatabase.globalSetup.ts"],
          include: [
            "packages/*/src/**/*.test.ts",
            "apps/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/**/*.test.ts"
          ],
          ...timeouts
        }
      },
      ...(SystemPostgres.isInstalled
        ? [
            {
              ...sources,
              test: {
                name: "postgres-15",
                globalSetup: ["test/SystemPostgres.globalSetup.ts"],
                include: onTheDatabase,
                ...timeouts
              }
            }
          ]
        : [])
    ]
  }
})
