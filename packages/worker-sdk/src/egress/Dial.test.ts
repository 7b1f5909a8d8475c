import { assert, describe, it } from "@effect/vitest"
import { CheckFailure } from "@openseer/core"
import { Effect } from "effect"
import * as dgram from "node:dgram"
import { once } from "node:events"
import * as http2 from "node:http2"
import * as net from "node:net"
import * as tls from "node:tls"
import { WebSocketServer } from "ws"
import { type Authority, makeAuthority } from "../testing/Certificates.ts"
import { Dial, type DialTarget, OpenSocket, peerOf, type TlsOptions } from "./Dial.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import { http2Over } from "./Http2Over.ts"
import { SecureContexts } from "./SecureContexts.ts"
import { webSocketOver } from "./WebSocketOver.ts"

const authority = makeAuthority()
const localhost = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })

const open = (ca: ReadonlyArray<string> = [authority.ca]) =>
  Dial.layer({ policy: EgressPolicy.make({ allow: ["127.0.0.0/8"] }), ca })

const target = (port: number, more: Partial<DialTarget> = {}): DialTarget => ({
  host: "localhost",
  addresses: ["127.0.0.1"],
  port,
  purpose: "tcp",
  ...more
})

const inward: DialTarget = target(80, { host: "inward.test", addresses: ["93.184.215.14", "10.0.0.1"] })

const handshake = (more: Partial<TlsOptions> = {}): TlsOptions => ({ serverName: "localhost", alpn: [], ...more })

const isSocket = <A>(opened: A | CheckFailure.CheckError): A => {
  if (opened instanceof CheckFailure.CheckError) throw opened
  return opened
}

const event = (emitter: NodeJS.EventEmitter, name: string) =>
  Effect.promise(async () => (await once(emitter, name)) as ReadonlyArray<unknown>)

/** A server on loopback that ends with the scope. */
const listening = <S extends net.Server>(server: S) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const sockets = new Set<net.Socket>()
      server.on("connection", (socket: net.Socket) => sockets.add(socket.on("error", () => {})))
      server.on("secureConnection", (socket: net.Socket) => socket.on("error", () => {}))
      server.listen(0, "127.0.0.1")
      yield* event(server, "listening")
      return { server, sockets, port: (server.address() as net.AddressInfo).port }
    }),
    ({ server: closing, sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        closing.close()
      })
  )

const errorOf = (socket: net.Socket) => Effect.map(event(socket, "error"), ([error]) => error as NodeJS.ErrnoException)

/** What is wrong with a server whose certificate is from this issuer, for who trusts `ca` besides the usual ones. */
const problemOf = (issuer: Authority, ca: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { port } = yield* listening(tls.createServer(issuer.issue({ names: ["localhost"] })))
    const socket = isSocket((yield* Dial).connect(target(port, { tls: handshake({ ca }) }))) as tls.TLSSocket
    yield* event(socket, "secureConnect")
    const { problem } = peerOf(socket, "localhost")
    socket.destroy()
    return problem
  }).pipe(Effect.provide(open([])))

describe("Dial", () => {
  it.effect("judges by every way out, and opens nothing of what is denied", () =>
    Effect.gen(function* () {
      const dial = yield* Dial
      const results = [
        dial.judge(inward),
        dial.connect(inward),
        dial.connect({ ...inward, tls: handshake() }),
        dial.udp(inward),
        dial.program(inward, (address) => ["ping", address])
      ]
      for (const result of results) {
        assert.instanceOf(result, CheckFailure.CheckError)
        assert.strictEqual((result as CheckFailure.CheckError).reason, "egress_denied")
        assert.include((result as CheckFailure.CheckError).message, "10.0.0.1")
      }
    }).pipe(
      Effect.provide(open()),
      Effect.provideService(OpenSocket, {
        tcp: () => assert.fail("opened"),
        udp: () => assert.fail("opened"),
        program: () => assert.fail("started")
      })
    )
  )

  it.live("exchanges datagrams with the target only", () =>
    Effect.gen(function* () {
      const server = dgram.createSocket("udp4").bind(0, "127.0.0.1")
      yield* event(server, "listening")
      server.on("message", (message, { port }) => server.send(`${message.toString()}!`, port, "127.0.0.1"))
      const socket = isSocket((yield* Dial).udp(target(server.address().port, { purpose: "dns" })))
      yield* event(socket, "connect")
      socket.send("hello")
      const [answer] = yield* event(socket, "message")
      assert.strictEqual(String(answer), "hello!")
      socket.close()
      server.close()
    }).pipe(Effect.provide(open()))
  )

  it.live("starts a program with the judged address", () =>
    Effect.gen(function* () {
      const program = isSocket(
        (yield* Dial).program(target(1, { purpose: "icmp" }), (address) => [
          process.execPath,
          "-e",
          "console.log(process.argv[1])",
          address
        ])
      )
      const [output] = yield* event(program.stdout!, "data")
      assert.strictEqual(String(output).trim(), "127.0.0.1")
    }).pipe(Effect.provide(open()))
  )

  it.live("starts a handshake over an open socket", () =>
    Effect.gen(function* () {
      const { port } = yield* listening(tls.createServer({ ...localhost, ALPNProtocols: ["h2"] }))
      const dial = yield* Dial
      const plain = isSocket(dial.connect(target(port)))
      yield* event(plain, "connect")
      const secured = dial.startTls(plain, handshake({ alpn: ["h2"] }))
      yield* event(secured, "secureConnect")
      assert.isUndefined(peerOf(secured, "localhost").problem)
      assert.strictEqual(secured.alpnProtocol, "h2")
      secured.destroy()
    }).pipe(Effect.provide(open()))
  )

  it.live("presents a client certificate to who asks for one", () =>
    Effect.gen(function* () {
      const server = tls.createServer({ ...localhost, ca: authority.ca, requestCert: true, rejectUnauthorized: true })
      const { port } = yield* listening(server)
      const { cert, key } = authority.issue({ names: ["worker"] })
      const clientCertificate = { certificate: cert, key }
      const socket = isSocket((yield* Dial).connect(target(port, { tls: handshake({ clientCertificate }) })))
      const [accepted] = yield* event(server, "secureConnection")
      assert.isTrue((accepted as tls.TLSSocket).authorized)
      socket.destroy()
    }).pipe(Effect.provide(open()))
  )

  it.live("offers at least the version that is asked for", () =>
    Effect.gen(function* () {
      const { port } = yield* listening(tls.createServer({ ...localhost, maxVersion: "TLSv1.2" }))
      const dial = yield* Dial
      const older = isSocket(dial.connect(target(port, { tls: handshake() }))) as tls.TLSSocket
      yield* event(older, "secureConnect")
      assert.strictEqual(older.getProtocol(), "TLSv1.2")
      older.destroy()
      const newer = isSocket(dial.connect(target(port, { tls: handshake({ minVersion: "TLSv1.3" }) })))
      assert.match((yield* errorOf(newer)).code ?? "", /^ERR_SSL_/)
    }).pipe(Effect.provide(open()))
  )

  it.live("says of certificates that can't be read that the spec is invalid, and quotes none", () =>
    Effect.gen(function* () {
      const dial = yield* Dial
      const tlsOptions = handshake({ clientCertificate: { certificate: "planted", key: "planted" } })
      const refused = dial.connect(target(443, { tls: tlsOptions })) as CheckFailure.CheckError
      assert.strictEqual(refused.reason, "invalid_spec")
      assert.notInclude(refused.message, "planted")
      const error = yield* errorOf(dial.startTls(new net.Socket(), tlsOptions))
      assert.instanceOf(error, CheckFailure.CheckError)
    }).pipe(Effect.provide(open()))
  )

  it.live("trusts further authorities besides the usual ones, not instead of them", () =>
    Effect.gen(function* () {
      const usual = makeAuthority("Usual Authority")
      const own = makeAuthority("Own Authority")
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = tls.getCACertificates("default")
          tls.setDefaultCACertificates([...before, usual.ca])
          return before
        }),
        (before) => Effect.sync(() => tls.setDefaultCACertificates(before))
      )
      assert.isUndefined(yield* problemOf(usual, []))
      assert.isUndefined(yield* problemOf(usual, [own.ca]))
      assert.isUndefined(yield* problemOf(own, [own.ca]))
      assert.isDefined(yield* problemOf(own, []))
    })
  )

  it.live("carries HTTP/2 and WebSocket over its sockets", () =>
    Effect.gen(function* () {
      const dial = yield* Dial
      const server = http2.createSecureServer(localhost)
      server.on("stream", (stream: http2.ServerHttp2Stream, { ":authority": authorityOf }) => stream.end(authorityOf))
      const { port } = yield* listening(server as unknown as net.Server)
      const socket = isSocket(dial.connect(target(port, { purpose: "http", tls: handshake({ alpn: ["h2"] }) })))
      yield* event(socket, "secureConnect")
      const session = http2Over(socket, "https://elsewhere.test")
      const request = session.request({ ":path": "/" })
      const [body] = yield* event(request, "data")
      assert.strictEqual(String(body), "elsewhere.test:443")
      session.destroy()
      yield* event(socket, "close")

      const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" })
      yield* event(sockets, "listening")
      sockets.on("connection", (client, { headers }) => client.send(headers.host ?? ""))
      const plain = isSocket(dial.connect(target((sockets.address() as net.AddressInfo).port, { purpose: "http" })))
      yield* event(plain, "connect")
      const url = new URL("ws://elsewhere.test/chat")
      const client = webSocketOver(plain, url, { subprotocols: [], headers: {}, messageBytesMax: 1_024 })
      const [message] = yield* event(client, "message")
      assert.strictEqual(String(message), "elsewhere.test")
      client.terminate()
      sockets.close()
    }).pipe(Effect.provide(open()))
  )
})

describe("SecureContexts", () => {
  it("makes one context for the same options, however often they are written", () => {
    const contexts = new SecureContexts([authority.ca])
    const { cert, key } = authority.issue({ names: ["worker"] })
    const options = () => ({ ca: [`${authority.ca}`], clientCertificate: { certificate: cert, key } })
    const first = contexts.of(options())
    const again = options()
    for (const same of [options(), again, again]) assert.strictEqual(contexts.of(same), first)
    assert.strictEqual(contexts.of({}), contexts.of({ minVersion: "TLSv1.2", keyExchange: "classical" }))
    for (const other of [{}, { ca: [] }, { ...options(), minVersion: "TLSv1.3" as const }]) {
      assert.notStrictEqual(contexts.of(other), first)
    }
    assert.notStrictEqual(contexts.of({ keyExchange: "hybrid" }), contexts.of({}))
  })

  it("keeps those that were used last, and no more than it may", () => {
    const contexts = new SecureContexts([], 10)
    const { cert, key } = authority.issue({ names: ["worker"] })
    const numbered = (i: number) => ({ clientCertificate: { certificate: cert, key, passphrase: `${i}` } })
    const first = contexts.of(numbered(0))
    for (let i = 1; i <= 20; i++) {
      contexts.of(numbered(i))
      contexts.of(numbered(0))
    }
    assert.strictEqual(contexts.size, 10)
    assert.strictEqual(contexts.of(numbered(0)), first)
  })
})
