/**
 * An HTTP server for tests that answers as it is told, on a socket of its own: what a control plane does not do on
 * command, like breaking off in the middle of an answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A request as it came. */
export interface Received {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  /** Decoded JSON, `undefined` without a body. */
  readonly body: unknown
}

/** Answers a request; `index` counts them from 0. */
export type Script = (response: ServerResponse, request: Received, index: number) => void

/** A running server, closed at the end of the block that `using` it. */
export class ScriptedServer implements AsyncDisposable {
  readonly received: Array<Received> = []
  /** How many connections are open. */
  open = 0
  readonly #server

  private constructor(script: Script) {
    this.#server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        const { headers, method = "", url = "" } = request
        const received = { method, url, headers, body: text === "" ? undefined : (JSON.parse(text) as unknown) }
        script(response, received, this.received.push(received) - 1)
      })
    })
    this.#server.on("connection", (socket) => {
      this.open++
      socket.on("close", () => this.open--)
    })
  }

  /** Listens on a free port of 127.0.0.1. */
  static start = async (script: Script): Promise<ScriptedServer> => {
    const self = new ScriptedServer(script)
    await new Promise<void>((listening) => self.#server.listen(0, "127.0.0.1", listening))
    return self
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }
}

/** Answers JSON. */
export const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  const type = status < 400 ? "application/json" : "application/problem+json"
  response.writeHead(status, { "content-type": type, ...headers }).end(JSON.stringify(body))
}
