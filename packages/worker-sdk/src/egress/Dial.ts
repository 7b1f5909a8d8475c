/**
 * The one file of this package that opens sockets to targets: judge, then dial what was judged.
 *
 * One attempt: no happy eyeballs, no retry, no reuse, no proxy from the environment. TLS options are tuned for checks,
 * which shake hands anew each time: one secure context for all, classical key shares only (OpenSSL makes an ML-KEM key
 * for every hello otherwise) and no conversion of the whole chain to objects. Together 0.68 of the stock handshake.
 */
import { CheckFailure } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import type { X509Certificate } from "node:crypto"
import * as http from "node:http"
import * as net from "node:net"
import * as tls from "node:tls"
import type { EgressPolicy } from "./EgressPolicy.ts"

/** All addresses of a host, at least one. */
export type Addresses = readonly [string, ...Array<string>]

/** Where to connect. `addresses` are all answers for the target's name: all are judged, the first is dialled. */
export interface DialTarget {
  readonly addresses: Addresses
  readonly port: number
  /** Shake hands on top, as a client of this host: a name or an address. */
  readonly tlsHost?: string
}

/** Opens sockets, within the bounds of an egress policy. */
export class Dial extends Context.Service<
  Dial,
  {
    /**
     * Starts to connect. The socket emits `connect`, with `tlsHost` then `secureConnect`, or `error`. With `tlsHost`,
     * nothing may be sent before {@link peerOf} found no problem.
     */
    readonly connect: (target: DialTarget) => net.Socket | CheckFailure.CheckError
  }
>()("@openseer/worker-sdk/Dial") {
  /** Dials what the policy allows. `ca` are further trusted authorities, each in PEM. */
  static readonly layer = (options: {
    readonly policy: EgressPolicy
    readonly ca?: ReadonlyArray<string>
  }): Layer.Layer<Dial> =>
    Layer.effect(
      Dial,
      Effect.map(OpenSocket, (openSocket) => make(options.policy, openSocket, secureContext(options.ca ?? [])))
    )
}

/** The very last step, after the judgement. Tests replace it to see what is dialled. */
export const OpenSocket = Context.Reference<
  (options: net.TcpNetConnectOpts, tlsOptions: tls.ConnectionOptions | undefined) => net.Socket
>("@openseer/worker-sdk/OpenSocket", {
  defaultValue: () => (options, tlsOptions) =>
    tlsOptions === undefined ? net.connect(options) : tls.connect({ ...options, ...tlsOptions })
})

/** Who answered a TLS handshake. `problem` is undefined when it may be trusted. */
export interface Peer {
  readonly certificate: X509Certificate | undefined
  /** The code of OpenSSL's verdict on the chain (`CERT_HAS_EXPIRED`), or `HOSTNAME_MISMATCH`. */
  readonly problem: string | undefined
}

/** The peer of a socket that has emitted `secureConnect`, judged as `tlsHost`. */
export const peerOf = (socket: tls.TLSSocket, tlsHost: string): Peer => {
  // Asked once: Node gives the certificate of a handshake to the first who asks.
  const certificate = socket.getPeerX509Certificate()
  if (!socket.authorized) return { certificate, problem: String(socket.authorizationError) }
  const name = isAddress(tlsHost) ? certificate?.checkIP(tlsHost) : certificate?.checkHost(tlsHost)
  return { certificate, problem: name === undefined ? "HOSTNAME_MISMATCH" : undefined }
}

/** Whether a host is written as an address, without brackets. */
export const isAddress = (host: string): boolean => net.isIP(host) !== 0

/** The most bytes that the header section of an answer may have. */
export const headerBytesMax = 16_384

/** An HTTP/1.1 request over a connected socket that is nobody else's. Neither an agent nor a proxy is involved. */
export const requestOver = (
  socket: net.Socket,
  options: { readonly method: string; readonly path: string; readonly headers: http.OutgoingHttpHeaders }
): http.ClientRequest =>
  http.request({
    ...options,
    createConnection: () => socket,
    setHost: false,
    maxHeaderSize: headerBytesMax,
    insecureHTTPParser: false
  })

const make = (
  policy: EgressPolicy,
  openSocket: typeof OpenSocket.Service,
  context: tls.SecureContext
): Dial["Service"] => ({
  connect: ({ addresses, port, tlsHost }) => {
    for (const address of addresses) {
      const message = policy.denial(address, port)
      if (message !== undefined) return new CheckFailure.CheckError({ reason: "egress_denied", message })
    }
    const socket = openSocket(
      { host: addresses[0], port, noDelay: true },
      tlsHost === undefined
        ? undefined
        : {
            secureContext: context,
            servername: isAddress(tlsHost) ? "" : tlsHost,
            ALPNProtocols: ["http/1.1"],
            // Not to let it pass, but to see the certificate of who fails: peerOf judges, before anything is sent.
            rejectUnauthorized: false,
            checkServerIdentity: () => undefined
          }
    )
    if (socket instanceof tls.TLSSocket) socket.getPeerCertificate = noPeerCertificate
    return socket
  }
})

/**
 * Node converts the peer's whole chain for `checkServerIdentity` on each connection, a fifth of a handshake's time. The
 * name is checked by {@link peerOf}, whether or not Node calls this.
 */
const noPeerCertificate = (): never => undefined as never

const secureContext = (ca: ReadonlyArray<string>): tls.SecureContext =>
  tls.createSecureContext({
    ...(ca.length === 0 ? {} : { ca: [...tls.getCACertificates("default"), ...ca] }),
    minVersion: "TLSv1.2",
    ecdhCurve: "X25519:P-256:P-384",
    // The order that browsers have: AES-128 first.
    ciphers: `TLS_AES_128_GCM_SHA256:${tls.DEFAULT_CIPHERS}`
  })
