/**
 * A worker: leases jobs of its region, executes their runs on time, and hands the results in.
 *
 * It runs until its scope closes and then drains: it leases and starts no more, lets the runs that are going on finish,
 * hands their results in, and releases what it did not do, so that another worker has it at once.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { WorkerRpc } from "@openseer/core"
import { hostname } from "node:os"
import { Context, Deferred, Effect, Exit, Fiber, Layer, LogLevel, Option, type Redacted, type Scope } from "effect"
import { ControlPlane } from "./ControlPlane.ts"
import type * as Executor from "./execute/Executor.ts"
import * as Executors from "./execute/Executors.ts"
import * as Heartbeat from "./Heartbeat.ts"
import { JobCache } from "./lease/JobCache.ts"
import type { Lease } from "./lease/Lease.ts"
import * as LeaseLoop from "./lease/LeaseLoop.ts"
import type { LeaseRunner } from "./lease/LeaseRunner.ts"
import * as LeaseTable from "./lease/LeaseTable.ts"
import type { MemberRun } from "./lease/PreparedRun.ts"
import { Runner } from "./lease/Runner.ts"
import { Outbox, outboxResultsMax } from "./outbox/Outbox.ts"
import * as ShardPool from "./shard/ShardPool.ts"
import type { ShardsOptions } from "./shard/ShardPool.ts"
import { version } from "./Version.ts"
import type { WorkerStopped } from "./WorkerStopped.ts"
import { WorkerToken } from "./WorkerToken.ts"

/** How many runs may go on at the same time, by default: more wait for seconds on slow targets than use the CPU. */
export const concurrencyDefault = 256

/** How long a draining worker waits for the runs that are going on, by default, in milliseconds. */
export const drainMsDefault = 10_000

/** How long a draining worker tries to hand results in and leases back, in milliseconds, each. */
const handInMs = 5_000

/** How long results of a lease that was lost with its shard may take to be handed in before it is released, in ms. */
const settleMs = 2_000

/** How to run a worker. See {@link Worker}. */
export interface WorkerOptions<out R = never> {
  /** The base URL of the control plane, like `https://openseer.example.com`. */
  readonly controlPlane: string
  /** An enrollment token (`osen_…`) or the cluster token. Needed until the worker is enrolled. */
  readonly enrollmentToken?: Redacted.Redacted
  /** Where the worker token is kept. Without it, the worker enrolls at each start. */
  readonly tokenFile?: string
  /** The region, needed with the cluster token: an enrollment token is bound to one. */
  readonly region?: string
  /** Whether to enroll again when the control plane no longer knows the token. Default: stop. */
  readonly reenroll?: boolean
  /** The name in the list of workers. Default: the host name. */
  readonly name?: string
  /** What this worker can execute. Their services are those of the surrounding effect or layer. */
  readonly executors: ReadonlyArray<Executor.Any<R>>
  /**
   * Executes runs in processes of their own, one for each core, whose module has the same executors. Default: in this
   * process, which is enough for one core.
   */
  readonly shards?: ShardsOptions
  /** How many runs may go on at the same time, in each shard if there are any. Default {@link concurrencyDefault}. */
  readonly concurrency?: number
  /** How many results may wait for a verdict before leasing stops. Default 20,000. */
  readonly outboxResultsMax?: number
  /** How long draining waits for the runs that are going on, in milliseconds. Default {@link drainMsDefault}. */
  readonly drainMs?: number
  /** How long the control plane may hold a request for jobs, in milliseconds. Default 20,000. */
  readonly waitMs?: number
}

/**
 * A running worker. `started` succeeds once it is enrolled and asks for jobs; `stopped` fails with
 * {@link WorkerStopped} when the worker cannot go on, and never succeeds. Before the start, both fail.
 *
 * @example
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Egress, HttpExecutor, Worker } from "@openseer/worker-sdk"
 * import { Layer, Redacted } from "effect"
 *
 * const WorkerLive = Worker.layer({
 *   controlPlane: "https://openseer.example.com",
 *   enrollmentToken: Redacted.make("osen_…"),
 *   executors: [HttpExecutor.httpExecutor]
 * }).pipe(Layer.provide(Egress.layer()))
 * NodeRuntime.runMain(Layer.launch(WorkerLive))
 * ```
 */
export class Worker extends Context.Service<
  Worker,
  { readonly started: Effect.Effect<void, WorkerStopped>; readonly stopped: Effect.Effect<never, WorkerStopped> }
>()("@openseer/worker-sdk/Worker") {
  /** Runs a worker until the scope closes. It starts in the background: the control plane may come later. */
  static readonly layer = <R = never>(options: WorkerOptions<R>): Layer.Layer<Worker, never, R> =>
    Layer.effect(
      Worker,
      Effect.flatMap(Executors.make(options.executors), (executors) => make(options, executors))
    )

  /** Runs a worker until it is interrupted (and has drained) or cannot go on. */
  static readonly run = <R = never>(options: WorkerOptions<R>): Effect.Effect<never, WorkerStopped, R> =>
    Effect.gen(function* () {
      const executors = yield* Executors.make(options.executors)
      const { stopped } = yield* make(options, executors)
      return yield* stopped
    }).pipe(Effect.scoped)
}

/** Everything of a worker's options but what it executes. */
export type WorkerSettings = Omit<WorkerOptions, "executors">

/** Runs a worker with executors that are ready to execute, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  options: WorkerSettings,
  executors: Executors.Executors
): Effect.fn.Return<Worker["Service"], never, Scope.Scope> {
  const stopped = yield* Deferred.make<never, WorkerStopped>()
  const started = yield* Deferred.make<void, WorkerStopped>()
  const drain = yield* Deferred.make<void>()
  const signals = { started: Deferred.succeed(started, undefined), drain: Deferred.await(drain) }
  const fiber = yield* work(options, executors, signals).pipe(
    Effect.provide(Layer.merge(ControlPlane.layer(options.controlPlane), NodeServices.layer)),
    Effect.onExit((exit) =>
      Exit.isFailure(exit)
        ? Effect.andThen(Deferred.failCause(started, exit.cause), Deferred.failCause(stopped, exit.cause))
        : Effect.void
    ),
    Effect.forkDetach
  )
  yield* Effect.addFinalizer(() => Effect.andThen(Deferred.succeed(drain, undefined), Fiber.await(fiber)))
  return Worker.of({ started: Deferred.await(started), stopped: Deferred.await(stopped) })
})

/** What a worker tells, and what it is told: both take effect once. */
interface Signals {
  readonly started: Effect.Effect<unknown>
  readonly drain: Effect.Effect<void>
}

const work = Effect.fnUntraced(function* (options: WorkerSettings, executors: Executors.Executors, signals: Signals) {
  const { name = hostname(), region, ...rest } = options
  const identity = { ...rest, name, version, ...(region === undefined ? {} : { regionName: region }) }
  const enrolled = yield* Effect.raceFirst(
    Effect.asSome(WorkerToken.make(identity)),
    Effect.as(signals.drain, Option.none())
  )
  if (Option.isNone(enrolled)) return
  yield* leaseUntil(options, executors, signals).pipe(Effect.provideService(WorkerToken, enrolled.value), Effect.scoped)
})

const leaseUntil = Effect.fnUntraced(function* (
  options: WorkerSettings,
  executors: Executors.Executors,
  { drain, started }: Signals
) {
  const concurrency = options.concurrency ?? concurrencyDefault
  const resultsMax = options.outboxResultsMax ?? outboxResultsMax
  const { checkTypes } = executors

  const outbox: Outbox["Service"] = yield* Outbox.make({
    // A job with a short interval can be granted again as soon as its tick is completed.
    onFinal: ({ intervalMs }) => intervalMs <= WorkerRpc.horizonMsMax && loop.wake()
  })
  const onOver = (lease: Lease) => {
    leases.complete(lease)
    outbox.complete(lease)
  }
  const shared = { concurrency, onResult: outbox.add, onOver }
  // Whatever a runner makes of a member is handed back to the same one only.
  const runner: LeaseRunner<MemberRun> =
    options.shards === undefined
      ? (new Runner({
          ...shared,
          executors,
          context: yield* Effect.context<never>(),
          isDebugging: yield* LogLevel.isEnabled("Debug")
        }) as LeaseRunner<MemberRun>)
      : yield* ShardPool.make({ ...shared, ...options.shards, onForgotten: (isForgotten) => cache.lose(isForgotten) })
  const cache: JobCache<MemberRun> = new JobCache({
    prepare: (job) => runner.prepare(job),
    onForget: (jobIds) => runner.forget(jobIds)
  })
  const leases: LeaseTable.LeaseTable = yield* LeaseTable.make({ runner, cache })
  const loop: LeaseLoop.LeaseLoop = yield* LeaseLoop.make({
    checkTypes,
    known: (until) => cache.known(until),
    leases,
    room: () => {
      const { runs, runsMax } = runner.room
      return {
        runs: Math.min(runs, resultsMax - outbox.depth() - runner.outstanding),
        runsMax: Math.min(runsMax, resultsMax)
      }
    },
    waitMs: options.waitMs ?? LeaseLoop.waitMsDefault
  })

  const keeping = Effect.raceAllFirst([
    outbox.run,
    leases.run,
    Effect.forever(Effect.flatMap(runner.lost, (lost) => givenBack({ leases, outbox, lost }))),
    Heartbeat.run({ runner, checkTypes, version }).pipe(Effect.provideService(Outbox, outbox))
  ])
  yield* Effect.logInfo("worker started").pipe(
    Effect.annotateLogs({
      concurrency,
      shards: options.shards?.count ?? "in this process",
      kinds: checkTypes.map(({ kind }) => kind)
    })
  )
  yield* started
  const draining = drained({ leases, outbox, runner, drainMs: options.drainMs ?? drainMsDefault })
  yield* Effect.raceFirst(keeping, Effect.andThen(Effect.raceFirst(loop.run, drain), draining)).pipe(
    Effect.ensuring(
      Effect.andThen(
        runner.pause,
        Effect.sync(() => {
          for (const lease of leases.held()) runner.drop(lease)
        })
      )
    )
  )
  yield* Effect.logInfo("worker stopped")
})

/**
 * Releases leases that were lost with their shard: at once, but for those of which results are to be handed in. These go
 * before their release, or they would be fenced and their runs done twice.
 */
const givenBack = Effect.fnUntraced(function* (options: {
  readonly leases: LeaseTable.LeaseTable
  readonly outbox: Outbox["Service"]
  readonly lost: ReadonlyArray<Lease>
}) {
  const { leases, lost, outbox } = options
  const isHeld = (lease: Lease) => outbox.holds(lease)
  yield* leases.release(lost.filter((lease) => !isHeld(lease)))
  const rest = lost.filter(isHeld)
  if (rest.length === 0) return
  yield* Effect.sleep(10).pipe(Effect.repeat({ while: () => rest.some(isHeld) }), Effect.timeoutOption(settleMs))
  yield* leases.release(rest)
})

/** Leaves nothing behind: what is done is handed in, what is not is released. Each step is bounded. */
const drained = Effect.fn("Worker.drain")(function* (options: {
  readonly leases: LeaseTable.LeaseTable
  readonly outbox: Outbox["Service"]
  readonly runner: LeaseRunner<MemberRun>
  readonly drainMs: number
}) {
  const { drainMs, leases, outbox, runner } = options
  yield* runner.pause
  yield* Effect.logInfo("draining").pipe(
    Effect.annotateLogs({ leases: leases.size(), runsInFlight: runner.inFlight, outboxDepth: outbox.depth() })
  )
  const release = (isWanted: (lease: Lease) => boolean) =>
    leases.release(leases.held().filter(isWanted)).pipe(Effect.timeoutOption(handInMs))
  const handIn = outbox.drained.pipe(Effect.timeoutOption(handInMs))
  // Results go before the release of their lease: after it they would be fenced.
  yield* release((lease) => !runner.isRunning(lease) && !outbox.holds(lease))
  yield* Effect.sleep(20).pipe(Effect.repeat({ while: () => runner.inFlight > 0 }), Effect.timeoutOption(drainMs))
  yield* handIn
  yield* release(() => true)
  if (!outbox.isEmpty()) {
    yield* Effect.logWarning("results were not handed in").pipe(Effect.annotateLogs({ outboxDepth: outbox.depth() }))
  }
})
