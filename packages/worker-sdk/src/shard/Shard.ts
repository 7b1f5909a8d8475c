/**
 * A process that does nothing but execute runs: heap, start, phases, observation, judgement. No protocol, no database, no
 * token. Its supervisor (`ShardPool`) tells it what to start and when, and is told the results.
 */
import { Effect, LogLevel } from "effect"
import type * as Executor from "../execute/Executor.ts"
import * as Executors from "../execute/Executors.ts"
import type { Lease } from "../lease/Lease.ts"
import * as PreparedRun from "../lease/PreparedRun.ts"
import { Runner, type RunnerOptions } from "../lease/Runner.ts"
import * as MachineClock from "./MachineClock.ts"
import { batchMax, type Command, type JobKey, jobKeyOf, type Report, type ShardState } from "./ShardMessage.ts"

/**
 * How long a result waits for company, in milliseconds. The outbox waits for a quarter of a second anyway, and a message
 * costs as much as a tenth of a check.
 */
const flushMs = 5

/** What a shard executes with. */
export interface ShardOptions<out R = never> {
  /** The same as those of the worker. Their services are those of the surrounding effect. */
  readonly executors: ReadonlyArray<Executor.Any<R>>
}

/**
 * Makes this process a shard: to be the main effect of the module that `shards.module` of a worker names. It ends with its
 * supervisor, and with nothing else: signals that a terminal or a service manager sends to the whole group are the
 * supervisor's to answer, which drains.
 *
 * @example
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Egress, HttpExecutor, Shard } from "@openseer/worker-sdk"
 * import { Effect } from "effect"
 *
 * Shard.run({ executors: [HttpExecutor.httpExecutor] }).pipe(Effect.provide(Egress.layer()), NodeRuntime.runMain)
 * ```
 */
export const run = <R = never>({ executors }: ShardOptions<R>): Effect.Effect<never, never, R> =>
  Effect.flatMap(Executors.make(executors), serve)

/** {@link run} with executors that are ready to execute. */
export const serve = (executors: Executors.Executors): Effect.Effect<never> =>
  Effect.gen(function* () {
    const send = process.send?.bind(process)
    if (send === undefined) {
      return yield* Effect.die(new Error("a shard is started by a worker: see its option `shards`"))
    }
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {})
    process.once("disconnect", () => process.exit(0))
    const shard = new Shard({
      executors,
      context: yield* Effect.context<never>(),
      isDebugging: yield* LogLevel.isEnabled("Debug"),
      // A channel that is closed is told of by `disconnect`.
      send: (report) => void send(report, undefined, undefined, () => {})
    })
    process.on("message", (commands) => shard.obey(commands as ReadonlyArray<Command>))
    shard.greet()
    return yield* Effect.never
  }).pipe(Effect.uninterruptible)

interface ServeOptions extends Pick<RunnerOptions, "executors" | "context" | "isDebugging"> {
  readonly send: (report: Report) => void
}

class Shard {
  readonly #options: ServeOptions
  readonly #jobs = new Map<JobKey, ReadonlyArray<PreparedRun.PreparedRun>>()
  readonly #leases = new Map<number, Lease>()
  readonly #numbers = new Map<Lease, number>()
  #runner: Runner
  #results: Array<readonly [number, unknown]> = []
  #over: Array<number> = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: ServeOptions) {
    this.#options = options
    this.#runner = this.#begin(1)
  }

  greet(): void {
    this.#options.send({ _tag: "Ready", checkTypes: this.#options.executors.checkTypes, state: this.#state })
  }

  obey(commands: ReadonlyArray<Command>): void {
    for (const command of commands) this.#obey(command)
  }

  #begin(concurrency: number): Runner {
    return new Runner({
      ...this.#options,
      concurrency,
      onResult: (lease, result) => this.#note(() => this.#results.push([this.#numbers.get(lease)!, result])),
      onOver: (lease) => this.#note(() => this.#over.push(this.#end(lease)))
    })
  }

  #obey(command: Command): void {
    switch (command._tag) {
      case "Begin":
        this.#runner = this.#begin(command.concurrency)
        return
      case "Define":
        this.#jobs.set(command.jobKey, PreparedRun.of(this.#options.executors, command.checkType, command.members))
        return
      case "Forget":
        this.#jobs.delete(command.jobKey)
        return
      case "Plan":
        this.#plan(command)
        return
      case "Extend": {
        const { deadlineAt, number, renewAt } = command
        const lease = this.#leases.get(number)
        if (lease === undefined) return
        lease.deadlineAt = MachineClock.fromMachine(deadlineAt)
        lease.renewAt = MachineClock.fromMachine(renewAt)
        return
      }
      case "Drop": {
        const lease = this.#leases.get(command.number)
        if (lease === undefined) return
        this.#runner.drop(lease)
        this.#end(lease)
        return
      }
      case "Pause":
        return this.#pause()
      case "Ping":
        return this.#options.send({ _tag: "Pong", state: this.#state })
    }
  }

  get #state(): ShardState {
    const { activeMs, started } = this.#runner.reading
    return { activeMs, started, inFlight: this.#runner.inFlight, rssBytes: process.memoryUsage.rss() }
  }

  #plan({ lease: data, monitorKeys, number, tickDueAt }: Command & { readonly _tag: "Plan" }): void {
    const lease: Lease = {
      ...data,
      plannedEndAt: MachineClock.fromMachine(data.plannedEndAt),
      deadlineAt: MachineClock.fromMachine(data.deadlineAt),
      renewAt: MachineClock.fromMachine(data.renewAt),
      pending: 0,
      dropped: false
    }
    this.#leases.set(number, lease)
    this.#numbers.set(lease, number)
    const jobKey = jobKeyOf(lease.ref)
    const runs = this.#jobs.get(jobKey)
    // Never in silence: without its runs, the lease would be completed. As it is, the process ends and its leases are lost.
    if (runs === undefined) throw new Error(`${jobKey} was planned, but not defined`)
    if (lease.ref.oneOff) this.#jobs.delete(jobKey)
    const wanted = monitorKeys === undefined ? undefined : new Set(monitorKeys)
    this.#runner.plan(
      lease,
      MachineClock.fromMachine(tickDueAt),
      wanted === undefined ? runs : runs.filter(({ monitorKey }) => wanted.has(monitorKey))
    )
  }

  #pause(): void {
    Effect.runSync(this.#runner.pause)
    this.#flush()
    const running = [...this.#leases].filter(([, lease]) => this.#runner.isRunning(lease)).map(([number]) => number)
    this.#options.send({ _tag: "Paused", running, inFlight: this.#runner.inFlight })
  }

  #end(lease: Lease): number {
    const number = this.#numbers.get(lease)!
    this.#numbers.delete(lease)
    this.#leases.delete(number)
    return number
  }

  #note(add: () => void): void {
    add()
    if (this.#results.length >= batchMax) this.#flush()
    else this.#timer ??= setTimeout(this.#flush, flushMs)
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#results.length === 0 && this.#over.length === 0) return
    const [results, over] = [this.#results, this.#over]
    this.#results = []
    this.#over = []
    this.#options.send({ _tag: "Done", results, over, inFlight: this.#runner.inFlight })
  }
}
