/**
 * The executor of the built-in `tls` check type: a handshake, at once or after what a protocol says before it.
 */
import { TlsCheck } from "@openseer/core"
import type { Socket } from "node:net"
import type { Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "./Executor.ts"
import * as SocketFault from "./SocketFault.ts"
import { exchanges } from "./StartTlsPreface.ts"
import { executor, type Handshake, type TargetRun } from "./TargetRun.ts"

/** The longest reply in clear, in bytes. */
const replyLengthMax = 16_384

/** Executes `tls` checks. */
export const tlsExecutor: Executor.Executor<"tls", TlsCheck.TlsSpec, Dial | Resolver> = executor(
  TlsCheck.TlsCheck,
  ({ host, ipFamily: family, port, startTls: protocol, tls: settings }, run) => {
    const reach = { host, port, purpose: "tcp", family } as const
    const tls: Handshake = { settings, alpn: [] }
    if (protocol === undefined) run.connect({ ...reach, tls }, () => run.finish())
    else
      run.connect(reach, (socket) =>
        agree(run, protocol, socket, () => run.startTls(socket, host, tls, () => run.finish()))
      )
  }
)

/** Says what there is to say in clear, until the server expects a handshake. */
const agree = (run: TargetRun, protocol: TlsCheck.StartTlsProtocol, socket: Socket, then: () => void): void => {
  const steps = [...exchanges[protocol]]
  let received = ""
  const send = (): void => {
    const text = steps[0]?.send
    if (text !== undefined) socket.write(text, "latin1")
  }
  const onData = run.handler((chunk: Buffer) => {
    if (run.phase === "ttfb") run.enter("download")
    else run.takeTime()
    received += chunk.toString("latin1")
    const verdict = steps[0]!.reply(received)
    if (verdict === "refused") run.fail(refused(run, protocol, received))
    else if (verdict === "more") {
      if (received.length > replyLengthMax) run.fail(refused(run, protocol, received))
    } else if (steps.length > 1) {
      steps.shift()
      received = ""
      send()
    } else if (received.length > verdict) run.fail(spokeInClear)
    else {
      socket.off("data", onData).off("close", onClose)
      then()
    }
  })
  const onClose = run.handler(() =>
    run.fail(received === "" ? SocketFault.closedEarly : refused(run, protocol, received))
  )
  socket.on("data", onData).on("close", onClose)
  send()
}

const refused = (run: TargetRun, protocol: TlsCheck.StartTlsProtocol, received: string): SocketFault.Fault => ({
  reason: "unexpected_answer",
  message: `the server does not change to TLS as ${names[protocol]} does: got ${run.quote(received)}`
})

/** An attacker on the way could have put it there, to be taken for something that was said under TLS. */
const spokeInClear: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the server went on in clear after it had agreed to TLS"
}

const names: Record<TlsCheck.StartTlsProtocol, string> = {
  smtp: "SMTP",
  imap: "IMAP",
  pop3: "POP3",
  ftp: "FTP",
  postgres: "PostgreSQL"
}
