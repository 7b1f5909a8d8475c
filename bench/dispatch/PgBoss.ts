/**
 * pg-boss, set up for throughput: batches of 500, two pollers in one process that fetch again at once while batches
 * come back full (four were slower on two cores), and none of its periodic duties (cron, supervision) running beside.
 *
 * Completed jobs stay in its table, as it keeps them by default. Creating the schema, connecting and inserting the
 * jobs are not in the window.
 */
import { Client } from "pg"
import { PgBoss as Boss } from "pg-boss"
import { assertAllDone } from "./Contestant.ts"
import type { Contestant } from "./Contestant.ts"

const name = "pg-boss 12.38.0"
const queue = "noop"
const enqueueBatch = 5_000

/** The contestant pg-boss. */
export const PgBoss: Contestant = {
  name,
  run: async ({ databaseUrl, jobs, measure }) => {
    const boss = new Boss({ connectionString: databaseUrl, max: 10, supervise: false, schedule: false })
    const failed = Promise.withResolvers<never>()
    boss.on("error", failed.reject)
    const client = new Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      await boss.start()
      await boss.createQueue(queue)
      for (let first = 0; first < jobs; first += enqueueBatch) {
        const length = Math.min(enqueueBatch, jobs - first)
        await boss.insert(
          queue,
          Array.from({ length }, (_, index) => ({ data: { n: first + index } }))
        )
      }
      await client.query("analyze")
      const executedAll = Promise.withResolvers<void>()
      let executed = 0
      const options = { batchSize: 500, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
      const result = await measure(async () => {
        await boss.work(queue, options, async (batch) => {
          executed += batch.length
          if (executed >= jobs) executedAll.resolve()
        })
        await Promise.race([executedAll.promise, failed.promise])
        // Stops the pollers; each of them first writes the completions of the batch in its hands.
        await boss.offWork(queue, { wait: true })
      })
      const done = await client.query(
        "select count(*)::int as n from pgboss.job where name = $1 and state = 'completed'",
        [queue]
      )
      assertAllDone(name, done.rows[0].n, jobs)
      return result
    } finally {
      await client.end()
      await boss.stop({ graceful: false })
    }
  }
}
