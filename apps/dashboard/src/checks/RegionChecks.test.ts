import { expect, it } from "vitest"
import { ApiProblem } from "~/api/ApiProblem.ts"
import { createRegionChecks } from "./RegionChecks.ts"

it("tells of each region why it was not asked, and nothing of a set that is over", async () => {
  const { checks, isRunning, refusal, start } = createRegionChecks()
  const late = Promise.withResolvers<{ readonly runs: [] }>()
  const first = start(["eu"], () => late.promise)
  expect(checks).toEqual([{ region: "eu" }])
  expect(isRunning()).toBe(true)

  const problem = { type: "about:blank", title: "Too many", status: 429, retryAfterSeconds: 5 }
  const second = start(["ap", "us"], (region) =>
    region === "ap" ? Promise.reject(new ApiProblem(problem)) : Promise.resolve({ runs: [] })
  )
  late.resolve({ runs: [] })
  await Promise.all([first, second])
  expect(checks).toEqual([
    { region: "ap", problem },
    { region: "us", run: { region: "us", status: "pending" } }
  ])
  expect(isRunning()).toBe(false)
  expect(refusal()).toBeUndefined()
})
