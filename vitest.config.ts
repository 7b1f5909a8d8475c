import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import * as Chromium from "./test/browser/Chromium.ts"
import { SlowestFirst } from "./test/SlowestFirst.ts"
import * as SystemPostgres from "./test/SystemPostgres.ts"

const conditions = ["@openseer/source"]
const alias = { "~": fileURLToPath(new URL("apps/dashboard/src", import.meta.url)) }
const sources = { resolve: { alias, conditions }, ssr: { resolve: { conditions } } }
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 }

/**
 * Most files wait for a database, a socket or a process: two cores serve four of them. A process imports Effect once, not
 * for each file, which took a third of the time; no file mocks anything.
 */
const atOnce = { isolate: false, maxWorkers: Math.max(4, availableParallelism()), sequence: { groupOrder: 0 } }

/**
 * Files that measure time, count what was done in a time, or watch the transactions of the whole server: one after the
 * other, each in a process of its own, when nothing else runs.
 */
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } }

/** Files with a stack of their own, some with a browser, whose parts mostly wait for one another. */
const inPairs = { maxWorkers: 2, sequence: { groupOrder: 2 } }

const timed = [
  "packages/core/src/check/{CompiledAssertion,JsonPath,Pattern,Substring}.test.ts",
  "packages/server/src/db/Pool.test.ts",
  "packages/server/src/embedded/EmbeddedPostgres.test.ts",
  "packages/server/src/http/EventsHttp.test.ts",
  "packages/server/src/query/EventFeed.test.ts",
  "packages/worker-sdk/src/**/*.test.ts",
  "test/faults/{Accounting,Heartbeats}.test.ts",
  "test/start.test.ts"
]

const stacks = ["test/faults/faults.test.ts"]

/** What speaks SQL: tested on the system's PostgreSQL 15 too, where that is installed. */
const onTheDatabase = [
  "packages/server/src/http/Health.test.ts",
  ...["accounts", "aggregate", "db", "ingest", "lease", "query", "schedule"].map(
    (folder) => `packages/server/src/${folder}/**/*.test.ts`
  )
]

export default defineConfig({
  ...sources,
  test: {
    globalSetup: ["test/TestDatabase.globalSetup.ts"],
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        ...sources,
        test: {
          name: "embedded",
          include: [
            "packages/*/src/**/*.test.ts",
            "apps/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/**/*.test.ts"
          ],
          exclude: ["**/node_modules/**", "test/browser/**", ...timed, ...stacks],
          ...atOnce,
          ...timeouts
        }
      },
      { ...sources, test: { name: "timed", include: timed, ...alone, ...timeouts } },
      { ...sources, test: { name: "stacks", include: stacks, ...inPairs, ...timeouts } },
      ...(Chromium.isAvailable
        ? [{ ...sources, test: { name: "browser", include: ["test/browser/*.test.ts"], ...inPairs, ...timeouts } }]
        : []),
      ...(SystemPostgres.isInstalled
        ? [
            {
              ...sources,
              test: {
                name: "postgres-15",
                globalSetup: ["test/SystemPostgres.globalSetup.ts"],
                include: onTheDatabase,
                exclude: timed,
                ...atOnce,
                ...timeouts
              }
            }
          ]
        : [])
    ]
  }
})
