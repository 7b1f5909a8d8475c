import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Engines.ts"
import { make } from "./Project.ts"

const engines = (node: string) => ({ engines: { node } })

const found = (files: Readonly<Record<string, object | string>>) =>
  rule(
    make(
      Object.fromEntries(
        Object.entries(files).map(([path, file]) => [path, typeof file === "string" ? file : JSON.stringify(file)])
      )
    )
  ).map(({ message, path }) => `${path}: ${message}`)

describe("Engines", () => {
  it("asks published code which Node they need", () => {
    const files = {
      "a/package.json": { name: "a" },
      "a/index.js": "",
      "b/package.json": { private: true },
      "b/index.js": "",
      "only-data/package.json": { name: "only-data" }
    }
    assert.deepStrictEqual(found(files), ["a/package.json: does not say which Node it needs, like >=24.0.0"])
  })

  it("refuses an older Node than a package's own dependencies ask for, and than the root's parts do", () => {
    const files = {
      "package.json": { private: true, ...engines(">=24.7.0") },
      "a/package.json": { name: "a", ...engines(">=24.10.0") },
      "b/package.json": { name: "b", dependencies: { a: "1.0.0" }, ...engines(">=24.9.1") },
      "c/package.json": { name: "c", ...engines(">=24.0.0") }
    }
    assert.deepStrictEqual(found(files), [
      "package.json: asks for Node 24.7.0, and a needs 24.10.0",
      "package.json: asks for Node 24.7.0, and b needs 24.9.1",
      "b/package.json: asks for Node 24.9.1, and a needs 24.10.0"
    ])
  })

  it("refuses an older Node than an import needs, but for tests", () => {
    const source = 'import { argon2, type Argon2Parameters } from "node:crypto"'
    const files = { "a/package.json": { name: "a", ...engines(">=24.0.0") }, "a/src/Passwords.ts": source }
    assert.deepStrictEqual(found(files), [
      "a/package.json: asks for Node 24.0.0, and argon2 of node:crypto needs 24.7.0"
    ])
    assert.deepStrictEqual(found({ ...files, "a/package.json": { name: "a", ...engines(">=24.7.0") } }), [])
    assert.deepStrictEqual(found({ "a/package.json": files["a/package.json"], "a/src/Passwords.test.ts": source }), [])
  })
})
