/** `node:http` and `node:https` as they come: a new agent, so a new connection, for each request. */
import * as http from "node:http"
import * as https from "node:https"
import { createSecureContext, type TLSSocket } from "node:tls"
import { bodyBytes } from "./Nginx.ts"
import type { Check } from "./Load.ts"
import type { Subject } from "./Subject.ts"

/**
 * One secure context for all: giving `ca` to each request would parse it each time. The timeout is armed, the body
 * counted, and the certificate's expiry read, as every contestant does.
 */
export const stockNodeCheck = ({ ca, timeoutMs, urls }: Subject): Check => {
  const secureContext = createSecureContext({ ca: [ca] })
  const targets = urls.map((url) => {
    const { hostname, pathname, port, protocol } = new URL(url)
    const options = { host: hostname, port: Number(port), path: pathname, agent: false as const }
    return protocol === "https:" ? { isTls: true, options: { ...options, secureContext } } : { isTls: false, options }
  })
  return (index, done) => {
    const { isTls, options } = targets[index % targets.length]!
    let isOver = false
    const end = (problem: string | undefined): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      request.destroy()
      done(problem)
    }
    const request = isTls ? https.request(options) : http.request(options)
    const timer = setTimeout(end, timeoutMs, "timeout")
    request.once("error", (error) => end(error.message))
    request.once("response", (response) => {
      if (isTls && !((response.socket as TLSSocket).getPeerCertificate().valid_to > "")) end("no certificate")
      let bytes = 0
      response.on("data", (chunk: Buffer) => (bytes += chunk.length))
      response.once("end", () =>
        end(
          response.statusCode === 200 && bytes === bodyBytes
            ? undefined
            : `status ${response.statusCode}, ${bytes} bytes`
        )
      )
    })
    request.end()
  }
}
