import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Dependencies.ts"
import { make } from "./Project.ts"

const reasons = "| package | reason |\n|---|---|\n| `effect` | all |\n| `@pg/*` | database |\n"

const found = (manifest: object, files: Record<string, string> = {}) =>
  rule(
    make({
      "package.json": JSON.stringify({ devDependencies: { effect: "4.1.0", "@pg/linux": "1.0.0-beta.17" } }),
      "packages/core/package.json": JSON.stringify({ name: "@openseer/core", ...manifest }),
      "docs/dependencies.md": reasons,
      ...files
    })
  ).map(({ message }) => message)

describe("Dependencies", () => {
  it("accepts exact versions with a reason, and the range of the peer effect", () => {
    const manifest = {
      dependencies: { "@openseer/sql": "0.1.0" },
      optionalDependencies: { "@pg/mac": "2.0.0" },
      peerDependencies: { effect: "^4.1.0" }
    }
    assert.deepStrictEqual(found(manifest), [])
  })

  it.each([
    { dependencies: { effect: "^4.1.0" } },
    { dependencies: { effect: "latest" } },
    { optionalDependencies: { "@pg/mac": "~2.0.0" } },
    { peerDependencies: { effect: ">=4" } },
    { devDependencies: { "@pg/mac": "^2.0.0" } }
  ])("refuses a version that is not exact: %j", (manifest) => {
    assert.lengthOf(found(manifest), 1)
  })

  it("refuses a dependency without a reason", () => {
    assert.deepStrictEqual(found({ dependencies: { "left-pad": "1.3.0" } }), [
      "left-pad has no line in docs/dependencies.md"
    ])
  })

  it("refuses a reason without a dependency", () => {
    assert.deepStrictEqual(found({}, { "docs/dependencies.md": `${reasons}| \`left-pad\` | pads |\n` }), [
      "left-pad is nobody's dependency"
    ])
  })

  it("refuses an import that the package does not declare", () => {
    const source = { "packages/core/src/A.ts": `import { Schema } from "effect/Schema"\nimport "node:fs"` }
    assert.deepStrictEqual(found({}, source), ["effect is not declared in packages/core/package.json"])
    assert.deepStrictEqual(found({ peerDependencies: { effect: "^4.1.0" } }, source), [])
  })
})
