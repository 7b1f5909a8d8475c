/**
 * A way through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6).
 */
import type { Socket } from "node:net"
import { isAddress, requestOver } from "../egress/Dial.ts"
import * as SocketFault from "./SocketFault.ts"
import type { Endpoint, ProxyPlan } from "./HttpPlan.ts"

/** Asks the proxy at the other end of a socket for a way to a target. Errors of the socket are the caller's to hear. */
export const openTunnel = (
  socket: Socket,
  { authorization }: ProxyPlan,
  { host, port }: Endpoint,
  on: { readonly open: () => void; readonly fault: (message: string) => void }
): void => {
  const authority = `${isAddress(host) && host.includes(":") ? `[${host}]` : host}:${port}`
  const headers = ["host", authority]
  if (authorization !== undefined) headers.push("proxy-authorization", authorization)
  const sent = requestOver(socket, { method: "CONNECT", path: authority, headers })
  sent.on("error", (error) => on.fault(SocketFault.ofError(error, false).message))
  sent.once("connect", ({ statusCode = 0 }, _, head) => {
    if (statusCode < 200 || statusCode > 299) {
      on.fault(refusals[statusCode] ?? `it answered with status ${statusCode}`)
      return
    }
    // What a target says before it is spoken to belongs to the target's protocol.
    if (head.length > 0) socket.unshift(head)
    on.open()
  })
  sent.end()
}

const refusals: { readonly [status: number]: string } = {
  403: "it forbids the way to this target (403)",
  407: "it wants other credentials (407)",
  502: "it could not reach the target (502)",
  503: "it could not reach the target (503)",
  504: "it could not reach the target in time (504)"
}
