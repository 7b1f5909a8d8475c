/**
 * `/livez`: the process answers. `/readyz`: it can do its work; 503 with what is wrong when it can't.
 */
import { Effect, type Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Database } from "../db/Database.ts"
import { pending } from "../db/Migrations.ts"

/** A job that is ready and was neither leased nor settled for this long says that the schedule stands still. */
export const scheduleLagMsMax = 30_000

/** Results of the next days need partitions; this many days are made ahead. */
export const partitionDaysMin = 2

/** Callers of one pool, running or waiting, from which on it counts as stuck. */
export const poolDepthMax = 100

/** One thing that must be right. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** The routes of health. Anybody may ask: they tell no more than numbers. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const database = yield* Database
    const { sql, run } = database.background

    const one = <A extends object>(
      name: string,
      statement: ReturnType<typeof sql<A>>,
      judge: (row: A) => Omit<Check, "name">
    ) =>
      checked(
        name,
        Effect.map(run(statement), ([row]) => (row === undefined ? { ok: false, detail: "no answer" } : judge(row)))
      )

    /**
     * A tick that nobody leases becomes a gap once it is a minute late (`app.lateness_max`), by a duty of any replica. So
     * what is later than that shows a control plane that stands still, and never merely a region without workers.
     */
    const lag = sql<{ ms: number | null }>`
      select max(extract(epoch from now() - j.ready_at) * 1000)::float8 as ms
        from app.regions g cross join lateral (
          select ready_at + app.lateness_max(interval_ms) as ready_at from app.jobs
           where region_key = g.region_key and app.jobs.ready_at < 'infinity' order by app.jobs.ready_at limit 1) j`

    const examine = Effect.all(
      [
        one("database", sql<{ one: number }>`select 1 as one`, () => ({ ok: true, detail: "reachable" })),
        checked(
          "migrations",
          pending.pipe(
            Effect.provideService(Database, database),
            Effect.map((n) => ({ ok: n === 0, detail: `${n} pending` }))
          )
        ),
        one("schedule", lag, ({ ms }) => ({
          ok: (ms ?? 0) <= scheduleLagMsMax,
          detail: `${Math.max(0, Math.round(ms ?? 0))} ms behind`
        })),
        one("partitions", sql<{ days: number }>`select ts.partition_days_ahead()::int as days`, ({ days }) => ({
          ok: days >= partitionDaysMin,
          detail: `${days} days ahead`
        })),
        ...(["worker", "api", "background"] as const).map((name) =>
          Effect.map(database[name].depth, (depth) => ({
            name: `pool ${name}`,
            ok: depth < poolDepthMax,
            detail: `${depth} callers`
          }))
        )
      ],
      { concurrency: 2 }
    )

    // Anybody may ask at any rate: those who ask while it is being found out share the answer and its statements.
    const checks = yield* Effect.cachedWithTTL(examine, 0)

    yield* router.add("GET", "/livez", HttpServerResponse.jsonUnsafe({ status: "alive" }))
    yield* router.add(
      "GET",
      "/readyz",
      Effect.map(checks, (list) => {
        const isReady = list.every(({ ok }) => ok)
        return HttpServerResponse.jsonUnsafe(
          { status: isReady ? "ready" : "not ready", checks: list },
          { status: isReady ? 200 : 503, headers: isReady ? {} : { "retry-after": "5" } }
        )
      })
    )
  })
) satisfies Layer.Layer<never, never, HttpRouter.HttpRouter | Database>

/** A check that takes too long, or can't be made, is not fulfilled. */
const checked = <E>(name: string, check: Effect.Effect<Omit<Check, "name">, E>): Effect.Effect<Check> =>
  check.pipe(
    Effect.timeoutOrElse({
      duration: "3 seconds",
      orElse: () => Effect.succeed({ ok: false, detail: "no answer in 3 s" })
    }),
    Effect.catchCause(() => Effect.succeed({ ok: false, detail: "failed" })),
    Effect.map(({ detail, ok }) => ({ name, ok, detail }))
  )
