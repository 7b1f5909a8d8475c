/**
 * One place of a pool: a process that executes runs, started again whenever it ends.
 *
 * What is to be said to it waits until it is ready, so that work for a shard that is being started again begins late
 * rather than elsewhere: a check that kills its process then kills this one only.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as ShardConfig from "./ShardConfig.ts"
import { batchMax, type Command, type Report } from "./ShardMessage.ts"

/** The time between two pings, in milliseconds. */
const pingMs = 1_000

/** How many pings in a row may go unanswered: five seconds of a loop that hangs. */
const unansweredMax = 5

/** How many pings long a process may take to be ready. */
const startingPingsMax = 60

/** The wait before a process is started again: doubles with each that did not live for {@link soundMs}. In ms. */
const restartMsMin = 100
const restartMsMax = 10_000

/** A process that lived this long was sound, in milliseconds. */
const soundMs = 30_000

/** How long a process has to end by itself when it is let go, in milliseconds. */
const endMs = 1_000

/** What a place is told of its process. Reports are only those of the process that is there now. */
export interface ShardProcessOptions {
  /** The module that runs the shard. */
  readonly module: URL
  /** Options of Node besides those of this process. */
  readonly execArgv: ReadonlyArray<string>
  readonly concurrency: number
  readonly onReport: (report: Report) => void
  /** The process has ended and everything that it was told is lost. A sentence says why. */
  readonly onEnd: (why: string) => void
}

/** A place. The process is started when it is made. */
export class ShardProcess {
  readonly #options: ShardProcessOptions
  readonly #pinging: NodeJS.Timeout
  #child: ChildProcess | undefined
  #isReady = false
  #isClosed = false
  #commands: Array<Command> = []
  #flushing: NodeJS.Immediate | undefined
  #unanswered = 0
  #startedAt = 0
  #failures = 0
  #killedFor: string | undefined

  constructor(options: ShardProcessOptions) {
    this.#options = options
    this.#pinging = setInterval(() => this.#ping(), pingMs)
    this.#start()
  }

  /** Whether its process takes work at once. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** The number of the process, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Says something, in order, with the rest of this turn of the event loop, or as soon as the process is ready. */
  send(command: Command): void {
    this.#commands.push(command)
    if (this.#isReady) this.#flushing ??= setImmediate(this.#flush)
  }

  /** Lets the process go, and waits until it is gone. */
  close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#pinging)
    const child = this.#child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const killing = setTimeout(() => child.kill("SIGKILL"), endMs)
      child.once("exit", () => {
        clearTimeout(killing)
        resolve()
      })
      if (child.connected) child.disconnect()
    })
  }

  #start(): void {
    if (this.#isClosed) return
    this.#unanswered = 0
    this.#killedFor = undefined
    this.#startedAt = performance.now()
    const child = fork(fileURLToPath(this.#options.module), [], {
      execArgv: ShardConfig.nodeOptions(this.#options.execArgv),
      env: ShardConfig.environment(),
      stdio: ["ignore", "inherit", "inherit", "ipc"]
    })
    this.#child = child
    child.on("message", (report) => {
      if (this.#child === child) this.#hear(report as Report)
    })
    // More than one may come, and one of a process that lives: none may live beside the next.
    child.on("error", (error) => {
      child.kill("SIGKILL")
      this.#onEnd(child, `it can't be started or reached: ${error.message}`)
    })
    child.once("exit", (code, signal) => this.#onEnd(child, `it ended with ${signal ?? code}`))
  }

  #hear(report: Report): void {
    if (report._tag === "Ready") {
      this.#isReady = true
      this.#unanswered = 0
      this.#commands.unshift({ _tag: "Begin", concurrency: this.#options.concurrency })
      this.#flush()
    } else if (report._tag === "Pong") this.#unanswered = 0
    this.#options.onReport(report)
  }

  readonly #flush = (): void => {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (!this.#isReady) return
    const commands = this.#commands
    this.#commands = []
    for (let from = 0; from < commands.length; from += batchMax) {
      // A channel that is broken is that of a process that ends, which is told of elsewhere.
      this.#child?.send(commands.slice(from, from + batchMax), () => {})
    }
  }

  /** Pings are counted, not timed: a supervisor that hung itself must not take its shards for hung. */
  #ping(): void {
    if (this.#child === undefined) return
    if (this.#unanswered++ >= (this.#isReady ? unansweredMax : startingPingsMax)) {
      this.#killedFor = `it did not answer for ${(this.#unanswered * pingMs) / 1_000} s and was killed`
      this.#child.kill("SIGKILL")
    } else if (this.#isReady) this.send({ _tag: "Ping" })
  }

  #onEnd(child: ChildProcess, why: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#isReady = false
    this.#commands = []
    if (this.#isClosed) return
    this.#failures = performance.now() - this.#startedAt > soundMs ? 0 : this.#failures
    const waitMs = Math.min(restartMsMin * 2 ** Math.min(this.#failures++, 10), restartMsMax)
    setTimeout(() => this.#start(), waitMs)
    this.#options.onEnd(this.#killedFor ?? why)
  }
}
