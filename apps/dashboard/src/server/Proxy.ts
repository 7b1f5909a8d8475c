/**
 * Passes requests for the API on to the control plane, so that a browser has one origin for both. Bodies and event
 * streams flow as they come; when the client leaves, the control plane hears of it.
 */
import { config } from "~/server/DashboardConfig.ts"
import { forwarded, type Incoming } from "~/server/Forwarded.ts"
import * as Problems from "~/server/Problems.ts"

/** Whether a path is the control plane's. Workers may come this way, too: then one address serves people and workers. */
export const isProxied = (pathname: string): boolean => /^\/(api|docs|ping|rpc)(\/|$)/.test(pathname)

/** Of one connection, not of the message that goes over it; `host` is the control plane's own. */
const hopByHop = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** Sends one request on and answers what came back, or a problem. */
export const proxy = async (incoming: Incoming): Promise<Response> => {
  const { request } = incoming
  const url = new URL(request.url)
  const headers = endToEnd(request.headers)
  // Whoever talks to us compresses, if anybody does: an event that waits in a compressor is late.
  headers.set("accept-encoding", "identity")
  for (const [name, value] of Object.entries(forwarded(incoming, config))) headers.set(name, value)
  const body = request.method === "GET" || request.method === "HEAD" ? null : request.body
  let answer: Response
  try {
    answer = await fetch(config.controlPlaneUrl + url.pathname + url.search, {
      method: request.method,
      headers,
      body,
      redirect: "manual",
      signal: request.signal,
      ...(body === null ? {} : { duplex: "half" })
    } as RequestInit)
  } catch (error) {
    return isRefused(error) ? Problems.away() : Problems.broken()
  }
  const out = endToEnd(answer.headers)
  // It was decoded on its way in, should the control plane have compressed all the same.
  if (answer.headers.has("content-encoding")) out.delete("content-encoding")
  else if (answer.headers.has("content-length")) out.set("content-length", answer.headers.get("content-length")!)
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers: out })
}

const endToEnd = (headers: Headers): Headers => {
  const named = new Set((headers.get("connection") ?? "").toLowerCase().split(/\s*,\s*/))
  const kept = new Headers()
  for (const [name, value] of headers) if (!hopByHop.has(name) && !named.has(name)) kept.append(name, value)
  return kept
}

/** No connection came about: nothing was sent. */
const isRefused = (error: unknown): boolean => {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause !== null && typeof cause === "object" && "code" in cause ? String(cause.code) : ""
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"].includes(
    code
  )
}
