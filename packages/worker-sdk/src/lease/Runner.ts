/**
 * Starts each run at its due instant: one heap, one timer, one start per turn of the event loop.
 *
 * Waiting runs cost neither a fiber nor a timer (ten thousand fibers that sleep were measured at a p99 lateness of
 * 100 ms, the heap at 2.3 ms). A run never starts early: timers of Node may fire up to a millisecond before their time,
 * so the clock is asked again. One start per turn keeps a burst of starts from standing in the answers' way, which
 * would be measured as slowness of the targets.
 */
import { type Judgement, WorkerRpc } from "@openseer/core"
import { Cause, type Context, Effect, Exit, type Fiber, Schema } from "effect"
import { performance } from "node:perf_hooks"
import type { ExecutedRun, Executors } from "../execute/Executors.ts"
import * as Overload from "../execute/Overload.ts"
import * as WorkerMetrics from "../WorkerMetrics.ts"
import { Admission, type LoopReading } from "./Admission.ts"
import { DueHeap } from "./DueHeap.ts"
import type { Lease, PlannedRun } from "./Lease.ts"
import type { JobWithMembers, LeaseRunner, RunnerHealth } from "./LeaseRunner.ts"
import { Latenesses } from "./Latenesses.ts"
import * as PreparedRun from "./PreparedRun.ts"

/** Where results go. `onOver` is told once, when the last run of a lease came to an end, after its results. */
export interface RunnerOptions {
  readonly executors: Executors
  readonly concurrency: number
  /** What runs are executed with: loggers, metrics, tracer. */
  readonly context: Context.Context<never>
  readonly isDebugging: boolean
  readonly onResult: (lease: Lease, result: unknown) => void
  readonly onOver: (lease: Lease) => void
}

/** The runs of all leases: planned, going on, done. */
export class Runner implements LeaseRunner<PreparedRun.PreparedRun> {
  readonly #options: RunnerOptions
  readonly #fork: (effect: Effect.Effect<ExecutedRun>) => Fiber.Fiber<ExecutedRun>
  readonly #waiting = new DueHeap<PlannedRun>()
  readonly #fibers = new Map<Lease, Set<Fiber.Fiber<ExecutedRun>>>()
  readonly #latenesses = new Latenesses()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isStepping = false
  #isPaused = false
  readonly #admission: Admission
  #utilization = performance.eventLoopUtilization()
  #started = 0
  #inFlight = 0
  #outstanding = 0

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#fork = Effect.runForkWith(options.context)
    this.#admission = new Admission(options.concurrency, this.reading)
  }

  /** What this event loop shows: how long it was busy, and how many runs it started. */
  get reading(): LoopReading {
    return {
      at: performance.now(),
      activeMs: performance.eventLoopUtilization().active,
      started: this.#started
    }
  }

  /** Runs going on. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Runs that have not come to an end: waiting or going on. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** How many more runs may be leased, by what those before have cost. */
  get room(): { readonly runs: number; readonly runsMax: number } {
    this.#admission.read(this.reading)
    return this.#admission.room(this.#outstanding - this.#inFlight, this.#inFlight)
  }

  /** Prepares a job's members. */
  prepare({ checkType, members }: JobWithMembers): ReadonlyArray<PreparedRun.PreparedRun> {
    return PreparedRun.of(this.#options.executors, checkType, members)
  }

  /** What was prepared is its caller's. */
  forget(): void {}

  /** Leases are looked at when a run starts. */
  extend(): void {}

  /** In this process, nothing is lost without all. */
  readonly lost: Effect.Effect<never> = Effect.never

  /** Plans the runs of a lease, given the instant of its tick. A lease without runs is over at once. */
  plan(lease: Lease, tickDueAt: number, runs: ReadonlyArray<PreparedRun.PreparedRun>): void {
    lease.pending = runs.length
    this.#outstanding += runs.length
    for (const run of runs) this.#waiting.push({ dueAt: tickDueAt + run.offsetMs, lease, run })
    if (runs.length === 0) this.#options.onOver(lease)
    this.#arm()
  }

  /** Gives a lease up: stops its runs, which will have no results. */
  drop(lease: Lease): void {
    if (lease.dropped) return
    lease.dropped = true
    this.#outstanding -= lease.pending
    const fibers = this.#fibers.get(lease)
    this.#fibers.delete(lease)
    for (const fiber of fibers ?? []) fiber.interruptUnsafe()
  }

  /** Whether runs of a lease are going on. */
  isRunning(lease: Lease): boolean {
    return this.#fibers.has(lease)
  }

  /** Starts no further run, for good. Those going on go on. */
  readonly pause: Effect.Effect<void> = Effect.sync(() => {
    this.#isPaused = true
    clearTimeout(this.#timer)
  })

  /** How it is doing; utilization and lateness are those since the last call. */
  takeHealth(): RunnerHealth {
    const now = performance.eventLoopUtilization()
    const loopUtilization = performance.eventLoopUtilization(now, this.#utilization).utilization
    this.#utilization = now
    WorkerMetrics.loopUtilization.updateUnsafe(loopUtilization, this.#options.context)
    WorkerMetrics.runsInFlight.updateUnsafe(this.#inFlight, this.#options.context)
    return {
      runsStarted: this.#started,
      runsInFlight: this.#inFlight,
      loopUtilization,
      latenessP99Us: this.#latenesses.takeP99Us()
    }
  }

  #arm(): void {
    const next = this.#waiting.peek()
    if (next === undefined || this.#isStepping || this.#isPaused) return
    if (this.#inFlight >= this.#options.concurrency) return
    const waitMs = next.dueAt - performance.now()
    if (waitMs <= 0) {
      this.#isStepping = true
      setImmediate(this.#step)
    } else if (next.dueAt < this.#timerAt) {
      clearTimeout(this.#timer)
      this.#timerAt = next.dueAt
      this.#timer = setTimeout(this.#onTimer, Math.min(Math.ceil(waitMs), 2_147_483_647))
    }
  }

  readonly #onTimer = (): void => {
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#arm()
  }

  readonly #step = (): void => {
    this.#isStepping = false
    if (this.#isPaused || this.#inFlight >= this.#options.concurrency) return
    let next = this.#waiting.peek()
    while (next?.lease.dropped === true) {
      this.#waiting.pop()
      next = this.#waiting.peek()
    }
    const now = performance.now()
    if (next !== undefined && next.dueAt <= now) {
      this.#waiting.pop()
      this.#start(next, now)
    }
    this.#arm()
  }

  #start({ dueAt, lease, run }: PlannedRun, now: number): void {
    const latenessMs = now - dueAt
    if (latenessMs > lease.latenessMaxMs || lease.deadlineAt - now < run.timeoutMs) {
      WorkerMetrics.runsSkipped.updateUnsafe(1, this.#options.context)
      this.#settle(lease)
      return
    }
    const latenessUs = Math.round(latenessMs * 1_000)
    this.#started++
    this.#inFlight++
    this.#latenesses.add(latenessUs)
    WorkerMetrics.runsStarted.updateUnsafe(1, this.#options.context)
    WorkerMetrics.lateness.updateUnsafe(latenessMs / 1_000, this.#options.context)
    const fiber = this.#fork(run.execute)
    let fibers = this.#fibers.get(lease)
    if (fibers === undefined) {
      fibers = new Set()
      this.#fibers.set(lease, fibers)
    }
    fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.#inFlight--
      fibers.delete(fiber)
      if (fibers.size === 0) this.#fibers.delete(lease)
      if (!lease.dropped) {
        this.#report(lease, run, dueAt, latenessUs, exit)
        this.#settle(lease)
      }
      this.#arm()
    })
  }

  #settle(lease: Lease): void {
    lease.pending--
    this.#outstanding--
    if (lease.pending === 0) this.#options.onOver(lease)
  }

  #report(
    lease: Lease,
    run: PreparedRun.PreparedRun,
    dueAt: number,
    latenessUs: number,
    exit: Exit.Exit<ExecutedRun>
  ): void {
    const result = resultOf(run, latenessUs, exit)
    WorkerMetrics.results[result.outcome].updateUnsafe(1, this.#options.context)
    if (this.#options.isDebugging || Exit.isFailure(exit)) {
      Effect.runForkWith(this.#options.context)(
        logRun(exit).pipe(
          Effect.annotateLogs({
            monitorId: run.monitorId,
            regionName: lease.regionName,
            dueAt: new Date(lease.tickAt + run.offsetMs).toISOString(),
            outcome: result.outcome,
            reason: result.reason,
            latenessUs,
            runMs: Math.round(performance.now() - dueAt - latenessUs / 1_000)
          })
        )
      )
    }
    const encoded = encodeResult(lease.ref.oneOff ? result : narrow(result))
    this.#options.onResult(
      lease,
      Exit.isSuccess(encoded) ? encoded.value : encodeDefect(run.monitorKey, latenessUs, "its observation is not valid")
    )
  }
}

const encodeResult = Schema.encodeExit(WorkerRpc.RunResult)

const microsMax = 2_147_483_647

const resultOf = (
  run: PreparedRun.PreparedRun,
  latenessUs: number,
  exit: Exit.Exit<ExecutedRun>
): WorkerRpc.RunResult => {
  const shared = { monitorKey: run.monitorKey, latenessUs: Math.min(latenessUs, microsMax) }
  if (Exit.isFailure(exit)) return { ...shared, ...defect("it died; see the worker's log"), errorBoundUs: 0 }
  const executed = exit.value
  const errorBoundUs = Math.min(Math.max(0, Math.round(executed.errorBoundUs)), microsMax)
  const totalUs = executed.observation?.totalUs ?? run.timeoutMs * 1_000
  const problem = Overload.problem(executed, totalUs)
  if (problem !== undefined) {
    return { ...shared, outcome: "error", reason: "worker_overloaded", message: problem, errorBoundUs }
  }
  return { ...shared, ...executed, errorBoundUs }
}

/** Of a run that was up, nothing but its numbers is stored. */
const narrow = (result: WorkerRpc.RunResult): WorkerRpc.RunResult => {
  if (result.outcome !== "up" || result.observation === undefined) return result
  const { phases, sizeBytes, statusCode, totalUs } = result.observation
  return {
    ...result,
    observation: {
      totalUs,
      phases,
      ...(statusCode === undefined ? {} : { statusCode }),
      ...(sizeBytes === undefined ? {} : { sizeBytes })
    }
  }
}

const defect = (why: string): Judgement.Judgement => ({
  outcome: "error",
  reason: "executor_defect",
  message: `the executor of this check failed: ${why}`
})

const encodeDefect = (monitorKey: number, latenessUs: number, why: string): unknown => ({
  ...defect(why),
  monitorKey,
  latenessUs: Math.min(latenessUs, microsMax),
  errorBoundUs: 0
})

/** A defect is named, not printed: its message may quote a secret header of the spec. */
const logRun = (exit: Exit.Exit<ExecutedRun>): Effect.Effect<void> =>
  Exit.isSuccess(exit) ? Effect.logDebug("run done") : Effect.logWarning(`an executor died: ${nameOf(exit.cause)}`)

const nameOf = (cause: Cause.Cause<never>): string => {
  const squashed = Cause.squash(cause)
  return squashed instanceof Error ? squashed.name : typeof squashed
}
