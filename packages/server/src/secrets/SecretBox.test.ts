import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import { SecretBox } from "./SecretBox.ts"
import * as SecretKeys from "./SecretKeys.ts"

const keysOf = (...lines: ReadonlyArray<string>) => SecretKeys.parse(lines.join("\n"))
const boxOf = (keys: SecretKeys.SecretKeys) =>
  Effect.scoped(Effect.map(Layer.build(SecretBox.layer(keys)), (built) => Context.get(built, SecretBox)))

const owner = { organizationId: "org_a", monitorId: "mon_a" }
const path = ["headers", "authorization"]

describe("a sealed secret", () => {
  it.effect("opens at its place, whatever it holds, and looks different each time", () =>
    Effect.gen(function* () {
      const { open, seal } = yield* boxOf(yield* keysOf(SecretKeys.newLine()))
      for (const secret of ["hunter2", "p.ä…🔑\n", "x".repeat(16_384)]) {
        const sealed = [seal(owner, path, secret), seal(owner, path, secret)].map(Option.getOrThrow)
        assert.notStrictEqual(sealed[0], sealed[1])
        assert.match(sealed[0]!, /^v1\.k-[0-9a-f]{12}\.[0-9A-Za-z_-]{16}\.[0-9A-Za-z_-]+$/)
        for (const text of sealed) assert.deepStrictEqual(open(owner, path, text), Option.some(secret))
      }
    })
  )

  it.effect("does not open in another organization, monitor or path", () =>
    Effect.gen(function* () {
      const { open, seal } = yield* boxOf(yield* keysOf(SecretKeys.newLine()))
      const sealed = Option.getOrThrow(seal(owner, path, "hunter2"))
      for (const [otherOwner, otherPath] of [
        [{ ...owner, organizationId: "org_b" }, path],
        [{ ...owner, monitorId: "mon_b" }, path],
        [{ organizationId: "org_amon_a", monitorId: "" }, path],
        [{ organizationId: owner.monitorId, monitorId: owner.organizationId }, path],
        [owner, ["headers", "cookie"]],
        [owner, ["headers"]],
        [owner, ["headers.authorization"]],
        [owner, ["headers", "authorization", "0"]],
        [owner, []]
      ] as const) {
        assert.deepStrictEqual(open(otherOwner, otherPath, sealed), Option.none())
      }
    })
  )

  it.effect("does not open when a character of it is another, is missing or is too many", () =>
    Effect.gen(function* () {
      const { open, seal } = yield* boxOf(yield* keysOf(SecretKeys.newLine()))
      const sealed = Option.getOrThrow(seal(owner, path, "hunter2"))
      for (let at = 0; at < sealed.length; at++) {
        const other = sealed[at] === "A" ? "g" : "A"
        assert.deepStrictEqual(
          open(owner, path, `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`),
          Option.none()
        )
      }
      for (const text of [
        "",
        "v1",
        "v1...",
        `${sealed}.x`,
        sealed.slice(0, -1),
        sealed.slice(0, -8),
        "v1.k.AAAA.AAAA"
      ]) {
        assert.deepStrictEqual(open(owner, path, text), Option.none())
      }
    })
  )

  it.effect("is sealed with the first key of the ring and opens with any", () =>
    Effect.gen(function* () {
      const lines = [SecretKeys.newLine(), SecretKeys.newLine()] as const
      const before = yield* boxOf(yield* keysOf(lines[0]))
      const both = yield* boxOf(yield* keysOf(lines[1], lines[0]))
      const after = yield* boxOf(yield* keysOf(lines[1]))
      const sealed = Option.getOrThrow(before.seal(owner, path, "hunter2"))
      assert.deepStrictEqual(both.open(owner, path, sealed), Option.some("hunter2"))
      assert.deepStrictEqual(after.open(owner, path, sealed), Option.none())
      const again = Option.getOrThrow(both.seal(owner, path, "hunter2"))
      assert.include(again, after.keyIds[0]!)
      assert.deepStrictEqual(after.open(owner, path, again), Option.some("hunter2"))
      assert.deepStrictEqual(before.open(owner, path, again), Option.none())
    })
  )

  it.effect("can't be made without keys", () =>
    Effect.gen(function* () {
      const { keyIds, seal } = yield* boxOf([])
      assert.deepStrictEqual(keyIds, [])
      assert.deepStrictEqual(seal(owner, path, "hunter2"), Option.none())
    })
  )
})
