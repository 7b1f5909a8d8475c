/**
 * The executor of the built-in `dns` check type: one question to one name server, over UDP or TCP.
 *
 * One attempt: over UDP, a lost packet is a timeout. The worker's own name server is whatever the operator's system says;
 * one that a spec names is judged by the egress policy as every other target is.
 */
import { CheckFailure, DnsCheck } from "@openseer/core"
import { randomInt } from "node:crypto"
import type { Addresses, Destination, Dial } from "../egress/Dial.ts"
import { isAddress } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import * as DnsMessage from "./DnsMessage.ts"
import type * as Executor from "./Executor.ts"
import * as SocketFault from "./SocketFault.ts"
import { executor, type TargetRun } from "./TargetRun.ts"

/** How many datagrams that are not the answer are looked at. */
export const foreignMax = 1_000

/** The most aliases that are told, when they lead to no answer. */
const aliasesMax = 8

/** Executes `dns` checks. */
export const dnsExecutor: Executor.Executor<"dns", DnsCheck.DnsSpec, Dial | Resolver> = executor(
  DnsCheck.DnsCheck,
  ({ ipFamily: family, name, recursion, server, transport, type }, run) => {
    const question: DnsMessage.Question = { id: randomInt(0x1_0000), name, type, recursion }
    const [own] = server === undefined ? run.resolver.servers() : []
    const { host, port } = server ?? { host: own?.address, port: own?.port ?? 53 }
    if (host === undefined || (own !== undefined && !isAddress(own.address))) {
      run.fail(noServer)
      return
    }
    run.lookUp(host, own === undefined ? family : "any", (addresses) =>
      ask(run, question, transport, targetOf(host, addresses, port, own !== undefined))
    )
  }
)

const targetOf = (host: string, addresses: Addresses, port: number, isOwn: boolean): Destination => ({
  host,
  addresses,
  port,
  purpose: "dns",
  isOwn
})

const ask = (run: TargetRun, question: DnsMessage.Question, transport: "udp" | "tcp", target: Destination): void => {
  const [address] = target.addresses
  run.setAddress(address)
  run.onDeadline = () => {
    if (run.phase === "connect") return
    const perhaps = transport === "udp" ? "; over UDP, one lost packet is enough for that" : ""
    const message = `${address} did not answer within ${run.context.timeoutMs} ms${perhaps}`
    run.fail({ reason: "dns_timeout", message })
  }
  if (transport === "udp") askByUdp(run, question, target)
  else askByTcp(run, question, target)
}

const askByUdp = (run: TargetRun, question: DnsMessage.Question, target: Destination): void => {
  const socket = run.dial.udp(target)
  if (socket instanceof CheckFailure.CheckError) {
    run.fail(socket)
    return
  }
  let foreign = 0
  let isOpen = true
  const close = (): void => {
    if (isOpen) socket.close()
    isOpen = false
  }
  run.onRelease(close)
  socket.on("error", () => {})
  socket.on(
    "error",
    run.handler((error: NodeJS.ErrnoException) => run.fail(SocketFault.ofError(error, false)))
  )
  socket.once(
    "connect",
    run.handler(() => {
      run.enter("ttfb")
      socket.send(DnsMessage.encodeQuestion(question))
    })
  )
  socket.on(
    "message",
    run.handler((bytes: Buffer) => {
      if (!isOpen) return
      const reply = DnsMessage.read(bytes, question)
      if (reply === "foreign") {
        if (++foreign > foreignMax) run.fail(nothingButNoise)
      } else if (reply === "malformed") run.fail(malformed)
      else if (reply.isTruncated) {
        close()
        run.enter("connect")
        ask(run, question, "tcp", target)
      } else finish(run, target, "udp", reply)
    })
  )
}

const askByTcp = (run: TargetRun, question: DnsMessage.Question, target: Destination): void =>
  run.open(target, undefined, (socket) => {
    const query = DnsMessage.encodeQuestion(question)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    socket.write(Buffer.concat([length, query]))
    const chunks: Array<Buffer> = []
    let size = 0
    let end: number | undefined
    socket.on(
      "data",
      run.handler((chunk: Buffer) => {
        if (run.phase === "ttfb") run.enter("download")
        chunks.push(chunk)
        size += chunk.length
        if (size < 2) return
        // Once, however many pieces come.
        end ??= 2 + Buffer.concat(chunks).readUInt16BE(0)
        if (size < end) return
        const reply = DnsMessage.read(Buffer.concat(chunks).subarray(2, end), question)
        if (typeof reply === "string" || reply.isTruncated) run.fail(malformed)
        else finish(run, target, "tcp", reply)
      })
    )
    socket.on(
      "close",
      run.handler(() => run.fail(SocketFault.closedEarly))
    )
  })

const finish = (run: TargetRun, target: Destination, transport: "udp" | "tcp", reply: DnsMessage.Reply): void => {
  run.takeTime()
  const [address] = target.addresses
  const { aliases, answers, isAuthoritative, rcode } = reply
  const host = address.includes(":") ? `[${address}]` : address
  run.facts.dns = { server: target.port === 53 ? address : `${host}:${target.port}`, rcode, answers }
  run.facts.detail = {
    transport,
    authoritative: isAuthoritative,
    ...(aliases.length === 0 ? {} : { aliases: aliases.slice(0, aliasesMax) })
  }
  run.finish()
}

const noServer = new CheckFailure.CheckError({
  reason: "network_down",
  message: "the worker's system has no name server"
})

const malformed: SocketFault.Fault = {
  reason: "protocol_error",
  message: "the name server's answer is not a valid DNS message, or not to the question"
}

const nothingButNoise: SocketFault.Fault = {
  reason: "protocol_error",
  message: `${foreignMax} datagrams came, and none of them was the answer`
}
