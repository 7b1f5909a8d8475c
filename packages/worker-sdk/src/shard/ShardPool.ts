/**
 * Runs of leases in one process for each core: this one is their supervisor and keeps what speaks to the control plane.
 *
 * A lease goes to the shard of its job, the number of the job modulo the number of shards, so that members, names and
 * connections' secrets are prepared in one place only. Members travel to a shard once for each version of their job.
 *
 * A shard that ends or hangs takes its leases with it: they are told as lost at once, so that they can be released and
 * granted again, and its jobs are forgotten, so that they come with their members. The other shards go on.
 */
import type { WorkerRpc } from "@openseer/core"
import { type Context, Effect, type Scope } from "effect"
import { Admission, type LoopReading } from "../lease/Admission.ts"
import { Latenesses } from "../lease/Latenesses.ts"
import type { Lease } from "../lease/Lease.ts"
import type { JobWithMembers, LeaseRunner, RunnerHealth } from "../lease/LeaseRunner.ts"
import type { MemberRun } from "../lease/PreparedRun.ts"
import * as WorkerMetrics from "../WorkerMetrics.ts"
import * as MachineClock from "./MachineClock.ts"
import { jobKeyOf, type Report } from "./ShardMessage.ts"
import { ShardProcess } from "./ShardProcess.ts"

/** How long shards have to answer to `pause`, in milliseconds; one that does not is taken to run everything it has. */
const pauseMs = 1_000

/** Shards of a worker, as an option. */
export interface ShardsOptions {
  /** The module that each process runs: its main effect is `Shard.run`. */
  readonly module: URL
  /** How many processes: one for each core that is to execute checks, less one for everything else. */
  readonly count: number
  /** Options of Node for each, besides those of this process. */
  readonly execArgv?: ReadonlyArray<string>
}

/** What a pool works with. `onResult` and `onOver` are those of a runner. */
export interface ShardPoolOptions extends ShardsOptions {
  /** The runs that may go on at the same time in each shard. */
  readonly concurrency: number
  readonly onResult: (lease: Lease, result: unknown) => void
  readonly onOver: (lease: Lease) => void
  /** The jobs for which this holds are no longer prepared. */
  readonly onForgotten: (isForgotten: (jobId: number) => boolean) => void
}

/** A shard as its pool knows it. */
interface Shard {
  readonly process: ShardProcess
  readonly leases: Map<number, Lease>
  /** Runs waiting or going on. */
  outstanding: number
  /** Runs going on, as of its last word. */
  inFlight: number
  /** Runs started by the processes before the present one. */
  startedBefore: number
  /** What its loop showed last, and the share in which it was busy before that. */
  reading: LoopReading
  utilization: number
  admission: Admission
  /** What was going on when it was told to pause. */
  running: Set<number> | undefined
}

const nothingRead: LoopReading = { at: 0, activeMs: 0, started: 0 }

/** Starts a pool; its processes end with the scope. */
export const make = Effect.fnUntraced(function* (
  options: ShardPoolOptions
): Effect.fn.Return<ShardPool, never, Scope.Scope> {
  const context = yield* Effect.context<never>()
  return yield* Effect.acquireRelease(
    Effect.sync(() => new ShardPool(options, context)),
    (pool) => pool.close
  )
})

/** The shards of a worker. Made by {@link make}. */
export class ShardPool implements LeaseRunner<MemberRun> {
  readonly #options: ShardPoolOptions
  readonly #context: Context.Context<never>
  readonly #shards: ReadonlyArray<Shard>
  readonly #numbers = new Map<Lease, number>()
  readonly #latenesses = new Latenesses()
  #number = 0
  #lost: Array<Lease> = []
  #onLost: (() => void) | undefined

  constructor(options: ShardPoolOptions, context: Context.Context<never>) {
    this.#options = options
    this.#context = context
    this.#shards = Array.from({ length: options.count }, (_, index) => this.#shard(index))
  }

  /** The processes that there are now, in the order of their shards. */
  get pids(): ReadonlyArray<number | undefined> {
    return this.#shards.map(({ process }) => process.pid)
  }

  /** Runs going on. */
  get inFlight(): number {
    return this.#sum(({ inFlight }) => inFlight)
  }

  /** Runs waiting or going on. */
  get outstanding(): number {
    return this.#sum(({ outstanding }) => outstanding)
  }

  /** The room of all shards that are there. Jobs spread over them evenly, as far as their numbers do. */
  get room(): { readonly runs: number; readonly runsMax: number } {
    let [runs, runsMax] = [0, 0]
    for (const { admission, inFlight, outstanding, process } of this.#shards) {
      if (!process.isReady) continue
      const room = admission.room(outstanding - inFlight, inFlight)
      runs += Math.max(0, room.runs)
      runsMax += room.runsMax
    }
    return { runs, runsMax }
  }

  /** Sends members to the shard of their job. */
  prepare(job: JobWithMembers): ReadonlyArray<MemberRun> {
    const { checkType, members } = job
    this.#shardOf(job.jobId).process.send({ _tag: "Define", jobKey: jobKeyOf(job), checkType, members })
    return members.map(({ monitorKey, offsetMs, timeoutMs }) => ({ monitorKey, offsetMs, timeoutMs }))
  }

  /** Lets shards forget jobs. */
  forget(jobIds: ReadonlyArray<number>): void {
    for (const jobId of jobIds) this.#shardOf(jobId).process.send({ _tag: "Forget", jobKey: `job:${jobId}` })
  }

  /** Plans the runs of a lease. */
  plan(lease: Lease, tickDueAt: number, runs: ReadonlyArray<MemberRun>): void {
    const shard = this.#shardOf(lease.ref.jobId)
    lease.pending = runs.length
    if (runs.length === 0) {
      this.#options.onOver(lease)
      return
    }
    const number = ++this.#number
    const { dropped: _dropped, pending: _pending, ...data } = lease
    this.#numbers.set(lease, number)
    shard.leases.set(number, lease)
    shard.outstanding += runs.length
    shard.process.send({
      _tag: "Plan",
      number,
      lease: {
        ...data,
        plannedEndAt: MachineClock.toMachine(lease.plannedEndAt),
        deadlineAt: MachineClock.toMachine(lease.deadlineAt),
        renewAt: MachineClock.toMachine(lease.renewAt)
      },
      tickDueAt: MachineClock.toMachine(tickDueAt),
      monitorKeys: runs.map(({ monitorKey }) => monitorKey)
    })
  }

  /** Tells the shard of a lease of its new end. */
  extend(lease: Lease): void {
    const number = this.#numbers.get(lease)
    if (number === undefined) return
    this.#shardOf(lease.ref.jobId).process.send({
      _tag: "Extend",
      number,
      deadlineAt: MachineClock.toMachine(lease.deadlineAt),
      renewAt: MachineClock.toMachine(lease.renewAt)
    })
  }

  /** Gives a lease up. */
  drop(lease: Lease): void {
    lease.dropped = true
    const number = this.#end(lease)
    if (number !== undefined) this.#shardOf(lease.ref.jobId).process.send({ _tag: "Drop", number })
  }

  /** Stops the starts in all shards and waits until they have said what is going on. */
  readonly pause: Effect.Effect<void> = Effect.suspend(() => {
    for (const { process } of this.#shards) process.send({ _tag: "Pause" })
    const isAnswered = () => this.#shards.every(({ process, running }) => !process.isReady || running !== undefined)
    return Effect.sleep(5).pipe(Effect.repeat({ while: () => !isAnswered() }), Effect.timeoutOption(pauseMs))
  })

  /** Whether runs of a lease are going on, as of the last {@link pause}. */
  isRunning(lease: Lease): boolean {
    const number = this.#numbers.get(lease)
    if (number === undefined) return false
    const { process, running } = this.#shardOf(lease.ref.jobId)
    return running?.has(number) ?? process.isReady
  }

  /** How all shards together are doing; the utilization is that of the busiest. */
  takeHealth(): RunnerHealth {
    for (const [index, { inFlight, utilization }] of this.#shards.entries()) {
      const { loopUtilization, runsInFlight } = WorkerMetrics.ofShard(index)
      loopUtilization.updateUnsafe(utilization, this.#context)
      runsInFlight.updateUnsafe(inFlight, this.#context)
    }
    return {
      runsStarted: this.#sum(({ reading, startedBefore }) => startedBefore + reading.started),
      runsInFlight: this.inFlight,
      loopUtilization: Math.max(0, ...this.#shards.map(({ utilization }) => utilization)),
      latenessP99Us: this.#latenesses.takeP99Us()
    }
  }

  /** The next leases that were lost with their shard. */
  readonly lost: Effect.Effect<ReadonlyArray<Lease>> = Effect.callback((resume) => {
    const take = () => resume(Effect.sync(() => this.#lost.splice(0)))
    if (this.#lost.length > 0) return take()
    this.#onLost = take
    return Effect.sync(() => (this.#onLost = undefined))
  })

  /** Ends all processes. */
  get close(): Effect.Effect<void> {
    return Effect.promise(() => Promise.all(this.#shards.map(({ process }) => process.close())))
  }

  #sum(of: (shard: Shard) => number): number {
    return this.#shards.reduce((sum, shard) => sum + of(shard), 0)
  }

  #shardOf(jobId: number): Shard {
    return this.#shards[jobId % this.#shards.length]!
  }

  #shard(index: number): Shard {
    const { concurrency, execArgv, module } = this.#options
    const process = new ShardProcess({
      module,
      execArgv: execArgv ?? [],
      concurrency,
      onReport: (report) => this.#hear(shard, index, report),
      onEnd: (why) => this.#lose(shard, index, why)
    })
    const shard: Shard = {
      process,
      leases: new Map(),
      outstanding: 0,
      inFlight: 0,
      startedBefore: 0,
      reading: nothingRead,
      utilization: 0,
      admission: new Admission(concurrency, nothingRead),
      running: undefined
    }
    return shard
  }

  #hear(shard: Shard, index: number, report: Report): void {
    switch (report._tag) {
      case "Ready":
        return this.#onReady(shard, report)
      case "Done":
        shard.inFlight = report.inFlight
        for (const [number, result] of report.results) this.#onResult(shard, number, result)
        for (const number of report.over) this.#onOver(shard, number)
        return
      case "Paused":
        shard.inFlight = report.inFlight
        shard.running = new Set(report.running)
        return
      case "Pong": {
        const { activeMs, inFlight, rssBytes, started } = report.state
        const at = performance.now()
        shard.utilization = Math.min(1, Math.max(0, (activeMs - shard.reading.activeMs) / (at - shard.reading.at)))
        WorkerMetrics.runsStarted.updateUnsafe(started - shard.reading.started, this.#context)
        WorkerMetrics.ofShard(index).memory.updateUnsafe(rssBytes, this.#context)
        shard.inFlight = inFlight
        shard.reading = { at, activeMs, started }
        shard.admission.read(shard.reading)
      }
    }
  }

  #onReady(shard: Shard, report: Report & { readonly _tag: "Ready" }): void {
    const { activeMs, started } = report.state
    // From here on: to start a process is busy, too, and says nothing of what runs cost.
    shard.reading = { at: performance.now(), activeMs, started }
    shard.admission = new Admission(this.#options.concurrency, shard.reading)
  }

  #onResult(shard: Shard, number: number, result: unknown): void {
    const lease = shard.leases.get(number)
    if (lease === undefined) return
    const { latenessUs, outcome } = result as WorkerRpc.RunResult
    lease.pending--
    shard.outstanding--
    this.#latenesses.add(latenessUs)
    WorkerMetrics.lateness.updateUnsafe(latenessUs / 1e6, this.#context)
    WorkerMetrics.results[outcome].updateUnsafe(1, this.#context)
    this.#options.onResult(lease, result)
  }

  #onOver(shard: Shard, number: number): void {
    const lease = shard.leases.get(number)
    if (lease === undefined) return
    // What has no result by now was not started: too late, or the lease too short.
    if (lease.pending > 0) WorkerMetrics.runsSkipped.updateUnsafe(lease.pending, this.#context)
    this.#end(lease)
    lease.pending = 0
    this.#options.onOver(lease)
  }

  /** Forgets a lease, whatever became of it. */
  #end(lease: Lease): number | undefined {
    const number = this.#numbers.get(lease)
    if (number === undefined) return undefined
    const shard = this.#shardOf(lease.ref.jobId)
    this.#numbers.delete(lease)
    shard.leases.delete(number)
    shard.outstanding -= lease.pending
    return number
  }

  #lose(shard: Shard, index: number, why: string): void {
    const leases = [...shard.leases.values()]
    for (const lease of leases) {
      lease.dropped = true
      this.#end(lease)
    }
    shard.startedBefore += shard.reading.started
    Object.assign(shard, { inFlight: 0, utilization: 0, reading: nothingRead, running: undefined })
    this.#options.onForgotten((jobId) => this.#shardOf(jobId) === shard)
    WorkerMetrics.ofShard(index).ends.updateUnsafe(1, this.#context)
    Effect.runForkWith(this.#context)(
      Effect.logError(`a shard is started again: ${why}`).pipe(
        Effect.annotateLogs({ shard: index, leases: leases.length })
      )
    )
    if (leases.length === 0) return
    this.#lost.push(...leases)
    this.#onLost?.()
  }
}
