/**
 * OpenSeer: runs are leased, not executed, and submitted; their results are stored and rolled up. Four loops call the
 * stages in this process, as the peers' workers call theirs.
 *
 * A job is leased for a tick that is at most 5 s away. With monitors that are due each second, and few enough of them for
 * each to come round `ticksEach` times, there is something to lease at any moment of a window of a few seconds.
 */
import { Effect } from "effect"
import { Ingest } from "../../packages/server/src/ingest/Ingest.ts"
import { Leases } from "../../packages/server/src/lease/Leases.ts"
import { assertAllDone } from "./Contestant.ts"
import type { Contestant } from "./Contestant.ts"
import { connect, type Fleet, finished, jobMonitors, populate, request, rows } from "./Instance.ts"

const name = "OpenSeer"
const loops = 4
/** Runs a grant and a submission: what the contract allows in one submission. */
const batch = 500
/** The last of them can be leased one second after the start at the latest. */
const ticksEach = 6

/** The contestant OpenSeer. */
export const OpenSeer: Contestant = {
  name,
  run: async ({ databaseUrl, jobs: runs, measure }) => {
    if (runs % jobMonitors !== 0) throw new Error(`--jobs must be a multiple of ${jobMonitors}, the size of a job`)
    const fleet = {
      regions: 1,
      jobs: Math.ceil(runs / jobMonitors / ticksEach),
      intervalMs: 1_000,
      timeoutMs: 500
    }
    const instance = connect(databaseUrl)
    try {
      await instance.runPromise(populate(fleet))
      const result = await measure(() => instance.runPromise(drain(fleet, runs)))
      const [stored] = await instance.runPromise(rows<Stored>(storedRows))
      assertAllDone(`${name}, stored`, stored?.stored ?? 0, runs)
      assertAllDone(`${name}, rolled up`, stored?.rolled_up ?? 0, runs)
      if (stored?.missed !== 0 || stored.wrong !== 0) throw new Error(`${name}: ${JSON.stringify(stored)}`)
      return result
    } finally {
      await instance.dispose()
    }
  }
}

const drain = Effect.fn("OpenSeer.drain")(function* (fleet: Fleet, runs: number) {
  const leases = yield* Leases
  const ingest = yield* Ingest
  const submitter = { workerKey: 1, regionKeys: [1] }
  const asking = request(1, fleet, batch)
  let left = runs
  const loop = Effect.gen(function* () {
    while (left > 0) {
      const capacity = Math.min(batch, left)
      left -= capacity
      const jobs = yield* leases.await({ ...asking, capacity }, 1_000)
      left += capacity - jobs.length * jobMonitors
      const exceptions = yield* ingest.store(
        submitter,
        jobs.map((job) => finished(job, fleet.regions))
      )
      if (exceptions.length > 0) return yield* Effect.die(`not stored: ${JSON.stringify(exceptions[0])}`)
    }
  })
  yield* Effect.all(
    Array.from({ length: loops }, () => loop),
    { concurrency: "unbounded", discard: true }
  )
  yield* rows(
    `select ts.build_hour(h) from generate_series((select date_trunc('hour', min(due_at), 'UTC') from ts.results_raw),
                                                  (select max(due_at) from ts.results_raw), interval '1 hour') h`
  )
})

interface Stored {
  readonly stored: number
  readonly rolled_up: number
  readonly missed: number
  /** Hours of a monitor whose rollup is not what its results say. */
  readonly wrong: number
}

const storedRows = `
  with raw as (
    select monitor_key, date_trunc('hour', due_at, 'UTC') as bucket_at, count(*)::int as up, sum(total_us) as sum_us,
           min(total_us) as min_us, max(total_us) as max_us
      from ts.results_raw group by 1, 2
  )
  select (select count(*)::int from ts.results_raw) as stored,
         (select sum(up)::int from ts.results_agg_1h) as rolled_up,
         (select coalesce(sum(count), 0)::int from ts.gaps) as missed,
         (select count(*)::int
            from raw full join ts.results_agg_1h a using (monitor_key, bucket_at)
           where (raw.up, raw.sum_us, raw.min_us, raw.max_us) is distinct from (a.up, a.sum_us, a.min_us, a.max_us)
              or (select sum(e & 2097151) from unnest(a.sketch) e) is distinct from a.up) as wrong`
