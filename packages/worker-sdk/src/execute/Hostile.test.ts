import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { resourceUsage } from "node:process"
import { all, authority, type HostileKind } from "../testing/HostileGallery.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import { run } from "../testing/HttpChecks.ts"
import { outcomeOf, sumOf } from "../testing/LoopbackRun.ts"

const check = ({ assertions = [], name, start }: HostileKind) =>
  Effect.gen(function* () {
    const { url } = yield* start
    // Who never answers is waited for only that long; the others get the time that a busy machine needs.
    const timeoutMs = /silent|drips|unread/.test(name) ? 400 : 10_000
    return yield* run({ url }, { ca: [authority.ca], assertions, timeoutMs })
  }).pipe(Effect.scoped)

describe("a target that", () => {
  for (const kind of all) {
    it.live(`${kind.name} is ${kind.expected}`, () =>
      Effect.gen(function* () {
        const executed = yield* check(kind)
        assert.strictEqual(outcomeOf(executed), kind.expected)
        if (executed.outcome !== "up") assert.isNotEmpty(executed.message)
        if (executed.observation === undefined) return
        const { excerpt = "", phases, totalUs } = executed.observation
        assert.strictEqual(sumOf(phases), totalUs)
        assert.isTrue(excerpt.isWellFormed())
      })
    )
  }
})

describe("all hostile targets together", () => {
  it("are at least 45 kinds", () => {
    assert.isAtLeast(all.length, 45)
    assert.strictEqual(new Set(all.map(({ name }) => name)).size, all.length)
  })

  it.live(
    "leave a good one beside them up, and memory bounded",
    () =>
      Effect.gen(function* () {
        const good = yield* HostileTargets.http((_, response) => response.end("ok"))
        yield* Effect.forEach(all, check, { concurrency: "unbounded" })
        const beforeKb = resourceUsage().maxRSS
        const [, fine] = yield* Effect.all(
          [
            Effect.forEach([...all, ...all], check, { concurrency: "unbounded" }),
            Effect.forEach(Array.from({ length: 20 }), () => run({ url: good.url }, { timeoutMs: 10_000 }))
          ],
          { concurrency: 2 }
        )
        for (const executed of fine) assert.strictEqual(executed.outcome, "up")
        // The targets live in this process, too. What they could make us hold are gigabytes.
        assert.isBelow(resourceUsage().maxRSS - beforeKb, 300_000)
      }),
    60_000
  )
})
