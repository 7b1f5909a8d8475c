/**
 * Fills a database with monitors and their past, to look at a dashboard of some size and to measure it.
 * `bench/README.md` says what it makes.
 *
 *     DATABASE_URL=postgres://… node --conditions=@openseer/source bench/dashboard/fill.ts [--monitors 5000] [--days 30]
 *       [--raw-days 2] [--interval 60]
 *
 * Without DATABASE_URL it takes the embedded database of `OPENSEER_DATA_DIR`, also while an instance runs on it.
 */
import { Effect, References } from "effect"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { joined } from "../../packages/server/src/cli/DatabaseChoice.ts"
import { Database } from "../../packages/server/src/db/Database.ts"
import { migrate } from "../../packages/server/src/db/Migrations.ts"
import * as ServerConfig from "../../packages/server/src/ServerConfig.ts"
import { fill, type Statement } from "./Fleet.ts"

const { values: flags } = parseArgs({
  options: {
    monitors: { type: "string", default: "5000" },
    days: { type: "string", default: "30" },
    "raw-days": { type: "string", default: "2" },
    interval: { type: "string", default: "60" }
  }
})

const positive = (name: keyof typeof flags): number => {
  const value = Number(flags[name])
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} must be a whole number above 0, not ${flags[name]}`)
  return value
}

const main = Effect.gen(function* () {
  const config = yield* ServerConfig.load
  const one = { ...config, connections: { ...config.connections, backgroundConnections: 1 } }
  return yield* Effect.provide(filled, joined(one))
})

const filled = Effect.gen(function* () {
  const { background } = yield* Database
  const run: Statement = <A extends object>(text: string) => Effect.orDie(background.sql.unsafe<A>(text))
  const startedAt = performance.now()
  yield* migrate
  const [found] = yield* run("select from ts.results_agg_1h limit 1")
  if (found !== undefined) return yield* Effect.die(new Error("there is a past in this database: take another one"))
  yield* fill(run, {
    monitors: positive("monitors"),
    days: positive("days"),
    rawDays: Math.min(positive("raw-days"), positive("days")),
    intervalMs: positive("interval") * 1_000
  })
  const [made] = yield* run<{ rows: number; bytes: number }>(
    "select (select count(*)::float8 from ts.results_raw) as rows, pg_database_size(current_database())::float8 as bytes"
  )
  const { bytes = 0, rows = 0 } = made ?? {}
  const seconds = (performance.now() - startedAt) / 1_000
  console.log(
    `${flags.monitors} monitors, ${(rows / 1e6).toFixed(1)} M raw results, ${(bytes / 2 ** 30).toFixed(1)} GiB in ${seconds.toFixed(0)} s`
  )
})

await Effect.runPromise(Effect.provideService(main, References.MinimumLogLevel, "Warn"))
