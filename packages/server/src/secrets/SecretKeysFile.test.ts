import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SecretKeys from "./SecretKeys.ts"
import * as SecretKeysFile from "./SecretKeysFile.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "openseer-keys-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)

const choice = (dataDir: string, change: Partial<SecretKeysFile.KeysChoice> = {}): SecretKeysFile.KeysChoice => ({
  dataDir,
  secretKeysFile: Option.none(),
  databaseUrl: Option.none(),
  ...change
})

describe("the key file", () => {
  it.effect("is made by the first start with an embedded database, for its owner alone, and kept by the next", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* folder, "data")
      assert.deepStrictEqual(yield* SecretKeysFile.load(choice(dataDir), { create: false }), [])
      const starts = yield* Effect.all(
        Array.from({ length: 5 }, () => SecretKeysFile.load(choice(dataDir), { create: true })),
        { concurrency: "unbounded" }
      )
      assert.lengthOf([...new Set(starts.map((keys) => keys.map(({ id }) => id).join()))], 1)
      assert.lengthOf(starts[0]!, 1)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(dataDir)), [SecretKeysFile.embeddedName])
      const path = join(dataDir, SecretKeysFile.embeddedName)
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o777, 0o600)
      const text = yield* Effect.promise(() => readFile(path, "utf8"))
      yield* SecretKeysFile.load(choice(dataDir), { create: true })
      assert.strictEqual(yield* Effect.promise(() => readFile(path, "utf8")), text)
    })
  )

  it.effect("is neither made nor looked for beside a database of one's own", () =>
    Effect.gen(function* () {
      const dataDir = yield* folder
      const databaseUrl = Option.some(Redacted.make("postgres://localhost/openseer"))
      assert.deepStrictEqual(yield* SecretKeysFile.load(choice(dataDir, { databaseUrl }), { create: true }), [])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(dataDir)), [])
    })
  )

  it.effect("that the setting names must be there and hold keys: the start is refused by the setting's name", () =>
    Effect.gen(function* () {
      const dataDir = yield* folder
      const path = join(dataDir, "keys")
      const named = choice(dataDir, { secretKeysFile: Option.some(path) })
      const refused = Effect.map(Effect.flip(SecretKeysFile.load(named, { create: true })), ({ message }) => message)
      assert.match(yield* refused, /^OPENSEER_SECRET_KEYS_FILE: the key file can't be read \(NotFound\): .*new-key$/)
      yield* Effect.promise(() => writeFile(path, "k1:hunter2"))
      const message = yield* refused
      assert.match(message, /^OPENSEER_SECRET_KEYS_FILE: line 1: must be <id>:<32 bytes in base64>/)
      assert.notInclude(message, "hunter2")
      yield* Effect.promise(() => writeFile(path, SecretKeys.newLine()))
      assert.lengthOf(yield* SecretKeysFile.load(named, { create: false }), 1)
    })
  )
})
