import { assert, describe, it } from "@effect/vitest"
import { all, rule } from "./DocExample.ts"
import { make } from "./Project.ts"

describe("DocExample", () => {
  it("takes the examples of docstrings and documents, with the line where their code starts", () => {
    const project = make({
      "README.md": "# A\n\n- one\n\n  ```ts\n  const a = 1\n\n  const b = 2\n  ```\n\n```sh\nnpm ci\n```\n",
      "packages/core/src/Grid.ts": "const x = 1\n/**\n * Grid.\n *\n * ```ts\n * f({\n *   a: 1\n * })\n * ```\n */\n"
    })
    assert.deepStrictEqual(all(project), [
      { path: "README.md", line: 6, info: "ts", code: "const a = 1\n\nconst b = 2\n" },
      { path: "packages/core/src/Grid.ts", line: 6, info: "ts", code: "f({\n  a: 1\n})\n" }
    ])
  })

  it.each(["ts no-check", "typescript", "tsx", "js", "TS"])(
    "refuses the fence %s, which nobody would compile",
    (info) => {
      assert.lengthOf(rule(make({ "docs/guide.md": `\`\`\`${info}\nlet a\n\`\`\`\n` })), 1)
    }
  )

  it.each(["ts", "sh", "json", ""])("accepts the fence %j", (info) => {
    assert.lengthOf(rule(make({ "docs/guide.md": `\`\`\`${info}\nlet a\n\`\`\`\n` })), 0)
  })
})
