/**
 * Where a redirect leads and what is sent there: the rules of RFC 9110 section 15.4, without any IO.
 */

/** One request of a run, on the way from hop to hop. */
export interface HopRequest {
  readonly url: URL
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Buffer | undefined
  /** The body holds a secret of the monitor. */
  readonly hasSecretBody: boolean
  /** False once a redirect has left the origin of the spec's URL, for the rest of the run. */
  readonly isAtHome: boolean
}

/** Whether a status with a `Location` is a redirect. 300, 304 and the reserved ones are answers. */
export const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

/** Where a `Location` leads, as a URL without fragment; undefined when it is none. */
export const targetOf = (from: URL, location: string): URL | undefined => {
  if (!URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  url.hash = ""
  return url
}

/** The request that follows, or a sentence that says why there is none, which quotes what `redact` leaves. */
export const follow = (
  request: HopRequest,
  status: number,
  location: string,
  redact: (text: string) => string
): HopRequest | string => {
  const url = targetOf(request.url, location)
  if (url === undefined) return `${quote(redact(location))} is not a URL`
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `${quote(redact(location))} is not an http or https URL`
  if (url.username !== "" || url.password !== "") return "the URL holds a user name or password"
  if (url.port === "0") return "the URL has port 0"
  const isSameOrigin = url.origin === request.url.origin
  const isAtHome = request.isAtHome && isSameOrigin
  const headers = isSameOrigin ? request.headers : pick(request.headers, harmlessHeaders)
  const becomesGet = status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST"
  if (becomesGet) {
    const own = drop(headers, contentHeaders)
    return { url, method: "GET", headers: own, body: undefined, hasSecretBody: false, isAtHome }
  }
  if (request.hasSecretBody && !isSameOrigin) return "it leads to another origin, which the body's secrets are not for"
  return { ...request, url, headers, isAtHome }
}

/**
 * What another origin may see. A monitor's secrets are in headers of any name (`X-Api-Key`), so that everything else
 * stays behind, not only `Authorization` and `Cookie`.
 */
const harmlessHeaders = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-type",
  "pragma",
  "user-agent"
])

/** What describes a body that is no longer sent. */
const contentHeaders = new Set(["content-type", "content-encoding", "content-language", "content-location"])

const pick = (headers: HopRequest["headers"], names: ReadonlySet<string>): HopRequest["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name)))

const drop = (headers: HopRequest["headers"], names: ReadonlySet<string>): HopRequest["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)))

const quote = (location: string): string =>
  JSON.stringify(location.length <= 100 ? location : `${location.slice(0, 100).toWellFormed()}…`)
