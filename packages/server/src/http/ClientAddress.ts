/**
 * Where a request comes from: the peer of its connection, or, when that is a proxy that we trust, what it says.
 */
import { Effect, Option, Result } from "effect"
import { HttpMiddleware, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { IpNetwork } from "effect/net"
import type { ClientFacts } from "../accounts/Sessions.ts"

/** The proxies that are trusted unless others are named: those on this machine, as the dashboard is. */
export const loopback: ReadonlyArray<string> = ["127.0.0.0/8", "::1/128"]

/** Whether a text is an address, or a network in CIDR notation. */
export const isNetwork = (text: string): boolean => Result.isSuccess(IpNetwork.fromString(withPrefix(text)))

const withPrefix = (text: string): string => (text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`)

const peers = new WeakMap<object, string>()

/** Notes whose connection a web-standard request came from, which the request itself can't say. */
export const notePeer = (request: Request, address: string | undefined): void => {
  if (address !== undefined) peers.set(request, address)
}

/** Requests below have the address of the client, and the `Host` and protocol that it used, of what such a proxy says. */
export const forwarded = (trustedProxies: ReadonlyArray<string>) => {
  const applied = HttpMiddleware.xForwardedHeaders({
    trustedProxies: trustedProxies.map((text) => IpNetwork.fromStringUnsafe(withPrefix(text)))
  })
  return <E>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpServerRequest.HttpServerRequest>) =>
    Effect.updateService(applied(answer), HttpServerRequest.HttpServerRequest, (request) => {
      const peer = peers.get(request.source)
      return peer === undefined ? request : request.modify({ remoteAddress: Option.some(peer) })
    })
}

/** What lists of sessions and limits know of whoever asks. The address is absent where no socket is known. */
export const clientFacts = HttpServerRequest.HttpServerRequest.useSync(({ headers, remoteAddress }): ClientFacts => {
  const userAgent = headers["user-agent"]
  return {
    ...(userAgent === undefined ? {} : { userAgent: userAgent.replaceAll(/\p{Cc}/gu, "") }),
    ...(Option.isNone(remoteAddress) ? {} : { address: remoteAddress.value })
  }
})
