/**
 * An embedded server that another process has started: how a second shell reaches the database of `openseer start`.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, FileSystem, Option, Redacted } from "effect"
import { join, resolve } from "node:path"
import { isAlive } from "./PostgresAccount.ts"
import * as PostgresCluster from "./PostgresCluster.ts"

/**
 * Where the server that runs on a folder listens, from PostgreSQL's own `postmaster.pid`; none when none runs there.
 * Whether it answers is not tried.
 */
export const find = Effect.fn("RunningPostgres.find")(function* (options: {
  readonly dataDir: string
  readonly database?: string
}) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = resolve(options.dataDir)
  const text = yield* Effect.option(fs.readFileString(join(dataDir, "data", "postmaster.pid")))
  if (Option.isNone(text)) return Option.none<Redacted.Redacted>()
  // Its lines: process id, data folder, start time, port, socket folder, listen address, shared memory, status.
  const [pid, , , port, socketDir, listen] = text.value.split("\n")
  if (pid === undefined || port === undefined || !isAlive(Number(pid))) return Option.none<Redacted.Redacted>()
  const database = encodeURIComponent(options.database ?? "openseer")
  if (socketDir !== undefined && socketDir !== "") {
    const host = encodeURIComponent(socketDir)
    return Option.some(
      Redacted.make(`postgres://${PostgresCluster.clusterUser}@localhost:${port}/${database}?host=${host}`)
    )
  }
  const password = yield* PostgresCluster.readPassword(dataDir)
  return Option.some(
    Redacted.make(`postgres://${PostgresCluster.clusterUser}:${password}@${listen}:${port}/${database}`)
  )
}, Effect.provide(NodeFileSystem.layer))
