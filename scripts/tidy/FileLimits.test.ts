import { assert, describe, it } from "@effect/vitest"
import { rule } from "./FileLimits.ts"
import { make } from "./Project.ts"

const found = (path: string, lines: number) =>
  rule(make({ [path]: "//\n".repeat(lines) })).map(({ note }) => (note ? "note" : "failure"))

describe("FileLimits", () => {
  it.each([
    ["packages/core/src/Grid.ts", 300, []],
    ["packages/core/src/Grid.ts", 301, ["note"]],
    ["packages/core/src/Grid.ts", 500, ["note"]],
    ["packages/core/src/Grid.ts", 501, ["failure"]],
    ["apps/dashboard/src/app.tsx", 501, ["failure"]],
    ["packages/core/src/Grid.test.ts", 800, []],
    ["packages/core/src/Grid.test.ts", 801, ["failure"]],
    ["sql/0001_accounts.sql", 301, ["note"]],
    ["sql/0001_accounts.sql", 501, ["failure"]],
    ["package-lock.json", 9_000, []]
  ] as const)("%s of %d lines: %j", (path, lines, expected) => {
    assert.deepStrictEqual(found(path, lines), [...expected])
  })
})
