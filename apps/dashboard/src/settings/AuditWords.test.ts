import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { auditActor, auditDetail, auditKinds, auditVerb } from "./AuditWords.ts"

const repository = fileURLToPath(new URL("../../../../", import.meta.url))

/** What is written by triggers, and by the server. */
const written = (): ReadonlySet<string> => {
  const texts = ["sql/*.sql", "packages/server/src/**/*.ts"].flatMap((files) =>
    globSync(files, { cwd: repository, exclude: ["**/*.test.ts"] }).map((file) =>
      readFileSync(repository + file, "utf8")
    )
  )
  const calls = texts.flatMap((text) => text.match(/auth\.audit\([^;]*;|\baction: "[a-z_]+\.[a-z_]+"/g) ?? [])
  const actions = calls.flatMap((call) => call.match(/(?<=['"])[a-z_]+\.[a-z_]+(?=['"])/g) ?? [])
  return new Set(actions.filter((action) => !action.startsWith("openseer.")))
}

it("has words and a filter for everything that is written", () => {
  const actions = [...written()]
  expect(actions).toEqual(expect.arrayContaining(["monitor.create", "worker.revoke", "session.sign_in"]))
  expect(actions.filter((action) => auditVerb(action) === action)).toEqual([])
  const kinds = new Set(actions.map((action) => action.split(".")[0]))
  expect(auditKinds.map(([kind]) => kind).toSorted()).toEqual([...kinds].toSorted())
})

it("says who did what, and shows an action as it is that has no words", () => {
  expect(auditActor({ kind: "user", id: "usr_1", name: "Ada" })).toBe("Ada")
  expect(auditActor({ kind: "api_key", id: "key_1", name: "CI" })).toBe("API key CI")
  expect(auditActor({ kind: "system" })).toBe("OpenSeer")
  expect(auditVerb("monitor.pause")).toBe("paused the monitor")
  expect(auditVerb("constructor")).toBe("constructor")
})

it("writes what was and is", () => {
  expect(auditDetail({ from: "viewer", to: "admin" })).toBe("viewer → admin")
  expect(auditDetail({ from: null, to: ["a", "b"] })).toBe("nothing → a, b")
  expect(auditDetail({ other: 1 })).toBe('{"other":1}')
})
