import { expect, it } from "vitest"
import { scopeWords } from "./Scopes.ts"

it("names the widest of the scopes, in whatever order they come", () => {
  expect(scopeWords(["read"])).toBe("Read")
  expect(scopeWords(["write", "read"])).toBe("Read and write")
  expect(scopeWords(["admin", "read"])).toBe("Everything")
  expect(scopeWords([])).toBe("Nothing")
})
