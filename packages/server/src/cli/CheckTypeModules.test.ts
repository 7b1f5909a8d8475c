import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CheckTypeModules from "./CheckTypeModules.ts"

describe("modules with check types", () => {
  it.effect("give every check type that they export", () =>
    Effect.gen(function* () {
      const loaded = yield* CheckTypeModules.load(["./examples/own-check-type/FreeDiskCheck.ts"])
      assert.deepStrictEqual(
        loaded.map(({ kind }) => kind),
        ["free-disk"]
      )
    })
  )

  it.effect("that are not there or hold none stop the start with a sentence", () =>
    Effect.gen(function* () {
      for (const [name, problem] of [
        ["./nowhere.ts", "./nowhere.ts can't be loaded"],
        ["no-such-package", "no-such-package can't be loaded"],
        ["./packages/server/src/NewId.ts", "exports no check type"]
      ] as const) {
        const { message } = yield* Effect.flip(CheckTypeModules.load([name]))
        assert.match(message, /^OPENSEER_CHECK_TYPES: /)
        assert.include(message, problem)
      }
    })
  )
})
