/**
 * Runs per second of the job systems, side by side: the same server, the same number of jobs that do nothing, in
 * interleaved rounds. `bench/README.md` says what is measured and what is not.
 *
 *     node --conditions=@openseer/source bench/dispatch/dispatch.ts [--jobs 200000] [--rounds 3] [--json]
 *       [--only <part of a name>] [--database-url postgres://…]
 */
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import { Client } from "pg"
import type { Contestant } from "./Contestant.ts"
import { GraphileWorker } from "./GraphileWorker.ts"
import { measureWindow } from "./Meter.ts"
import { OpenSeer } from "./OpenSeer.ts"
import { PgBoss } from "./PgBoss.ts"
import { startPostgres } from "./PostgresServer.ts"
import { render, summarize } from "./Report.ts"
import type { Round } from "./Report.ts"

/** A round that takes longer ends the bench. */
const roundLimitMs = 60_000

/** Enough for every code path of a contestant to be compiled before the first round that counts. */
const warmUpJobs = 5_000

const { values: flags } = parseArgs({
  options: {
    jobs: { type: "string", default: "200000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    "database-url": { type: "string" }
  }
})

const main = async (): Promise<void> => {
  const jobs = positive("jobs", flags.jobs)
  const roundCount = positive("rounds", flags.rounds)
  const contestants = [OpenSeer, GraphileWorker, PgBoss].filter(({ name }) => name.includes(flags.only))
  if (contestants.length === 0) throw new Error(`no contestant's name contains ${JSON.stringify(flags.only)}`)
  const server =
    flags["database-url"] === undefined ? await startPostgres() : { url: flags["database-url"], stop: async () => {} }
  const admin = new Client({ connectionString: server.url })
  try {
    await admin.connect()
    const version = await admin.query("show server_version")
    for (const contestant of contestants) await runRound(admin, server.url, contestant, warmUpJobs)

    const rounds: Array<Round> = []
    for (let round = 1; round <= roundCount; round += 1) {
      // Rotated, so that nobody always runs in the wake of the same neighbour.
      const shift = round % contestants.length
      for (const contestant of [...contestants.slice(shift), ...contestants.slice(0, shift)]) {
        const loadAverage = loadavg()[0] ?? NaN
        const result = await runRound(admin, server.url, contestant, jobs)
        rounds.push({ contestant: contestant.name, round, loadAverage, ...result })
        console.error(`round ${round}: ${contestant.name} done`)
      }
    }

    const names = contestants.map(({ name }) => name)
    const summaries = summarize(names, rounds)
    const postgres: string = version.rows[0].server_version
    console.log(
      flags.json
        ? JSON.stringify({ postgres, node: process.version, jobs, baseline: names[0], summaries, rounds }, null, 2)
        : `PostgreSQL ${postgres}, Node ${process.version}, ${jobs} jobs a round\n\n${render(rounds, summaries)}`
    )
  } finally {
    await admin.end()
    await server.stop()
  }
}

const runRound = async (admin: Client, serverUrl: string, contestant: Contestant, jobs: number) => {
  const database = `openseer_bench_${process.pid}`
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  await admin.query(`create database ${database}`)
  // The customary value for an SSD. With the default of 4 the planner reads graphile-worker's and pg-boss's whole tables
  // for every batch of 500, which halves their rate: a tuning mistake, not a property of theirs.
  await admin.query(`alter database ${database} set random_page_cost = 1.1`)
  const observer = new Client({ connectionString: url.href })
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => limit.reject(new Error(`${contestant.name}: the round took longer than ${roundLimitMs / 1_000} s`)),
    roundLimitMs
  )
  try {
    await observer.connect()
    const measure = (drain: () => Promise<void>) => measureWindow(observer, jobs, drain)
    return await Promise.race([contestant.run({ databaseUrl: url.href, jobs, measure }), limit.promise])
  } finally {
    clearTimeout(timer)
    await observer.end()
    // Dropping makes the server checkpoint, here and not in somebody's window, and leaves nothing for autovacuum.
    await admin.query(`drop database ${database} with (force)`)
  }
}

const positive = (flag: string, text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} takes a whole number above 0, not ${JSON.stringify(text)}`)
  return Number(text)
}

await main()
