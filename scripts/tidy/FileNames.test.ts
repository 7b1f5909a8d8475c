import { assert, describe, it } from "@effect/vitest"
import { rule } from "./FileNames.ts"
import { make } from "./Project.ts"

const found = (path: string) => rule(make({ [path]: "" })).length

describe("FileNames", () => {
  it.each([
    "packages/core/src/utils.ts",
    "packages/core/src/Helpers.ts",
    "packages/server/src/common/Db.ts",
    "scripts/misc/tidy.ts",
    "apps/dashboard/src/types.d.ts",
    "packages/core/src/grid.ts",
    "packages/core/src/due-heap.ts",
    "packages/core/src/grid.test.ts",
    "test/proxy.ts"
  ])("refuses %s", (path) => assert.strictEqual(found(path), 1))

  it.each([
    "packages/core/src/index.ts",
    "packages/client/src/effect.ts",
    "packages/server/src/cli/bin.ts",
    "packages/core/src/schedule/Grid.ts",
    "packages/core/src/schedule/Grid.test.ts",
    "apps/dashboard/src/routes/sign-in.tsx",
    "scripts/run-examples.ts",
    "test/faults.test.ts",
    "vitest.config.ts",
    ".oxlintrc.json",
    "sql/0001_accounts.sql"
  ])("accepts %s", (path) => assert.strictEqual(found(path), 0))
})
