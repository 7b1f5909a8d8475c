/**
 * `openseer doctor`: one line a check, what to do where one fails, and an exit code.
 */
import { Console, Effect, Schema } from "effect"
import { Database } from "../db/Database.ts"
import * as Migrations from "../db/Migrations.ts"
import * as SecretRotation from "../schedule/SecretRotation.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import { serverVersion } from "../ServerVersion.ts"

/** Something is wrong; what it is has been printed. */
export class DoctorFailed extends Schema.TaggedError<DoctorFailed>()("DoctorFailed", { failures: Schema.Int }) {}

interface Finding {
  readonly ok: boolean
  readonly text: string
}

/** The most that the clocks of this machine and of the database may differ before something is wrong with one of them. */
const clockSkewMsMax = 2_000

const one = Effect.fnUntraced(function* <A extends object>(text: string) {
  const { background } = yield* Database
  const [row] = yield* background.run(background.sql.unsafe<A>(text))
  return row
})

const checks: Record<string, Effect.Effect<Finding, unknown, Database | SecretBox>> = {
  version: Effect.sync(() => ({
    ok: Number(process.versions.node.split(".")[0]) >= 24,
    text: `OpenSeer ${serverVersion}, Node.js ${process.versions.node}${
      Number(process.versions.node.split(".")[0]) >= 24 ? "" : ": OpenSeer needs Node.js 24 or newer"
    }`
  })),
  database: one<{ version: string; number: number; timescale: string | null }>(
    `select split_part(version(), ' ', 2) as version, current_setting('server_version_num')::int as number,
            (select extversion from pg_extension where extname = 'timescaledb') as timescale`
  ).pipe(
    Effect.map((row) => ({
      ok: (row?.number ?? 0) >= 150_000,
      text: `PostgreSQL ${row?.version}${row?.timescale == null ? "" : ` with TimescaleDB ${row.timescale}`}`
    }))
  ),
  settings: one<{ synchronous: string; fsync: string }>(
    "select current_setting('synchronous_commit') as synchronous, current_setting('fsync') as fsync"
  ).pipe(
    Effect.map((row) => ({
      ok: row?.fsync === "on",
      text:
        row?.fsync === "on"
          ? "acknowledged results are on disk (fsync on)"
          : "fsync is off: a crash of the machine loses acknowledged results"
    }))
  ),
  migrations: Migrations.pending.pipe(
    Effect.map((pending) => ({
      ok: pending === 0,
      text: pending === 0 ? "the schema is up to date" : `${pending} migrations are pending: run openseer migrate`
    }))
  ),
  secrets: Effect.gen(function* () {
    const { keyIds } = yield* SecretBox
    const { missing, old, secrets } = yield* SecretRotation.examine
    return {
      ok: missing.size === 0,
      text:
        missing.size > 0
          ? `${[...missing.values()].reduce((a, b) => a + b, 0)} of ${secrets} secrets can't be opened: give the key file that has ${[...missing.keys()].join(", ")}, or give them anew`
          : keyIds.length === 0
            ? "no keys are set, so that no monitor can have a secret"
            : `${secrets} secrets open with ${keyIds.length} keys; ${keyIds[0]} is the current one${old === 0 ? "" : `, ${old} are sealed with another: run openseer secrets rotate`}`
    }
  }),
  clock: one<{ ms: number }>("select extract(epoch from clock_timestamp())::float8 * 1000 as ms").pipe(
    Effect.map((row) => {
      const skewMs = Math.round(Math.abs(Date.now() - (row?.ms ?? 0)))
      return {
        ok: skewMs <= clockSkewMsMax,
        text: `the database's clock differs from this machine's by ${skewMs} ms${
          skewMs <= clockSkewMsMax ? "" : ": schedules follow the database's; synchronise both"
        }`
      }
    })
  ),
  partitions: one<{ days: number }>("select ts.partition_days_ahead()::int as days").pipe(
    Effect.map((row) => ({
      ok: (row?.days ?? 0) >= 2,
      text: `partitions are ready for ${row?.days ?? 0} days ahead${
        (row?.days ?? 0) >= 2 ? "" : ": is a control plane running? It makes them every ten minutes"
      }`
    }))
  ),
  schedule: one<{ late: number | null; jobs: number }>(
    `select extract(epoch from now() - min(ready_at))::float8 as late, count(*)::int as jobs
       from app.jobs where ready_at < 'infinity'`
  ).pipe(
    Effect.map((row) => ({
      ok: (row?.late ?? 0) < 60,
      text: `${row?.jobs ?? 0} jobs, the oldest ${
        (row?.late ?? 0) > 0 ? `is ${Math.round(row?.late ?? 0)} s overdue` : "is not yet due"
      }`
    }))
  ),
  workers: one<{ alive: number; known: number }>(
    `select count(*) filter (where seen_at > now() - interval '30 seconds')::int as alive, count(*)::int as known
       from app.workers left join app.worker_health using (worker_key) where revoked_at is null`
  ).pipe(
    Effect.map((row) => ({
      ok: (row?.alive ?? 0) > 0 || (row?.known ?? 0) === 0,
      text: `${row?.alive ?? 0} of ${row?.known ?? 0} workers were heard of in the last 30 s`
    }))
  )
}

/** Runs all checks and prints a line each. Fails with {@link DoctorFailed} when one is not well. */
export const examine = Effect.gen(function* () {
  let failures = 0
  for (const [name, check] of Object.entries(checks)) {
    const { ok, text } = yield* check.pipe(
      Effect.catchCause(() => Effect.succeed({ ok: false, text: "can't be told: the database did not answer" }))
    )
    if (!ok) failures++
    yield* Console.log(`${ok ? "✓" : "✗"} ${name.padEnd(11)} ${text}`)
  }
  if (failures > 0) return yield* new DoctorFailed({ failures })
})
