import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Links.ts"
import { make } from "./Project.ts"

const found = (text: string) =>
  rule(
    make({
      "docs/guide.md": text,
      "docs/logo.png": "",
      "README.md": "# Open Seer\n\n## What's in `core`?\n",
      "packages/core/src/Grid.ts": ""
    })
  ).map(({ message }) => message)

describe("Links", () => {
  it.each([
    "[a](missing.md)",
    "[a](../docs/Guide.md)",
    "![a](missing.png)",
    "[a](../README.md#nowhere)",
    "[a](#nowhere)",
    "[a]: missing.md",
    `<img src="missing.png">`,
    "[a](../packages/core/srcs/)"
  ])("finds %s", (text) => assert.lengthOf(found(text), 1))

  it.each([
    "[a](../README.md)",
    "[a](../README.md#open-seer)",
    "[a](../README.md#whats-in-core)",
    "# Here\n\n[a](#here)",
    "![a](logo.png)",
    "[a](../packages/core/src)",
    "[a](../packages/core/src/)",
    `[a](../packages/core/src/Grid.ts "the grid")`,
    "[a](https://example.com/b.md) [c](mailto:a@example.com)",
    "```md\n[a](missing.md)\n```",
    "`[a](missing.md)`"
  ])("accepts %s", (text) => assert.deepStrictEqual(found(text), []))
})
