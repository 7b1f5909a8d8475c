/**
 * The one door to targets: judge, then dial what was judged.
 *
 * One attempt: no happy eyeballs, no retry, no reuse, no proxy from the environment. Sockets are handed out before they
 * are connected; what happens to them is told by their events. Of a handshake, Node's conversion of the whole chain to
 * objects is left out; with the options of {@link SecureContexts} it takes 0.68 of the stock time.
 */
import { CheckFailure } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import type { X509Certificate } from "node:crypto"
import * as dgram from "node:dgram"
import * as http from "node:http"
import * as net from "node:net"
import * as tls from "node:tls"
import type { Destination, EgressPolicy, Unresolved } from "./EgressPolicy.ts"
import { canonicalName, isAddress } from "./HostName.ts"
import { type SecureContextOptions, SecureContexts } from "./SecureContexts.ts"

export type { Addresses, Destination, Purpose } from "./EgressPolicy.ts"
export { isAddress } from "./HostName.ts"

/** Where to connect, and as whom. */
export interface DialTarget extends Destination {
  /** Shake hands at once. */
  readonly tls?: TlsOptions
}

/** A handshake. Whatever certificate comes, the socket is open: {@link peerOf} judges it. */
export interface TlsOptions extends SecureContextOptions {
  /** The name to ask for (SNI) and to verify. An address is verified, but not sent. */
  readonly serverName: string
  /** The protocols to offer; none with an empty list. */
  readonly alpn: ReadonlyArray<string>
}

/** Opens sockets, within the bounds of an egress policy. Whatever it denies is an error with reason `egress_denied`. */
export class Dial extends Context.Service<
  Dial,
  {
    /**
     * Starts to connect. The socket emits `connect`, with `tls` then `secureConnect`, or `error`. With `tls`, nothing
     * may be sent before {@link peerOf} found no problem.
     */
    readonly connect: (target: DialTarget) => net.Socket | CheckFailure.CheckError
    /**
     * Starts a handshake over an open socket (STARTTLS, a tunnel through a proxy). Emits `secureConnect` or `error`:
     * options that no context can be made of come as an `error` that is a `CheckError`.
     */
    readonly startTls: (socket: net.Socket, options: TlsOptions) => tls.TLSSocket
    /** A UDP socket that exchanges datagrams with this target only, once it has emitted `connect`. */
    readonly udp: (target: Destination) => dgram.Socket | CheckFailure.CheckError
    /** Starts a program that dials by itself, such as `ping`. It must be told the judged address, never the name. */
    readonly program: (
      target: Destination,
      commandOf: (address: string) => readonly [file: string, ...args: Array<string>]
    ) => ChildProcess | CheckFailure.CheckError
    /** The judgement alone: undefined when the target may be dialled. Of a name that others look up, no address is known. */
    readonly judge: (target: Unresolved) => CheckFailure.CheckError | undefined
  }
>()("@openseer/worker-sdk/Dial") {
  /** Dials what the policy allows. `ca` are further trusted authorities, each in PEM. */
  static readonly layer = (options: {
    readonly policy: EgressPolicy
    readonly ca?: ReadonlyArray<string>
  }): Layer.Layer<Dial> =>
    Layer.effect(
      Dial,
      Effect.map(OpenSocket, (openSocket) => make(options.policy, openSocket, new SecureContexts(options.ca)))
    )
}

/** The very last step, after the judgement: it gets addresses only. */
export interface SocketOpener {
  readonly tcp: (
    options: net.TcpNetConnectOpts & { readonly host: string },
    tlsOptions: tls.ConnectionOptions | undefined
  ) => net.Socket
  readonly udp: (address: string, port: number) => dgram.Socket
  /** `address` is what the program is told to dial. */
  readonly program: (command: readonly [file: string, ...args: Array<string>], address: string) => ChildProcess
}

/** Where systems keep their own programs. */
const programFolders = "/usr/bin:/bin:/usr/sbin:/sbin:/run/wrappers/bin"

/** Tests replace it to see what is dialled. */
export const OpenSocket = Context.Reference<SocketOpener>("@openseer/worker-sdk/OpenSocket", {
  defaultValue: () => ({
    tcp: (options, tlsOptions) =>
      tlsOptions === undefined ? net.connect(options) : tls.connect({ ...options, ...tlsOptions }),
    udp: (address, port) => {
      const socket = dgram.createSocket(net.isIPv6(address) ? "udp6" : "udp4")
      socket.connect(port, address)
      return socket
    },
    program: ([file, ...args]) =>
      spawn(file, args, {
        stdio: ["ignore", "pipe", "pipe"],
        shell: false,
        // Nothing of the worker's own, which may be secret; and English, which can be read.
        env: { PATH: programFolders, LC_ALL: "C" }
      })
  })
})

/** Who answered a TLS handshake. `problem` is undefined when it may be trusted. */
export interface Peer {
  readonly certificate: X509Certificate | undefined
  /** The code of OpenSSL's verdict on the chain (`CERT_HAS_EXPIRED`), or `HOSTNAME_MISMATCH`. */
  readonly problem: string | undefined
}

/** The peer of a socket that has emitted `secureConnect`, judged as `serverName`. */
export const peerOf = (socket: tls.TLSSocket, serverName: string): Peer => {
  // Asked once: Node gives the certificate of a handshake to the first who asks.
  const certificate = socket.getPeerX509Certificate()
  if (!socket.authorized) return { certificate, problem: String(socket.authorizationError) }
  const name = isAddress(serverName)
    ? certificate?.checkIP(serverName)
    : certificate?.checkHost(canonicalName(serverName))
  return { certificate, problem: name === undefined ? "HOSTNAME_MISMATCH" : undefined }
}

/** The most bytes that the header section of an answer may have. */
export const headerBytesMax = 16_384

/** An HTTP/1.1 request over a connected socket that is nobody else's. Neither an agent nor a proxy is involved. */
export const requestOver = (
  socket: net.Socket,
  options: { readonly method: string; readonly path: string; readonly headers: ReadonlyArray<string> }
): http.ClientRequest =>
  http.request({
    ...options,
    createConnection: () => socket,
    setHost: false,
    maxHeaderSize: headerBytesMax,
    insecureHTTPParser: false
  })

const make = (policy: EgressPolicy, open: SocketOpener, contexts: SecureContexts): Dial["Service"] => {
  const judge: Dial["Service"]["judge"] = (target) => {
    const message = target.isOwn === true ? undefined : policy.denial(target)
    return message === undefined ? undefined : new CheckFailure.CheckError({ reason: "egress_denied", message })
  }
  return {
    judge,
    connect: (target) => {
      const denied = judge(target)
      if (denied !== undefined) return denied
      const tlsOptions = target.tls && connectionOptions(contexts, target.tls)
      if (tlsOptions instanceof CheckFailure.CheckError) return tlsOptions
      const socket = open.tcp({ host: target.addresses[0], port: target.port, noDelay: true }, tlsOptions)
      if (socket instanceof tls.TLSSocket) socket.getPeerCertificate = noPeerCertificate
      return socket
    },
    startTls: (socket, options) => {
      const tlsOptions = connectionOptions(contexts, options)
      const isUsable = !(tlsOptions instanceof CheckFailure.CheckError)
      const secured = tls.connect({ socket, ...(isUsable ? tlsOptions : {}) })
      if (!isUsable) secured.destroy(tlsOptions)
      secured.getPeerCertificate = noPeerCertificate
      destroyTogether(socket, secured)
      return secured
    },
    udp: (target) => judge(target) ?? open.udp(target.addresses[0], target.port),
    program: (target, commandOf) => {
      const [address] = target.addresses
      return judge(target) ?? open.program(commandOf(address), address)
    }
  }
}

const connectionOptions = (
  contexts: SecureContexts,
  options: TlsOptions
): tls.ConnectionOptions | CheckFailure.CheckError => {
  try {
    return {
      secureContext: contexts.of(options),
      servername: isAddress(options.serverName) ? "" : canonicalName(options.serverName),
      ...(options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
      // Not to let it pass, but to see the certificate of who fails: peerOf judges, before anything is sent.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined
    }
  } catch (error) {
    // The code alone: OpenSSL's texts are about its own files, and the PEM is the author's secret.
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable"
    const message = `the certificates or the key of the check cannot be used: ${code}`
    return new CheckFailure.CheckError({ reason: "invalid_spec", message })
  }
}

/**
 * Whoever destroys the socket below destroys the one above first. The other way round, Node crashes: segmentation fault
 * of 24.21, when both are destroyed in one turn of the loop.
 */
const destroyTogether = (below: net.Socket, above: tls.TLSSocket): void => {
  const destroy = below.destroy.bind(below)
  below.destroy = (error) => {
    if (above.destroyed) return destroy(error)
    above.destroy(error)
    return below
  }
}

/**
 * Node converts the peer's whole chain for `checkServerIdentity` on each connection, a fifth of a handshake's time. The
 * name is checked by {@link peerOf}, whether or not Node calls this.
 */
const noPeerCertificate = (): never => undefined as never
