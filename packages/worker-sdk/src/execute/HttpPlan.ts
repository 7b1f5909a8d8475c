/**
 * What an `http` spec comes to, worked out once a spec and not once a run: URLs, header fields, bodies and TLS options.
 */
import { type Host, type HttpCheck, HttpHeaders, Secret, TlsSettings } from "@openseer/core"
import type { TlsOptions } from "../egress/Dial.ts"
import { version } from "../Version.ts"
import type { HopRequest } from "./Redirect.ts"
import * as TlsHandshake from "./TlsHandshake.ts"

/** Where a connection goes. */
export interface Endpoint {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** Undefined without TLS. */
  readonly tls: TlsOptions | undefined
}

/** One request and where it is sent. */
export interface HopPlan extends Endpoint {
  readonly request: HopRequest
  readonly path: string
  /** Names and values in turn, as they are sent with HTTP/1.1. */
  readonly rawHeaders: ReadonlyArray<string>
}

/** A proxy, and what it is told. */
export interface ProxyPlan extends Endpoint {
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined
}

/** All that runs of one spec have in common. */
export interface HttpPlan {
  readonly first: HopPlan
  readonly proxy: ProxyPlan | undefined
  readonly verify: TlsSettings.TlsSettings["verify"]
  readonly httpVersion: HttpCheck.HttpSpec["httpVersion"]
  readonly ipFamily: Host.IpFamily
  readonly redirectsMax: number
  readonly bodyBytesMax: number
  readonly phaseTimeoutsMs: HttpCheck.PhaseTimeouts | undefined
  /** The plan of a further hop. */
  readonly hop: (request: HopRequest) => HopPlan
}

/** The plan of a spec; the same one for the same object. */
export const of = (spec: HttpCheck.HttpSpec): HttpPlan => {
  const known = plans.get(spec)
  if (known !== undefined) return known
  const plan = make(spec)
  plans.set(spec, plan)
  return plan
}

const plans = new WeakMap<HttpCheck.HttpSpec, HttpPlan>()

const make = (spec: HttpCheck.HttpSpec): HttpPlan => {
  const { proxy, tls = TlsSettings.tlsDefault } = spec
  const home = new URL(spec.url).hostname
  const hop = (request: HopRequest): HopPlan => hopOf(request, (host) => tlsOf(spec, tls, host, request, home))
  return {
    first: hop(firstRequest(spec)),
    proxy: proxy && proxyOf(proxy, tls),
    verify: tls.verify,
    httpVersion: spec.httpVersion,
    ipFamily: spec.ipFamily,
    redirectsMax: spec.redirectsMax,
    bodyBytesMax: spec.bodyBytesMax,
    phaseTimeoutsMs: spec.phaseTimeoutsMs,
    hop
  }
}

const hopOf = (request: HopRequest, tlsOptions: (host: string) => TlsOptions): HopPlan => {
  const { body, headers, method, url } = request
  const isTls = url.protocol === "https:"
  const host = hostOf(url)
  const rawHeaders = ["host", url.host]
  for (const [name, value] of Object.entries(headers)) rawHeaders.push(name, value)
  // The length of a body, or of the one that a method would be expected to have (RFC 9110 section 8.6).
  if (body !== undefined) rawHeaders.push("content-length", String(body.length))
  else if (method === "POST" || method === "PUT" || method === "PATCH") rawHeaders.push("content-length", "0")
  rawHeaders.push("connection", "close")
  return {
    request,
    host,
    port: portOf(url),
    tls: isTls ? tlsOptions(host) : undefined,
    path: url.pathname + url.search,
    rawHeaders
  }
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "")

const portOf = ({ port, protocol }: URL): number => (port === "" ? (protocol === "https:" ? 443 : 80) : Number(port))

/** Without an offer, servers speak HTTP/1.1: it need not be asked for. */
const alpn = { "1.1": [], "2": ["h2"], auto: ["h2", "http/1.1"] } as const

/** A server name of the spec's own is for the spec's host; a certificate of ours for the spec's origin. */
const tlsOf = (
  { httpVersion }: HttpCheck.HttpSpec,
  tls: TlsSettings.TlsSettings,
  host: string,
  { isAtHome, url }: HopRequest,
  home: string
): TlsOptions => {
  const { clientCertificate, serverName } = tls
  return {
    serverName: serverName !== undefined && url.hostname === home ? serverName : host,
    alpn: alpn[httpVersion],
    ...trustOf(tls),
    ...(clientCertificate === undefined || !isAtHome
      ? {}
      : { clientCertificate: TlsHandshake.revealed(clientCertificate) })
  }
}

const trustOf = ({ ca, keyExchange, minVersion }: TlsSettings.TlsSettings) => ({
  ...(ca === undefined ? {} : { ca: [ca] }),
  minVersion,
  keyExchange
})

const proxyOf = ({ auth, url: text }: HttpCheck.HttpProxy, tls: TlsSettings.TlsSettings): ProxyPlan => {
  const url = new URL(text)
  const host = hostOf(url)
  return {
    host,
    port: portOf(url),
    tls: url.protocol === "https:" ? { serverName: host, alpn: [], ...trustOf(tls) } : undefined,
    authorization: auth && HttpHeaders.authorization({ basic: auth })
  }
}

const firstRequest = ({ auth, body, compression, headers, method, url }: HttpCheck.HttpSpec): HopRequest => {
  const content = body === undefined ? undefined : contentOf(body)
  return {
    url: new URL(url),
    method,
    headers: {
      "user-agent": `OpenSeer/${version}`,
      accept: "*/*",
      "accept-encoding": compression ? "gzip, deflate, br, zstd" : "identity",
      ...(content?.type === undefined ? {} : { "content-type": content.type }),
      ...(auth === undefined ? {} : { authorization: HttpHeaders.authorization(auth) }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Secret.reveal(value)]))
    },
    body: content && Buffer.from(content.text),
    hasSecretBody: content?.isSecret ?? false,
    isAtHome: true
  }
}

interface RequestContent {
  readonly text: string
  readonly type?: string
  readonly isSecret: boolean
}

const contentOf = (body: HttpCheck.HttpBody): RequestContent => {
  if (typeof body === "string") return { text: body, isSecret: false }
  if ("secret" in body) return { text: Secret.reveal(body), isSecret: true }
  if ("json" in body) return { text: JSON.stringify(body.json), type: "application/json", isSecret: false }
  const fields = Object.entries(body.form)
  return {
    text: new URLSearchParams(fields.map(([name, value]) => [name, Secret.reveal(value)])).toString(),
    type: "application/x-www-form-urlencoded",
    isSecret: fields.some(([, value]) => typeof value !== "string")
  }
}
