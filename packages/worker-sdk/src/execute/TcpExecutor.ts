/**
 * The executor of the built-in `tcp` check type: a connection, and a dialogue over it.
 *
 * A server that speaks first is waited for only if something asks for it: a step that expects, or an assertion on the
 * banner.
 */
import { Secret, type Dialogue, TcpCheck, TlsSettings } from "@openseer/core"
import type { Socket } from "node:net"
import { StringDecoder } from "node:string_decoder"
import type { Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "./Executor.ts"
import { Expectation } from "./Expectation.ts"
import * as SocketFault from "./SocketFault.ts"
import { executor, type Handshake, type TargetRun } from "./TargetRun.ts"

/** The most text that is kept while a pattern is awaited, in UTF-16 units. */
export const awaitedLengthMax = 65_536

/** The longest banner, in UTF-16 units. */
export const bannerLengthMax = 8_192

/** A banner that no line end closes is over when nothing more came for so long, in milliseconds. */
export const bannerQuietMs = 100

/** Executes `tcp` checks. */
export const tcpExecutor: Executor.Executor<"tcp", TcpCheck.TcpSpec, Dial | Resolver> = executor(
  TcpCheck.TcpCheck,
  (spec, run) => {
    const { dialogue, encryption, host, ipFamily: family, port, tls: settings = TlsSettings.tlsDefault } = spec
    const tls: Handshake = { settings, alpn: [] }
    run.connect({ host, port, purpose: "tcp", family, ...(encryption === "tls" ? { tls } : {}) }, (socket) => {
      const secure: Secure = (plain, then) => run.startTls(plain, host, tls, then)
      new Conversation(run, dialogue, secure).begin(socket)
    })
  }
)

type Secure = (socket: Socket, then: (socket: Socket) => void) => void

/** The steps of a dialogue over a connection. */
class Conversation {
  readonly #run: TargetRun
  readonly #steps: Array<Dialogue.StreamDialogue[number]>
  readonly #secureWith: Secure
  readonly #wantsBanner: boolean
  #socket!: Socket
  #decoder = new StringDecoder("utf8")
  #expectation: Expectation | undefined
  /** What was received and no step is done with. */
  #awaited = ""
  #banner = ""
  #isBannerOver = false
  #isAtEnd = false
  #quiet: NodeJS.Timeout | undefined
  #bytes = 0

  constructor(run: TargetRun, steps: Dialogue.StreamDialogue, secure: Secure) {
    this.#run = run
    this.#steps = [...steps]
    this.#secureWith = secure
    this.#wantsBanner = run.context.assertionSources.has("banner")
  }

  begin(socket: Socket): void {
    const run = this.#run
    run.onDeadline = () => {
      if (this.#awaited !== "" && this.#expectation !== undefined) {
        this.#failUnexpected(this.#expectation, `within ${run.context.timeoutMs} ms`)
      }
    }
    run.onRelease(() => clearTimeout(this.#quiet))
    this.#listen(socket)
    this.#next()
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    socket.on("data", this.#onData)
    socket.on("end", this.#onEnd)
    socket.on("close", this.#onEnd)
  }

  #next(): void {
    this.#expectation = undefined
    const step = this.#steps.shift()
    if (step === undefined) this.#afterSteps()
    else if ("send" in step) this.#send(Secret.reveal(step.send))
    else if ("expect" in step) this.#expect(step.expect)
    else this.#secure()
  }

  #send(text: string): void {
    if (this.#banner !== "") this.#isBannerOver = true
    this.#socket.write(
      text,
      this.#run.handler((error?: Error | null) => {
        // An error is told by its event, too.
        if (!error) this.#next()
      })
    )
  }

  #expect(expect: string): void {
    this.#expectation = new Expectation(this.#run, {
      expect,
      onFound: (rest) => {
        this.#awaited = rest
        this.#next()
      },
      onTooExpensive: () =>
        this.#run.fail({
          reason: "unexpected_answer",
          message: `the pattern ${JSON.stringify(expect)} is too expensive for the ${this.#awaited.length} characters that came`
        })
    })
    this.#lookAgain()
  }

  #secure(): void {
    const plain = this.#socket
    plain.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onEnd)
    // What came in clear must not pass for something that was said under TLS.
    this.#awaited = ""
    this.#decoder = new StringDecoder("utf8")
    if (this.#banner !== "") this.#isBannerOver = true
    this.#secureWith(plain, (secured) => {
      this.#listen(secured)
      this.#next()
    })
  }

  #afterSteps(): void {
    this.#isAtEnd = true
    if (!this.#wantsBanner || this.#isBannerOver || isWhole(this.#banner)) this.#finish()
    else this.#waitForQuiet()
  }

  readonly #onData = (chunk: Buffer): void => this.#run.handler(this.#read)(chunk)

  readonly #read = (chunk: Buffer): void => {
    if (this.#run.phase === "ttfb") this.#run.enter("download")
    else this.#run.takeTime()
    this.#bytes += chunk.length
    this.#run.facts.sizeBytes = this.#bytes
    const text = this.#decoder.write(chunk)
    if (!this.#isBannerOver) this.#banner = (this.#banner + text).slice(0, bannerLengthMax)
    if (this.#isAtEnd) {
      if (isWhole(this.#banner)) this.#finish()
      else this.#waitForQuiet()
      return
    }
    this.#awaited += text
    this.#lookAgain()
  }

  #lookAgain(): void {
    const expectation = this.#expectation
    const isTooLong = this.#awaited.length > awaitedLengthMax
    expectation?.look(this.#awaited, isTooLong)
    // Still the same one: not found in all that is kept.
    if (!isTooLong || this.#expectation !== expectation) return
    if (expectation === undefined) this.#run.fail(tooMuch)
    else this.#failUnexpected(expectation, `in ${awaitedLengthMax} characters`)
  }

  #waitForQuiet(): void {
    clearTimeout(this.#quiet)
    if (this.#banner !== "") this.#quiet = setTimeout(this.#run.handler(this.#finish), bannerQuietMs)
  }

  readonly #onEnd = (): void => this.#run.handler(this.#ended)()

  readonly #ended = (): void => {
    const expectation = this.#expectation
    if (this.#isAtEnd && this.#banner !== "") {
      this.#finish()
      return
    }
    expectation?.look(this.#awaited, true)
    // Found: the steps went on, and what they wait for now can't come either.
    if (this.#expectation !== undefined && this.#expectation !== expectation) this.#ended()
    else if (this.#awaited === "" || this.#expectation === undefined) this.#run.fail(SocketFault.closedEarly)
    else this.#failUnexpected(this.#expectation, "before the connection was closed")
  }

  #failUnexpected({ expect }: Expectation, until: string): void {
    const got = this.#run.quote(this.#awaited)
    const message = `expected ${JSON.stringify(expect)} and did not get it ${until}: got ${got}`
    this.#run.fail({ reason: "unexpected_answer", message }, { body: this.#awaited })
  }

  readonly #finish = (): void => this.#run.finish({ banner: this.#banner })
}

const isWhole = (banner: string): boolean => banner.includes("\n") || banner.length >= bannerLengthMax

const tooMuch: SocketFault.Fault = {
  reason: "unexpected_answer",
  message: `the server said more than ${awaitedLengthMax} characters without being asked`
}
