import { assert, describe, it } from "@effect/vitest"
import { make } from "./Project.ts"
import { rule } from "./Words.ts"

const found = (path: string, text: string) =>
  rule(make({ [path]: text })).map(({ line, message }) => `${line} ${message}`)

describe("Words", () => {
  it.each([
    ["packages/server/src/Main.ts", `const url = process.env.DATABASE_URL`],
    ["packages/server/src/Main.ts", `const url = process.env["DATABASE_URL"]`],
    ["packages/server/src/Main.ts", `import { env } from "node:process"`],
    ["packages/server/src/Main.ts", `const { argv, env } = process`],
    ["packages/core/src/Grid.test.ts", `it.only("a", () => {})`],
    ["packages/core/src/Grid.test.ts", `it.effect.only("a", () => {})`],
    ["packages/core/src/Grid.test.ts", `describe.skip("a", () => {})`],
    ["packages/core/src/Grid.test.ts", `test.todo("a")`],
    ["packages/core/src/Grid.ts", `// ${"TO"}DO: later`],
    ["sql/0001_accounts.sql", `-- ${"FIX"}ME`],
    ["docs/design.md", `${"XX"}X`]
  ])("refuses, in %s: %s", (path, text) => {
    assert.lengthOf(found(path, text), 1)
  })

  it.each([
    ["packages/server/src/ServerConfig.ts", `const url = process.env.DATABASE_URL`],
    ["packages/server/src/Main.test.ts", `process.env.TZ = "UTC"`],
    ["scripts/start.ts", `process.env.DATABASE_URL`],
    ["packages/server/src/Main.ts", `// process.env is read elsewhere\nconst env = {}\nprocess.exit()`],
    ["packages/core/src/Grid.test.ts", `it("has an only child", () => {}) // it.only`],
    ["packages/core/src/Grid.ts", `queue.skip.only()`],
    ["packages/server/src/Folder.ts", `mkdtemp("pg-${"X".repeat(6)}")`]
  ])("accepts, in %s: %s", (path, text) => {
    assert.deepStrictEqual(found(path, text), [])
  })

  it("says the line", () => {
    assert.deepStrictEqual(found("packages/server/src/Main.ts", "/*\n\n*/\n\nprocess.env.A"), [
      "5 process.env: the environment is read in *Config.ts only"
    ])
  })
})
