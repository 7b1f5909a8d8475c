/**
 * Brings a database to the schema of this version: the numbered files of `@openseer/sql`, each in a transaction of its
 * own under a lock, so that any number of replicas may start at once and an interrupted upgrade goes on where it stopped.
 */
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Database } from "./Database.ts"
import type { DatabaseBusy } from "./DatabaseError.ts"
import * as SqlFailure from "./SqlFailure.ts"

/** The database can't be brought to this version; the message says why and what to do. */
export class MigrationRefused extends Schema.TaggedError<MigrationRefused>()("MigrationRefused", {
  reason: Schema.Literals(["newer", "changed", "failed", "unsupported"]),
  message: Schema.String
}) {}

/** One numbered file. */
export interface Migration {
  readonly id: number
  readonly name: string
  readonly text: string
  readonly checksum: string
}

/** What {@link migrate} did. */
export interface MigrationReport {
  readonly applied: ReadonlyArray<string>
  readonly version: number
}

/** The first PostgreSQL version with `unique nulls not distinct`. */
const serverVersionMin = 150_000

/** The migrations that this version ships, in order. */
export const shipped: Effect.Effect<ReadonlyArray<Migration>> = Effect.promise(async () => {
  const folder = new URL(".", import.meta.resolve("@openseer/sql/package.json"))
  const names = (await readdir(fileURLToPath(folder))).filter((name) => /^\d{4}_.*\.sql$/.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), "utf8")
      return {
        id: Number(name.slice(0, 4)),
        name: name.slice(0, -".sql".length),
        text,
        checksum: createHash("sha256").update(text).digest("hex")
      }
    })
  )
})

/**
 * Applies what is pending. Safe to run at any time and by several processes at once.
 *
 * Fails with {@link MigrationRefused} when the database is newer than this code, when an applied file has changed since,
 * or when a file can't be applied.
 */
export const migrate: Effect.Effect<MigrationReport, MigrationRefused | DatabaseBusy, Database> = Effect.gen(
  function* () {
    const migrations = yield* shipped
    const applied: Array<string> = []
    while (true) {
      const name = yield* applyNext(migrations)
      if (name === undefined) break
      applied.push(name)
      yield* Effect.logInfo("migration applied").pipe(Effect.annotateLogs({ migration: name }))
    }
    return { applied, version: migrations.at(-1)?.id ?? 0 }
  }
).pipe(Effect.withSpan("Migrations.migrate"))

/** How many shipped migrations the database lacks, without changing anything. */
export const pending = Effect.gen(function* () {
  const { background } = yield* Database
  const migrations = yield* shipped
  const rows = yield* background.run(
    background.sql<{ exists: boolean }>`select to_regclass('app.migrations') is not null as exists`
  )
  if (rows[0]?.exists !== true) return migrations.length
  const known = yield* appliedRows
  return migrations.filter(({ id }) => !known.some((row) => row.id === id)).length
}).pipe(Effect.withSpan("Migrations.pending"))

const appliedRows = Effect.gen(function* () {
  const { background } = yield* Database
  return yield* background.run(
    background.sql<{ id: number; name: string; checksum: string }>`
      select id, name, checksum from app.migrations order by id`
  )
})

/** Applies the first pending file in one transaction and names it; `undefined` when there is none. */
const applyNext = Effect.fn("Migrations.applyNext")(function* (migrations: ReadonlyArray<Migration>) {
  const { background } = yield* Database
  const { sql } = background
  return yield* background.run(
    sql.withTransaction(
      Effect.gen(function* () {
        // Released with the transaction: a session lock would outlive it on a pooled connection.
        yield* sql`select pg_advisory_xact_lock(7400)`
        const [server] = yield* sql<{ version: number }>`select current_setting('server_version_num')::int as version`
        if ((server?.version ?? 0) < serverVersionMin) {
          return yield* new MigrationRefused({
            reason: "unsupported",
            message: "OpenSeer needs PostgreSQL 15 or newer"
          })
        }
        yield* sql`create schema if not exists app`
        yield* sql`create table if not exists app.migrations (
          id int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`
        const known = yield* appliedRows
        const next = yield* firstPending(migrations, known)
        if (next === undefined) return undefined
        yield* execute(next)
        yield* sql`insert into app.migrations (id, name, checksum) values (${next.id}, ${next.name}, ${next.checksum})`
        return next.name
      })
    )
  )
})

/** Runs the statements of one file. The driver takes one statement a query, so PostgreSQL takes the file apart. */
const execute = Effect.fn("Migrations.execute")(function* (migration: Migration) {
  const { background } = yield* Database
  const { sql } = background
  yield* sql.unsafe(
    "create or replace function pg_temp.openseer_execute(t text) returns void language plpgsql as 'begin execute t; end'"
  )
  yield* sql`select pg_temp.openseer_execute(${migration.text})`.pipe(
    Effect.catchTag("SqlError", (error): Effect.Effect<never, SqlError | MigrationRefused> =>
      Effect.fail(
        SqlFailure.of(error) !== "refused"
          ? error
          : new MigrationRefused({
              reason: "failed",
              message: `${migration.name} can't be applied: ${SqlFailure.detailOf(error)}`
            })
      )
    )
  )
})

const firstPending = (
  migrations: ReadonlyArray<Migration>,
  known: ReadonlyArray<{ readonly id: number; readonly name: string; readonly checksum: string }>
): Effect.Effect<Migration | undefined, MigrationRefused> => {
  const newest = migrations.at(-1)?.id ?? 0
  for (const row of known) {
    if (row.id > newest) {
      return Effect.fail(
        new MigrationRefused({
          reason: "newer",
          message: `the database has migration ${row.name}, which this version does not know: upgrade OpenSeer`
        })
      )
    }
    const shippedOne = migrations.find(({ id }) => id === row.id)
    if (shippedOne !== undefined && shippedOne.checksum !== row.checksum) {
      return Effect.fail(
        new MigrationRefused({
          reason: "changed",
          message: `migration ${row.name} was applied with another content: restore the released file`
        })
      )
    }
  }
  return Effect.succeed(migrations.find(({ id }) => !known.some((row) => row.id === id)))
}
