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
import type { ExecutedRun } from "../execute/Executors.ts"
import * as WorkerMetrics from "../WorkerMetrics.ts"
import { DueHeap } from "./DueHeap.ts"
import type { PreparedRun } from "./JobCache.ts"
import type { Lease, PlannedRun } from "./Lease.ts"

/**
 * A run whose time may be the event loop's by more than this, and by more than half, was not measured but delayed: its
 * outcome is `error` (`worker_overloaded`) and says nothing of the target. In milliseconds.
 */
export const overloadMsMin = 100

/** How many latenesses are looked at for the percentile of a heartbeat. */
const latenessSamplesMax = 10_000

/** Where results go. `onOver` is told once, when the last run of a lease came to an end, after its results. */
export interface RunnerOptions {
  readonly concurrency: number
  /** What runs are executed with: loggers, metrics, tracer. */
  readonly context: Context.Context<never>
  readonly isDebugging: boolean
  readonly onResult: (lease: Lease, result: unknown) => void
  readonly onOver: (lease: Lease) => void
}

/** The runs of all leases: planned, going on, done. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #fork: (effect: Effect.Effect<ExecutedRun>) => Fiber.Fiber<ExecutedRun>
  readonly #waiting = new DueHeap<PlannedRun>()
  readonly #fibers = new Map<Lease, Set<Fiber.Fiber<ExecutedRun>>>()
  readonly #latenessesUs: Array<number> = []
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isStepping = false
  #isPaused = false
  #started = 0
  #inFlight = 0
  #outstanding = 0

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#fork = Effect.runForkWith(options.context)
  }

  /** Runs started since the beginning. */
  get started(): number {
    return this.#started
  }

  /** Runs going on. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Runs that have not come to an end: waiting or going on. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** Plans the runs of a lease, given the instant of its tick. A lease without runs is over at once. */
  plan(lease: Lease, tickDueAt: number, runs: ReadonlyArray<PreparedRun>): void {
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
  pause(): void {
    this.#isPaused = true
    clearTimeout(this.#timer)
  }

  /** The 99th percentile of lateness since the last call, in microseconds; 0 when nothing was started. */
  takeLatenessP99Us(): number {
    const sorted = this.#latenessesUs.splice(0).sort((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0
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
    if (this.#latenessesUs.length < latenessSamplesMax) this.#latenessesUs.push(latenessUs)
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

  #report(lease: Lease, run: PreparedRun, dueAt: number, latenessUs: number, exit: Exit.Exit<ExecutedRun>): void {
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

const resultOf = (run: PreparedRun, latenessUs: number, exit: Exit.Exit<ExecutedRun>): WorkerRpc.RunResult => {
  const shared = { monitorKey: run.monitorKey, latenessUs: Math.min(latenessUs, microsMax) }
  if (Exit.isFailure(exit)) return { ...shared, ...defect("it died; see the worker's log"), errorBoundUs: 0 }
  const executed = exit.value
  const errorBoundUs = Math.min(Math.max(0, Math.round(executed.errorBoundUs)), microsMax)
  const totalUs = executed.observation?.totalUs ?? run.timeoutMs * 1_000
  if (errorBoundUs > Math.max(overloadMsMin * 1_000, totalUs / 2)) {
    const message = `up to ${Math.round(errorBoundUs / 1_000)} ms of this run were the worker's own delay`
    return { ...shared, outcome: "error", reason: "worker_overloaded", message, errorBoundUs }
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
