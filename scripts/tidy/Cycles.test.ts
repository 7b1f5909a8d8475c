import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Cycles.ts"
import { make } from "./Project.ts"

const found = (files: Record<string, string>) => rule(make(files)).map(({ message }) => message)

describe("Cycles", () => {
  it("finds a cycle through several files once", () => {
    const files = {
      "packages/core/src/A.ts": `import "./b/B.ts"`,
      "packages/core/src/b/B.ts": `export * from "../C.ts"`,
      "packages/core/src/C.ts": `import type { A } from "./A.ts"`,
      "packages/core/src/D.ts": `import "./A.ts"`
    }
    assert.deepStrictEqual(found(files), ["import cycle A.ts -> B.ts -> C.ts -> A.ts"])
  })

  it("finds a cycle through the package's own name", () => {
    const files = {
      "packages/core/src/index.ts": `export * from "./A.ts"`,
      "packages/core/src/A.ts": `import { A } from "@openseer/core"`
    }
    assert.deepStrictEqual(found(files), ["import cycle index.ts -> A.ts -> index.ts"])
  })

  it("accepts that two files import a third", () => {
    const files = {
      "packages/core/src/A.ts": `import "./B.ts"\nimport "./C.ts"`,
      "packages/core/src/B.ts": `import "./C.ts"`,
      "packages/core/src/C.ts": `import "effect"`
    }
    assert.deepStrictEqual(found(files), [])
  })
})
