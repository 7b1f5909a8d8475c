/**
 * Targets that speak over plain or encrypted streams, on free ports of 127.0.0.1: scripted, hostile, and with STARTTLS.
 */
import type { Effect, Scope } from "effect"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import type { KeyPair } from "./Certificates.ts"
import { type HostileTarget, raw } from "./HostileTargets.ts"

type Target = Effect.Effect<HostileTarget, never, Scope.Scope>

/** One exchange of a script: once the client has said `hears` (at once, without it), says `says`, or shakes hands. */
export interface Line {
  readonly hears?: string
  readonly says?: string
  readonly secures?: KeyPair
}

/** Plays a script, then stays open and silent. */
export const scripted = (...lines: ReadonlyArray<Line>): Target => raw((socket) => play(socket, [...lines]))

/** As {@link scripted}, over TLS. */
export const scriptedTls = (tls: KeyPair, ...lines: ReadonlyArray<Line>): Target =>
  raw((socket) => play(secure(socket, tls), [...lines]))

/** Says this at once, and ends the connection. */
export const saying = (text: string): Target => raw((socket) => socket.end(text))

/** Says this at once, a character each `everyMs`, again and again. */
export const drippingText = (text: string, everyMs: number): Target =>
  raw((socket) => {
    let at = 0
    const timer = setInterval(() => socket.write(text[at++ % text.length]!), everyMs)
    socket.once("close", () => clearInterval(timer))
  })

/** Speaks without end, as fast as it is read. */
export const babbling = (chunk: string | Buffer): Target =>
  raw((socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on("drain", more)
    more()
  })

/** Resets each connection at once. */
export const resettingAtOnce: Target = raw((socket) => socket.resetAndDestroy())

const play = (socket: Socket, lines: Array<Line>): void => {
  let heard = ""
  const next = (): void => {
    const line = lines[0]
    if (line === undefined || !heard.includes(line.hears ?? "")) return
    lines.shift()
    heard = ""
    if (line.says !== undefined) socket.write(line.says, "latin1")
    if (line.secures === undefined) next()
    else {
      socket.off("data", onData)
      play(secure(socket, line.secures), lines)
    }
  }
  const onData = (chunk: Buffer): void => {
    heard += chunk.toString("latin1")
    next()
  }
  socket.on("data", onData)
  next()
}

const secure = (socket: Socket, { cert, key }: KeyPair): TLSSocket => {
  const secured = new TLSSocket(socket, { isServer: true, cert, key })
  // Clients that don't trust the certificate hang up.
  secured.on("error", () => {})
  return secured
}
