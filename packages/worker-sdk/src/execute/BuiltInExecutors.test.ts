import { assert, describe, it } from "@effect/vitest"
import { BuiltInChecks } from "@openseer/core"
import { builtInExecutors } from "./BuiltInExecutors.ts"

describe("the built-in executors", () => {
  it("are one for each built-in check type that workers execute", () => {
    const executed = builtInExecutors.map(({ checkType }) => checkType)
    const types = BuiltInChecks.builtInChecks.filter(({ inbound }) => !inbound)
    assert.sameMembers(executed, types)
  })
})
