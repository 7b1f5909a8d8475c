/** undici's `request`, with a client of its own, so a connection of its own, for each check. */
import { createSecureContext, type TLSSocket } from "node:tls"
import { buildConnector, Client } from "undici"
import { bodyBytes } from "./Nginx.ts"
import type { Check } from "./Load.ts"
import type { Subject } from "./Subject.ts"

/** As for the other contestants: one secure context, a timeout, the body counted, the certificate's expiry read. */
export const undiciCheck = ({ ca, timeoutMs, urls }: Subject): Check => {
  const secureContext = createSecureContext({ ca: [ca] })
  const connector = buildConnector({ secureContext, maxCachedSessions: 0, timeout: timeoutMs })
  const connect: buildConnector.connector = (options, callback) =>
    connector(options, (...result) => {
      if (options.protocol === "https:" && result[1] !== null)
        validTo = (result[1] as TLSSocket).getPeerCertificate().valid_to
      callback(...result)
    })
  const origins = urls.map((url) => new URL(url).origin)
  const run = async (index: number): Promise<string | undefined> => {
    const client = new Client(origins[index % origins.length]!, { connect })
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const { body, statusCode } = await client.request({ method: "GET", path: "/", signal })
      let bytes = 0
      for await (const chunk of body) bytes += (chunk as Buffer).length
      return statusCode === 200 && bytes === bodyBytes ? undefined : `status ${statusCode}, ${bytes} bytes`
    } catch (error) {
      return String(error)
    } finally {
      void client.destroy()
    }
  }
  return (index, done) => void run(index).then(done)
}

/** The expiry that was read last: somebody looks at it, so nobody may leave the reading out. */
export let validTo = ""
