/**
 * The executor of the built-in `icmp` check type: echo requests, sent by the system's own `ping`.
 *
 * Node has no raw sockets, and who may send ICMP is the system's to say: its command knows how. It is told the judged
 * address, and the times are those that it has measured.
 */
import { CheckFailure, IcmpCheck, Observation } from "@openseer/core"
import type { Destination, Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "./Executor.ts"
import { type PingLine, readLine } from "./PingOutput.ts"
import { executor, type TargetRun } from "./TargetRun.ts"

/** How much of what the command prints is read, in bytes. */
const outputBytesMax = 65_536

/** The time between two requests, in seconds: the least that iputils allows to everybody. */
const intervalSeconds = 0.2

/** Executes `icmp` checks. */
export const icmpExecutor: Executor.Executor<"icmp", IcmpCheck.IcmpSpec, Dial | Resolver> = executor(
  IcmpCheck.IcmpCheck,
  ({ count, host, ipFamily: family }, run) =>
    run.lookUp(host, family, (addresses) => {
      run.setAddress(addresses[0])
      // Without a port, any will do: rules of egress about ports are not for this.
      new Pings(run, count).begin({ host, addresses, port: 1, purpose: "icmp" })
    })
)

/** The arguments of `ping`. The name of the option for IPv6 is in the command's name on BSD, elsewhere in the address. */
const commandOf =
  (count: number, timeoutMs: number) =>
  (address: string): readonly [file: string, ...args: Array<string>] => {
    const isBsd = process.platform === "darwin"
    const file = isBsd && address.includes(":") ? "ping6" : "ping"
    // How long to wait for the last reply is in seconds; on BSD in milliseconds, or unknown.
    const wait = isBsd ? [] : ["-W", String(Math.ceil(timeoutMs / 1_000))]
    const interval = count === 1 ? [] : ["-i", String(intervalSeconds)]
    return [file, "-n", "-c", String(count), ...interval, ...wait, address]
  }

/** The replies of one run. */
class Pings {
  readonly #run: TargetRun
  readonly #count: number
  readonly #rttsUs = new Map<number, number>()
  #unreachable: string | undefined
  #refused: string | undefined
  #bytes = 0

  constructor(run: TargetRun, count: number) {
    this.#run = run
    this.#count = count
  }

  begin(target: Destination): void {
    const run = this.#run
    run.enter("ttfb")
    const process = run.dial.program(target, commandOf(this.#count, run.context.timeoutMs))
    if (process instanceof CheckFailure.CheckError) {
      run.fail(process)
      return
    }
    run.onRelease(() => process.kill("SIGKILL"))
    run.onDeadline = () => this.#end()
    process.on("error", () => {})
    process.on(
      "error",
      run.handler((error: NodeJS.ErrnoException) => run.fail(notStarted(error.code ?? error.name)))
    )
    for (const stream of [process.stdout, process.stderr]) {
      let rest = ""
      stream?.setEncoding("utf8")
      stream?.on(
        "data",
        run.handler((text: string) => {
          this.#bytes += text.length
          const lines = `${rest}${text}`.split("\n")
          rest = lines.pop() ?? ""
          for (const line of lines) this.#note(readLine(line))
          if (this.#rttsUs.size === this.#count || this.#bytes > outputBytesMax) this.#end()
        })
      )
    }
    process.once(
      "close",
      run.handler(() => this.#end())
    )
  }

  #note(line: PingLine | undefined): void {
    if (line === undefined) return
    if ("reply" in line) this.#rttsUs.set(line.reply, line.rttUs)
    else if ("unreachable" in line) this.#unreachable = line.unreachable
    else this.#refused = line.refused
  }

  /** All replies are there, or no more will come. */
  #end(): void {
    const run = this.#run
    const sent = this.#count
    const rttsUs = [...this.#rttsUs.values()].slice(0, sent)
    const received = rttsUs.length
    run.facts.detail = { sent, received, lossRatio: (sent - received) / sent, ...spreadOf(rttsUs) }
    if (received > 0) {
      const meanUs = Math.round(rttsUs.reduce((sum, us) => sum + us, 0) / received)
      run.finishWith({ ...Observation.noPhases, ttfbUs: meanUs })
    } else if (this.#unreachable !== undefined) {
      run.fail({ reason: "unreachable", message: `on the way to the host it was said: ${this.#unreachable}` })
    } else if (this.#refused !== undefined) run.fail(notPermitted(this.#refused))
    else {
      const requests = sent === 1 ? "the echo request" : `any of ${sent} echo requests`
      run.fail({ reason: "response_timeout", message: `no reply came to ${requests}` })
    }
  }
}

const spreadOf = (rttsUs: ReadonlyArray<number>): { readonly [name: string]: number } =>
  rttsUs.length === 0 ? {} : { minMs: Math.min(...rttsUs) / 1_000, maxMs: Math.max(...rttsUs) / 1_000 }

const notStarted = (code: string): CheckFailure.CheckError =>
  code === "ENOENT"
    ? new CheckFailure.CheckError({
        reason: "unsupported_check",
        message: "icmp needs the ping command, and the worker's system has none: install the package iputils-ping"
      })
    : new CheckFailure.CheckError({
        reason: code === "EACCES" ? "unsupported_check" : "worker_overloaded",
        message: `the ping command could not be started: ${code}`
      })

const notPermitted = (what: string): CheckFailure.CheckError =>
  new CheckFailure.CheckError({
    reason: "unsupported_check",
    message: `the worker's system does not let its ping command work (${what}): set net.ipv4.ping_group_range, or give it cap_net_raw`
  })
