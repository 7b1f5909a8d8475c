import { expect, it } from "vitest"
import { changeOf } from "./Change.ts"

it("tells a change against a week before, and no noise", () => {
  expect(changeOf(150, 100)?.words).toBe("50 % slower than a week before")
  expect(changeOf(80, 100)?.words).toBe("20 % faster than a week before")
  expect(changeOf(1_200, 100)?.words).toBe("12 × as long as a week before")
  expect([changeOf(103, 100), changeOf(null, 100), changeOf(100, null), changeOf(100, 0)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined
  ])
})
