/**
 * The control plane, asked by the dashboard's own server in the name of whoever sent a request.
 */
import { config } from "~/server/DashboardConfig.ts"
import { forwarded, type Incoming } from "~/server/Forwarded.ts"
import * as Problems from "~/server/Problems.ts"

/** One request to the API. `path` is like `/api/v1/account`; `body` is sent as JSON. Never fails: it answers a problem. */
export type ControlPlane = (path: string, init?: ControlPlaneInit) => Promise<Response>

/** What a request has besides its path. */
export interface ControlPlaneInit {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** "Run now" waits 30 s at the most. */
const timeoutMs = 45_000

/**
 * The control plane for one request: it gets its cookie, address and browser, and is told that the request came from a
 * page of ours, which the dashboard has found out itself. A cookie that an answer renews holds for the requests after it.
 */
export const make = (incoming: Incoming): ControlPlane => {
  const { request } = incoming
  let cookie = request.headers.get("cookie")
  return async (path, { body, headers = {}, method = "GET" } = {}) => {
    const sent: Record<string, string> = {
      accept: "application/json",
      "sec-fetch-site": "same-origin",
      ...forwarded(incoming, config),
      ...headers
    }
    if (cookie) sent["cookie"] = cookie
    for (const name of ["user-agent", "accept-language"]) {
      const value = request.headers.get(name)
      if (value !== null) sent[name] = value
    }
    if (body !== undefined) sent["content-type"] = "application/json"
    try {
      const response = await fetch(config.controlPlaneUrl + path, {
        method,
        headers: sent,
        redirect: "manual",
        signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      cookie = renewed(cookie, response.headers.getSetCookie())
      return response
    } catch {
      return Problems.away()
    }
  }
}

/** A `Cookie` header after answers that set cookies; one that is emptied goes. */
const renewed = (cookie: string | null, set: ReadonlyArray<string>): string | null => {
  if (set.length === 0) return cookie
  const pairs = new Map<string, string>()
  for (const text of [...(cookie ?? "").split(/;\s*/), ...set.map((one) => one.split(";")[0]!)]) {
    const at = text.indexOf("=")
    if (at > 0) pairs.set(text.slice(0, at), text.slice(at + 1))
  }
  return [...pairs].flatMap(([name, value]) => (value === "" ? [] : [`${name}=${value}`])).join("; ")
}
