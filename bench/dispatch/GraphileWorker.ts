/**
 * graphile-worker, set up as its own performance page does: 24 concurrent jobs in one process, a local queue that
 * fetches 500 at a time, completions written in batches.
 *
 * `runOnce` is the mode in which its authors measure: it drains the queue, waits for the last batch of completions and
 * returns. Opening its pool is part of the window; installing the schema and adding the jobs is not.
 */
import { Logger, makeWorkerUtils, runOnce } from "graphile-worker"
import { Client } from "pg"
import { assertAllDone } from "./Contestant.ts"
import type { Contestant } from "./Contestant.ts"

const name = "graphile-worker 0.18.0"
const enqueueBatch = 5_000
const silent = new Logger(() => () => {})

/** The contestant graphile-worker. */
export const GraphileWorker: Contestant = {
  name,
  run: async ({ databaseUrl, jobs, measure }) => {
    const worker = {
      connectionString: databaseUrl,
      concurrentJobs: 24,
      maxPoolSize: 25,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      logger: silent
    }
    const utils = await makeWorkerUtils({ preset: { worker } })
    const client = new Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      await utils.migrate()
      for (let first = 0; first < jobs; first += enqueueBatch) {
        const length = Math.min(enqueueBatch, jobs - first)
        await utils.addJobs(
          Array.from({ length }, (_, index) => ({ identifier: "noop", payload: { n: first + index } }))
        )
      }
      await client.query("analyze")
      let executed = 0
      const taskList = {
        noop: () => {
          executed += 1
        }
      }
      const result = await measure(() => runOnce({ preset: { worker }, taskList, noHandleSignals: true }))
      assertAllDone(name, executed, jobs)
      const left = await client.query("select count(*)::int as n from graphile_worker.jobs")
      assertAllDone(name, jobs - left.rows[0].n, jobs)
      return result
    } finally {
      await client.end()
      await utils.release()
    }
  }
}
