import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { inspect } from "node:util"
import * as SecretKeys from "./SecretKeys.ts"

const material = (): string => randomBytes(32).toString("base64")

describe("a key ring", () => {
  it.effect("is read in its order, without comments and empty lines", () =>
    Effect.gen(function* () {
      const keys = yield* SecretKeys.parse(`# ours\r\n2026-11:${material()}\r\n\n  old_1:${material()}  \n`)
      assert.deepStrictEqual(
        keys.map(({ id }) => id),
        ["2026-11", "old_1"]
      )
    })
  )

  it.effect("is never printed", () =>
    Effect.gen(function* () {
      const line = SecretKeys.newLine()
      const [key] = yield* SecretKeys.parse(line)
      const secret = line.slice(line.indexOf(":") + 1)
      for (const text of [inspect(key, { depth: 5, showHidden: true }), JSON.stringify(key), String(key)]) {
        assert.notInclude(text, secret)
        assert.notInclude(text, Buffer.from(secret, "base64").toString("hex"))
      }
    })
  )

  it.effect("that can't be used is refused by line with what to do, and without the material", () =>
    Effect.gen(function* () {
      const good = SecretKeys.newLine()
      const planted = material().slice(0, 20)
      for (const [text, line] of [
        [planted, 1],
        [`k1:${planted}`, 1],
        [`k1:${randomBytes(16).toString("base64")}`, 1],
        [`k1:${randomBytes(33).toString("base64")}`, 1],
        [`k1:${randomBytes(32).toString("hex")}`, 1],
        [`k1:${randomBytes(32).toString("base64").slice(0, -2)}B=`, 1],
        [`k.1:${material()}`, 1],
        [`:${material()}`, 1],
        [`${good}\n${planted}`, 2],
        [`${good}\n${good}`, 2]
      ] as const) {
        const { message } = yield* Effect.flip(SecretKeys.parse(text))
        assert.match(message, new RegExp(`^line ${line}: .*openseer secrets new-key$`))
        assert.notInclude(message, planted)
      }
      assert.include((yield* Effect.flip(SecretKeys.parse("# none\n"))).message, "openseer secrets new-key")
    })
  )
})
