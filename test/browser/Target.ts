/** What is watched: an HTTP server on loopback that can be broken and mended. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** A running target. */
export interface Target extends AsyncDisposable {
  readonly url: string
  /** From now on it answers with this status. */
  readonly answer: (status: number) => void
}

/** Starts one that is well. */
export const start = async (): Promise<Target> => {
  let status = 200
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/plain" })
    response.end(status < 400 ? "all is well" : "<b>nothing</b> is well")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    answer: (next) => {
      status = next
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  }
}
