/**
 * A migrated database with an organization, a region and a worker in it, for the tests of the stages.
 */
import { Context, Effect, Layer, References } from "effect"
import { Database } from "../db/Database.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as SecretKeys from "../secrets/SecretKeys.ts"
import { TestDatabase } from "../embedded/testing/TestDatabase.ts"

/** What a test monitor differs in from the default: one a second in the test region. */
export interface TestMonitor {
  readonly intervalMs?: number
  readonly timeoutMs?: number
  readonly regionKey?: number
}

/** The instance under test. */
export class TestInstance extends Context.Service<
  TestInstance,
  {
    readonly organizationKey: number
    readonly regionKey: number
    readonly workerKey: number
    /** Another worker of the same region. */
    readonly addWorker: Effect.Effect<number>
    /** Makes a monitor and places it; answers its key. */
    readonly addMonitor: (monitor?: TestMonitor) => Effect.Effect<number>
    /** Rows of any statement, with all rights. */
    readonly rows: <A extends object>(text: string) => Effect.Effect<ReadonlyArray<A>>
    /** Moves the whole grid and all leases back in time, as if `ms` had passed. */
    readonly elapse: (ms: number) => Effect.Effect<void>
  }
>()("@openseer/server/TestInstance") {
  /** Fresh for every layer. */
  static readonly layer: Layer.Layer<TestInstance | Database | SecretBox> = Layer.effect(
    TestInstance,
    Effect.gen(function* () {
      const { background } = yield* Database
      const { sql } = background
      const rows = <A extends object>(text: string) => Effect.orDie(background.run(sql.unsafe<A>(text)))
      const one = (text: string) => rows<{ key: number }>(text).pipe(Effect.map((found) => found[0]?.key ?? Number.NaN))

      const organizationKey = yield* one(
        "insert into auth.organizations (organization_id, name) values ('org_test', 'Test') returning organization_key as key"
      )
      const regionKey = yield* one("insert into app.regions (name) values ('here') returning region_key::int as key")
      let workers = 0
      const addWorker = Effect.suspend(() =>
        one(`insert into app.workers (worker_id, region_key, name, token_hash)
             values ('wrk_${++workers}', ${regionKey}, 'w', '\\x${workers.toString(16).padStart(8, "0")}')
             returning worker_key as key`)
      )
      let monitors = 0
      const addMonitor = Effect.fn("TestInstance.addMonitor")(function* (monitor: TestMonitor = {}) {
        const intervalMs = monitor.intervalMs ?? 1_000
        const timeoutMs = monitor.timeoutMs ?? 500
        const region = monitor.regionKey ?? regionKey
        const key = yield* one(`
          insert into app.monitors (monitor_id, organization_key, name, check_kind, check_version, spec, assertions,
                                    interval_ms, timeout_ms, region_keys)
          values ('mon_${++monitors}', ${organizationKey}, 'm', 'http', 1, '{"url":"http://127.0.0.1/"}', '[]',
                  ${intervalMs}, ${timeoutMs}, '{${region}}') returning monitor_key as key`)
        yield* rows(`select app.place(${key}, ${region}::smallint, 'http', 1::smallint, ${intervalMs}, ${timeoutMs})`)
        return key
      })
      const elapse = (ms: number) =>
        Effect.gen(function* () {
          const back = `- ${ms} * interval '1 millisecond'`
          yield* rows(
            `update app.jobs set due_at = due_at ${back}, ready_at = ready_at ${back}, members_from = members_from ${back}`
          )
          yield* rows(`update app.placements set starts_at = starts_at ${back}, ends_at = ends_at ${back}`)
          yield* rows(`update ts.results_raw set due_at = due_at ${back}`)
          yield* rows(`update ts.result_details set due_at = due_at ${back}`)
          yield* rows(`update app.monitor_states set since_at = since_at ${back}`)
          yield* rows(`update ts.gaps set starts_at = starts_at ${back}, ends_at = ends_at ${back}`)
        })

      return TestInstance.of({
        organizationKey,
        regionKey,
        workerKey: yield* addWorker,
        addWorker,
        addMonitor,
        rows,
        elapse
      })
    }).pipe(Effect.orDie)
  ).pipe(
    Layer.provideMerge(
      Layer.unwrap(
        TestDatabase.useSync(({ url }) =>
          Database.layer({ url, workerConnections: 4, apiConnections: 2, backgroundConnections: 4 })
        )
      )
    ),
    Layer.provide(TestDatabase.migrated),
    Layer.provideMerge(Layer.unwrap(Effect.map(SecretKeys.parse(SecretKeys.newLine()), SecretBox.layer))),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Warn")),
    Layer.orDie
  )
}
