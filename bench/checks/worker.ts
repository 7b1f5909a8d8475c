/**
 * A worker without its control plane: the executors and the runner of the worker SDK, told by messages what is due when.
 */
import { HttpCheck, type WorkerRpc } from "@openseer/core"
import { Egress, Executors, HttpExecutor } from "@openseer/worker-sdk"
import { Context, Effect } from "effect"
import type { PreparedRun } from "../../packages/worker-sdk/src/lease/PreparedRun.ts"
import type { Lease } from "../../packages/worker-sdk/src/lease/Lease.ts"
import { Runner } from "../../packages/worker-sdk/src/lease/Runner.ts"

/** What is to be run: `dueMs` counts from the order's arrival, `url` is an index into the URLs. */
export interface Due {
  readonly url: number
  readonly dueMs: number
}

/** What the worker is told: first what there is to check, then runs. */
export type Order =
  | {
      readonly urls: ReadonlyArray<string>
      readonly ca: ReadonlyArray<string>
      readonly nameServers?: ReadonlyArray<string>
      readonly timeoutMs: number
      readonly concurrency: number
    }
  | { readonly due: ReadonlyArray<Due> }

/** What came of the runs: results as a worker would hand them in, by their place in the order. */
export interface Done {
  readonly results: ReadonlyArray<Result>
  readonly seconds: number
  readonly cpuMs: number
  /** Runs that the runner did not start: too late to be worth it. */
  readonly skipped: number
  readonly rssMaxMb: number
}

/** The parts of a result that are looked at here. `monitorKey` is the run's place in the order, counted from 1. */
export type Result = Pick<WorkerRpc.RunResult, "monitorKey" | "latenessUs" | "outcome" | "reason" | "errorBoundUs"> & {
  readonly observation?: { readonly totalUs: number; readonly phases: Readonly<Record<string, number>> }
}

let runs: ReadonlyArray<PreparedRun> = []
let executors: Executors.Executors = { checkTypes: [], prepare: () => Effect.die("nothing is prepared") }
let concurrency = 0

const prepare = async (order: Extract<Order, { urls: unknown }>): Promise<null> => {
  const { nameServers } = order
  const egress = Egress.layer({
    allow: ["127.0.0.0/8"],
    ca: order.ca,
    ...(nameServers === undefined ? {} : { nameServers })
  })
  executors = await Effect.runPromise(Executors.make([HttpExecutor.httpExecutor]).pipe(Effect.provide(egress)))
  concurrency = order.concurrency
  runs = order.urls.map((url, index) => ({
    monitorKey: index + 1,
    monitorId: String(index),
    offsetMs: 0,
    timeoutMs: order.timeoutMs,
    execute: executors.prepare(HttpCheck.HttpCheck, { spec: { url }, assertions: [], timeoutMs: order.timeoutMs })
  }))
  return null
}

const perform = (due: ReadonlyArray<Due>): Promise<Done> =>
  new Promise((finish) => {
    const results: Array<Result> = []
    let rssMaxMb = 0
    const sampling = setInterval(() => (rssMaxMb = Math.max(rssMaxMb, process.memoryUsage.rss() / 1e6)), 250)
    const runner = new Runner({
      executors,
      concurrency,
      context: Context.empty(),
      isDebugging: false,
      onResult: (_, result) => results.push(result as Result),
      onOver: () => {
        clearInterval(sampling)
        const { system, user } = process.cpuUsage(cpu)
        finish({
          results,
          seconds: (performance.now() - startedAt) / 1_000,
          cpuMs: (user + system) / 1_000,
          skipped: due.length - results.length,
          rssMaxMb
        })
      }
    })
    const planned = due.map(({ dueMs, url }, index) => ({ ...runs[url]!, monitorKey: index + 1, offsetMs: dueMs }))
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    runner.plan(endlessLease(), startedAt, planned)
  })

/** A lease that nobody takes away, whose runs may be as late as they like. */
const endlessLease = (): Lease => ({
  ref: { oneOff: false, jobId: 1, leaseId: 1 },
  tickAt: Date.now(),
  regionName: "bench",
  intervalMs: 60_000,
  latenessMaxMs: 60_000,
  plannedEndAt: Number.POSITIVE_INFINITY,
  deadlineAt: Number.POSITIVE_INFINITY,
  renewAt: Number.POSITIVE_INFINITY,
  pending: 0,
  dropped: false
})

process.on(
  "message",
  (order: Order) =>
    void ("due" in order ? perform(order.due) : prepare(order)).then((answer) => process.send?.({ answer }))
)
process.once("disconnect", () => process.exit(0))
