/**
 * One PostgreSQL server for the whole test run: the one that `OPENSEER_TEST_DATABASE_URL` names (its user must be allowed
 * to create databases), else an embedded one in a temporary folder that is removed at the end. Tests get it through
 * `TestDatabase`.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Config, Effect, Exit, FileSystem, Layer, Option, Redacted, Scope } from "effect"
import { statfs } from "node:fs/promises"
import { tmpdir } from "node:os"
import type { TestProject } from "vitest/node"
import { EmbeddedPostgres } from "../packages/server/src/embedded/EmbeddedPostgres.ts"
import type {} from "../packages/server/src/embedded/testing/TestDatabase.ts"
import * as MigratedTemplate from "./MigratedTemplate.ts"

// A memory disk makes a database in 9 ms, /tmp on a disk in 200. Docker's /dev/shm of 64 MB is too small.
const memoryDisk = "/dev/shm"
const enoughBytes = 2 * 1024 ** 3

const baseFolder = Effect.tryPromise(() => statfs(memoryDisk)).pipe(
  Effect.map(({ bavail, bsize }) => (bavail * bsize >= enoughBytes ? memoryDisk : tmpdir())),
  Effect.orElseSucceed(tmpdir)
)

const embeddedUrl = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ directory: yield* baseFolder, prefix: "openseer-test-" })
  const context = yield* Layer.build(EmbeddedPostgres.layer({ dataDir, durable: false }))
  return yield* Effect.provide(
    EmbeddedPostgres.useSync(({ urlOf }) => urlOf("postgres")),
    context
  )
}).pipe(Effect.provide(NodeFileSystem.layer))

const adminUrl = Effect.gen(function* () {
  const given = yield* Config.option(Config.Redacted("OPENSEER_TEST_DATABASE_URL"))
  return Option.isSome(given) ? given.value : yield* embeddedUrl
})

const server = Effect.gen(function* () {
  const url = yield* adminUrl
  return { url, template: yield* MigratedTemplate.make(url) }
})

/** Called by vitest once, before the first test file; what it returns is called after the last one. */
export default (project: TestProject) => {
  const scope = Scope.makeUnsafe()
  return Effect.runPromise(Scope.provide(server, scope)).then(({ template, url }) => {
    project.provide("adminDatabaseUrl", Redacted.value(url))
    project.provide("migratedDatabase", template)
    return () => Effect.runPromise(Scope.close(scope, Exit.void))
  })
}
