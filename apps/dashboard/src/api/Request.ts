/**
 * One request to the API, the same on the server and in the browser: on the server it goes straight to the control
 * plane with the visitor's cookie, in the browser to the same path of our own origin.
 */
import { query, redirect } from "@solidjs/router"
import { getRequestEvent, isServer } from "solid-js/web"
import { ApiProblem, fromResponse, problemOf } from "~/api/ApiProblem.ts"
import { signInPath } from "~/api/SignInPath.ts"

/** Query parameters. What is undefined or empty is left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>

/** What a request has besides its path. */
export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly query?: Parameters
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Asks `/api/v1` + `path` and answers its JSON. Throws an {@link ApiProblem}. */
export const request = async <Answer>(path: string, options: RequestOptions = {}): Promise<Answer> => {
  const { body, headers, method = "GET", query: parameters = {}, signal } = options
  const address = `/api/v1${path}${searchOf(parameters)}`
  const response = isServer
    ? await getRequestEvent()!.locals.controlPlane(address, { method, body, ...(headers ? { headers } : {}) })
    : await fetch(address, {
        method,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {})
      }).catch((error: unknown) => {
        if (signal?.aborted) throw error
        return Promise.reject(
          new ApiProblem({ type: "about:blank", title: "The server can't be reached", status: 503 })
        )
      })
  if (!response.ok) throw await fromResponse(response)
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

/** A part of a path: an id or a name that somebody else chose. */
export const segment = (text: string): string => encodeURIComponent(text)

/**
 * A read of the API as a query of the router: asked once a request or page, preloaded on hover, read anew by
 * `revalidate(name)`. Whoever is not signed in any more is led to the sign-in page.
 */
export const read = <Arguments extends Array<unknown>, Answer>(
  name: string,
  fn: (...args: Arguments) => Promise<Answer>
) =>
  query(async (...args: Arguments): Promise<Answer> => {
    try {
      return await fn(...args)
    } catch (error) {
      if (problemOf(error).status !== 401) throw error
      const url = isServer ? new URL(getRequestEvent()!.request.url) : location
      throw redirect(signInPath(url.pathname + url.search))
    }
  }, name)

const searchOf = (parameters: Parameters): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value))
  }
  return search.size === 0 ? "" : `?${search}`
}
