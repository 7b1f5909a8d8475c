/**
 * The executor of the built-in `websocket` check type: an upgrade, and a dialogue of messages.
 *
 * Redirects are not followed, and compression is not offered: nothing that the server sends can become larger here. A
 * server that speaks first is waited for only if a step or an assertion asks for what it says.
 */
import { Dialogue, HttpHeaders, type Pattern, Secret, TlsSettings, WebSocketCheck } from "@openseer/core"
import type { ClientRequest, IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import type { WebSocket } from "ws"
import type { Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import { webSocketOver } from "../egress/WebSocketOver.ts"
import { version } from "../Version.ts"
import type * as Executor from "./Executor.ts"
import { joinedFields } from "./HttpContent.ts"
import { informationalMax, tooManyInformational } from "./HttpExchange.ts"
import * as SelectedHeaders from "./SelectedHeaders.ts"
import * as SocketFault from "./SocketFault.ts"
import { executor, type TargetRun } from "./TargetRun.ts"

/** The largest message, in bytes. */
export const messageBytesMax = 1_048_576

/** How much is received in all, in messages with pings, and in bytes. */
export const messagesMax = 1_000
export const receivedBytesMax = 4_194_304

/** How much of a message a pattern is searched in, in UTF-16 units. */
const searchedLengthMax = 65_536

/** What all searches of a run may cost, in units of about 0.1 us: so many messages could take a minute of the worker's. */
const searchCostMax = 2_000_000

/** How much is kept of the messages, in UTF-16 units: without an assertion on them, what an excerpt needs. */
const keptLengthMax = 1_048_576
const excerptLengthMax = 8_192

/** Executes `websocket` checks. */
export const webSocketExecutor: Executor.Executor<"websocket", WebSocketCheck.WebSocketSpec, Dial | Resolver> =
  executor(WebSocketCheck.WebSocketCheck, (spec, run) => {
    const { ipFamily: family, tls: settings = TlsSettings.tlsDefault } = spec
    const url = new URL(spec.url)
    const isTls = url.protocol === "wss:"
    const host = url.hostname.replace(/^\[|\]$/g, "")
    const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port)
    const tls = { settings, alpn: ["http/1.1"] }
    run.connect({ host, port, purpose: "http", family, ...(isTls ? { tls } : {}) }, (socket) =>
      new Conversation(run, spec).begin(socket)
    )
  })

/** An upgrade and the messages after it. */
class Conversation {
  readonly #run: TargetRun
  readonly #spec: WebSocketCheck.WebSocketSpec
  readonly #steps: Array<Dialogue.MessageDialogue[number]>
  readonly #wantsMessage: boolean
  readonly #keptLengthMax: number
  #webSocket!: WebSocket
  #headers: { readonly [name: string]: string } | undefined
  /** What is awaited: a pattern, or any message. */
  #awaits: { readonly expect: string | undefined; readonly isIt: (text: string) => boolean } | undefined
  /** Messages that no step has looked at, and the last one that was not what was expected. */
  #unread: Array<string> = []
  #refused: string | undefined
  #kept = ""
  #messages = 0
  #events = 0
  #bytes = 0
  #searchCost = 0

  constructor(run: TargetRun, spec: WebSocketCheck.WebSocketSpec) {
    const { assertionSources } = run.context
    this.#run = run
    this.#spec = spec
    this.#steps = [...spec.dialogue]
    this.#wantsMessage = assertionSources.has("body") || assertionSources.has("json")
    this.#keptLengthMax = this.#wantsMessage ? keptLengthMax : excerptLengthMax
  }

  begin(socket: Socket): void {
    const run = this.#run
    const { subprotocols, url } = this.#spec
    const webSocket = webSocketOver(socket, new URL(url), {
      subprotocols,
      headers: headersOf(this.#spec),
      messageBytesMax,
      onRequest: (request) => this.#onRequest(request)
    })
    this.#webSocket = webSocket
    run.onRelease(() => webSocket.terminate())
    run.onDeadline = () => this.#onDeadline()
    // What the library finds wrong with an upgrade, it tells by an error of the socket.
    run.faultOf = faultOf
    webSocket.on("error", () => {})
    webSocket.on(
      "error",
      run.handler((error: NodeJS.ErrnoException) => run.fail(faultOf(error)))
    )
    webSocket.on(
      "unexpected-response",
      run.handler((_: ClientRequest, response: IncomingMessage) => this.#onRefusal(response))
    )
    webSocket.on(
      "upgrade",
      run.handler((response: IncomingMessage) => this.#noteHead(response))
    )
    webSocket.on(
      "open",
      run.handler(() => {
        run.takeTime()
        run.facts.protocol = webSocket.protocol === "" ? "websocket" : webSocket.protocol
        this.#next()
      })
    )
    webSocket.on(
      "message",
      run.handler((data: Buffer) => this.#onMessage(data))
    )
    webSocket.on(
      "ping",
      run.handler(() => this.#count(0))
    )
    webSocket.on(
      "close",
      run.handler((code: number, reason: Buffer) => this.#onClose(code, reason.toString("utf8")))
    )
  }

  #onRequest(request: ClientRequest): void {
    const run = this.#run
    let informational = 0
    // Only now does the parser listen: a listener for data before it would let the first bytes flow away.
    request.once("socket", (socket) =>
      socket.prependOnceListener(
        "data",
        run.handler(() => run.enter("download"))
      )
    )
    request.on(
      "information",
      run.handler(() => {
        if (++informational > informationalMax) run.fail(tooManyInformational)
      })
    )
    request.end()
  }

  #noteHead(response: IncomingMessage): void {
    const { context, facts } = this.#run
    facts.statusCode = response.statusCode ?? 0
    facts.headers = SelectedHeaders.of(response.rawHeaders, context.redact)
    this.#headers = joinedFields(response.headers)
  }

  #onRefusal(response: IncomingMessage): void {
    this.#noteHead(response)
    const { location } = response.headers
    const where = location === undefined ? "" : `, to go to ${this.#run.quote(location)}`
    const message = `the server answered ${response.statusCode}${where}, instead of 101 Switching Protocols`
    this.#run.fail({ reason: "upgrade_refused", message })
  }

  #next(): void {
    this.#awaits = undefined
    this.#refused = undefined
    const step = this.#steps.shift()
    if (step === undefined) {
      if (!this.#wantsMessage || this.#messages > 0) this.#finish()
      else this.#await(undefined, () => true)
    } else if ("send" in step) {
      this.#webSocket.send(
        Secret.reveal(step.send),
        this.#run.handler((error?: Error | null) => {
          // An error is told by its event, too.
          if (!error) this.#next()
        })
      )
    } else {
      const pattern = Dialogue.compileExpected(step.expect)
      this.#await(step.expect, (text) => this.#has(text, pattern))
    }
  }

  #await(expect: string | undefined, isIt: (text: string) => boolean): void {
    this.#awaits = { expect, isIt }
    this.#look()
  }

  #look(): void {
    while (this.#awaits !== undefined && this.#searchCost <= searchCostMax) {
      const text = this.#unread.shift()
      if (text === undefined) return
      if (this.#awaits.isIt(text)) this.#next()
      else this.#refused = text
    }
  }

  #has(text: string, pattern: Pattern.CompiledPattern): boolean {
    const isFound = pattern.search(text) === true
    this.#searchCost += pattern.lastCost()
    if (this.#searchCost <= searchCostMax) return isFound
    const message = `the pattern ${JSON.stringify(this.#awaits?.expect)} is too expensive for the messages that came`
    this.#run.fail({ reason: "unexpected_answer", message }, this.#content())
    return false
  }

  #onMessage(data: Buffer): void {
    this.#run.takeTime()
    const text = data.toString("utf8")
    if (this.#kept.length < this.#keptLengthMax) {
      const all = this.#messages === 0 ? text : `${this.#kept}\n${text}`
      this.#kept = all.slice(0, this.#keptLengthMax)
    }
    this.#messages++
    this.#unread.push(text.slice(0, searchedLengthMax))
    this.#count(data.length)
    this.#run.facts.sizeBytes = this.#bytes
    this.#look()
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (++this.#events <= messagesMax && this.#bytes <= receivedBytesMax) return
    const message = `the server sent more than ${messagesMax} messages and pings, or ${receivedBytesMax} bytes`
    this.#run.fail({ reason: "unexpected_answer", message }, this.#content())
  }

  #onDeadline(): void {
    if (this.#awaits === undefined) return
    const { timeoutMs } = this.#run.context
    if (this.#refused !== undefined) this.#failUnexpected(`within ${timeoutMs} ms`)
    else this.#run.fail({ reason: "response_timeout", message: `no message came within ${timeoutMs} ms` })
  }

  #onClose(code: number, reason: string): void {
    const why = `code ${code}${reason === "" ? "" : `, ${this.#run.quote(reason)}`}`
    if (this.#refused !== undefined) this.#failUnexpected(`before the server closed (${why})`)
    else this.#run.fail({ reason: "connection_reset", message: `the server closed the WebSocket: ${why}` })
  }

  #failUnexpected(until: string): void {
    const expected = JSON.stringify(this.#awaits?.expect ?? "")
    const got = this.#run.quote(this.#refused ?? "")
    const message = `expected ${expected} and did not get it ${until}: got ${got}`
    this.#run.fail({ reason: "unexpected_answer", message }, this.#content())
  }

  #finish(): void {
    // Says goodbye; the connection is closed with what it has sent.
    this.#webSocket.close(1000)
    this.#run.finish(this.#content())
  }

  #content() {
    return { ...(this.#headers === undefined ? {} : { headers: this.#headers }), body: this.#kept }
  }
}

const headersOf = ({ auth, headers }: WebSocketCheck.WebSocketSpec): Record<string, string> => ({
  "user-agent": `OpenSeer/${version}`,
  ...(auth === undefined ? {} : { authorization: HttpHeaders.authorization(auth) }),
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Secret.reveal(value)]))
})

/** Errors of the library have a code after the upgrade, and a sentence before it. */
const faultOf = (error: NodeJS.ErrnoException): ReturnType<typeof SocketFault.ofError> => {
  const { code } = error
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
    return { reason: "unexpected_answer", message: `a message is larger than ${messageBytesMax} bytes` }
  }
  if (code === undefined) return { reason: "protocol_error", message: `the upgrade is not valid: ${error.message}` }
  return code.startsWith("WS_ERR_")
    ? { reason: "protocol_error", message: `the server does not follow the WebSocket protocol: ${error.message}` }
    : SocketFault.ofError(error, false)
}
