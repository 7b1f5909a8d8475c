import { expect, it } from "vitest"
import { auditActor, auditDetail, auditVerb } from "./AuditWords.ts"

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
