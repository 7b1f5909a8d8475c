/**
 * Where the key ring of a process comes from: the file of `OPENSEER_SECRET_KEYS_FILE`, or, beside an embedded PostgreSQL,
 * `secret.keys` in the data folder, which the first start makes.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, FileSystem, Option, type PlatformError } from "effect"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import type { ServerConfig } from "../ServerConfig.ts"
import * as SecretKeys from "./SecretKeys.ts"

/** The setting that names the file. */
export const setting = "OPENSEER_SECRET_KEYS_FILE"

/** The file of an instance with an embedded PostgreSQL, in the data folder. */
export const embeddedName = "secret.keys"

/** What decides where the keys are. */
export type KeysChoice = Pick<ServerConfig, "secretKeysFile" | "databaseUrl" | "dataDir">

/**
 * Reads the key ring; no keys when there is neither a setting nor a file. `create` makes the file of the data folder when
 * it is not there. Fails with `SecretKeysInvalid` when a file can't be read, can't be made or holds something else.
 */
export const load = Effect.fn("SecretKeysFile.load")(function* (
  config: KeysChoice,
  { create }: { readonly create: boolean }
) {
  if (Option.isSome(config.secretKeysFile)) return yield* read(config.secretKeysFile.value, setting)
  if (Option.isSome(config.databaseUrl)) return [] satisfies SecretKeys.SecretKeys
  const path = join(config.dataDir, embeddedName)
  const fs = yield* FileSystem.FileSystem
  const isThere = yield* fs.exists(path).pipe(Effect.mapError(unusable(path, "can't be looked for")))
  if (!isThere && !create) return [] satisfies SecretKeys.SecretKeys
  if (!isThere) yield* make(config.dataDir, path).pipe(Effect.mapError(unusable(path, "can't be made")))
  return yield* read(path, path)
}, Effect.provide(NodeFileSystem.layer))

const read = Effect.fnUntraced(function* (path: string, name: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(path).pipe(Effect.mapError(unusable(name, "can't be read")))
  return yield* SecretKeys.parse(text).pipe(
    Effect.mapError(({ message }) => new SecretKeys.SecretKeysInvalid({ message: `${name}: ${message}` }))
  )
})

/**
 * The whole file appears at once and is on disk before anything is sealed with it: whoever loses the key loses every
 * secret. Of several that start at the same moment, one makes it.
 */
const make = Effect.fnUntraced(function* (folder: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder, { recursive: true })
  const partial = `${path}.${randomBytes(6).toString("hex")}`
  const text = `# Opens the secrets of monitors. Keep a copy apart from the database's: without it they are lost.\n${SecretKeys.newLine()}\n`
  const write = Effect.gen(function* () {
    const file = yield* fs.open(partial, { flag: "wx", mode: 0o600 })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  }).pipe(Effect.scoped)
  yield* Effect.andThen(write, fs.link(partial, path)).pipe(
    Effect.catch((error) => Effect.flatMap(fs.exists(path), (isThere) => (isThere ? Effect.void : Effect.fail(error)))),
    Effect.ensuring(Effect.ignore(fs.remove(partial, { force: true })))
  )
})

const unusable = (name: string, what: string) => (error: PlatformError.PlatformError) =>
  new SecretKeys.SecretKeysInvalid({
    message: `${name}: the key file ${what} (${error.reason._tag}): correct the path or its rights, or ${SecretKeys.howToMakeOne}`
  })
