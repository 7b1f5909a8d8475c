/**
 * What `openseer-worker check` is told to check, as people write it: one line that begins with the kind of check.
 */
import type { Schema } from "effect"

/** A kind of check and the beginning of its spec. */
export interface CheckTarget {
  readonly kind: string
  readonly spec: { readonly [field: string]: Schema.Json }
}

/** What a target may look like, for the help and for who wrote another. */
export const forms: ReadonlyArray<string> = [
  "https://example.com/health",
  "tcp://db.example.com:5432",
  "tls://example.com",
  "dns:example.com?type=MX",
  "dns://192.0.2.53/example.com",
  "ping:example.com",
  "wss://example.com/stream",
  "grpcs://example.com:443/package.Service"
]

/** Undefined when the text has none of the {@link forms}. Whether the spec is good is for its check type to say. */
export const parse = (text: string): CheckTarget | undefined => {
  const scheme = /^([a-z]+):/i.exec(text)?.[1]?.toLowerCase()
  const url = URL.canParse(text) ? new URL(text) : undefined
  switch (scheme) {
    case "http":
    case "https":
      return { kind: "http", spec: { url: text } }
    case "ws":
    case "wss":
      return { kind: "websocket", spec: { url: text } }
    case "tcp":
    case "tls":
      return url === undefined ? undefined : { kind: scheme, spec: hostAndPort(url) }
    case "grpc":
    case "grpcs":
      return url === undefined
        ? undefined
        : {
            kind: "grpc",
            spec: {
              ...hostAndPort(url),
              service: decodeURIComponent(url.pathname.slice(1)),
              encryption: scheme === "grpcs" ? "tls" : "none"
            }
          }
    case "ping":
    case "icmp":
      return { kind: "icmp", spec: { host: bare(text.slice(scheme.length + 1).replace(/^\/\//, "")) } }
    case "dns":
      return url === undefined ? undefined : { kind: "dns", spec: questionOf(url) }
    default:
      return undefined
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, "")

const hostAndPort = ({ hostname, port }: URL): CheckTarget["spec"] => ({
  host: bare(hostname),
  ...(port === "" ? {} : { port: Number(port) })
})

/** RFC 4501: `dns:name?type=…`, or `dns://server/name?type=…`. */
const questionOf = (url: URL): CheckTarget["spec"] => {
  const type = url.searchParams.get("type")
  return {
    name: decodeURIComponent(url.pathname.replace(/^\//, "")),
    ...(type === null ? {} : { type: type.toUpperCase() }),
    ...(url.hostname === "" ? {} : { server: hostAndPort(url) })
  }
}
