/**
 * Every kind of hostile HTTP target in one list, each with what a check must say of it.
 */
import type { Effect, Schema, Scope } from "effect"
import * as zlib from "node:zlib"
import { type Authority, makeAuthority } from "./Certificates.ts"
import * as HostileTargets from "./HostileTargets.ts"

/**
 * A kind of hostile target: how to start one, and the outcome with its reason of a check that follows up to five
 * redirects and trusts {@link authority}. `assertions` are what the monitor asks for, where that makes the difference.
 */
export interface HostileKind {
  readonly name: string
  readonly start: Effect.Effect<HostileTargets.HostileTarget, never, Scope.Scope>
  readonly expected: string
  readonly assertions?: ReadonlyArray<Schema.Json>
}

/** The authority of the gallery's certificates. */
export const authority: Authority = makeAuthority()

const own = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] })
const hourMs = 3_600_000

const { answering, http, raw } = HostileTargets

const answer = (rest: string | Buffer) =>
  answering(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n"), Buffer.from(rest)]))

const body = (content: string | Buffer, headers: Record<string, string> = {}) =>
  http((_, response) => response.writeHead(200, headers).end(content))

const encoded = (coding: string, content: Buffer) => body(content, { "content-encoding": coding })

const redirect = (location: string) => HostileTargets.redirecting(() => location)

const overTls = (certificate: Parameters<Authority["issue"]>[0], issuer = authority) =>
  http((_, response) => response.end(), issuer.issue(certificate))

const wants = (property: string): ReadonlyArray<Schema.Json> => [
  { source: "json", property, comparison: "equals", expected: 1, severity: "down" }
]

/** All kinds. */
export const all: ReadonlyArray<HostileKind> = [
  // Connections.
  { name: "refuses", start: HostileTargets.refusing, expected: "down connection_refused" },
  { name: "accepts and is silent", start: HostileTargets.silent, expected: "down response_timeout" },
  { name: "closes without an answer", start: answering(""), expected: "down connection_reset" },
  { name: "resets before the answer", start: HostileTargets.resetting("head"), expected: "down connection_reset" },
  { name: "resets in the body", start: HostileTargets.resetting("body"), expected: "down connection_reset" },
  {
    name: "closes its half and goes on listening",
    start: raw((socket) => socket.once("data", () => socket.end())),
    expected: "down connection_reset"
  },
  {
    name: "resets before it is asked",
    start: raw((socket) => socket.resetAndDestroy()),
    expected: "down connection_reset"
  },
  // Protocol.
  { name: "greets as SSH", start: raw((socket) => socket.write("SSH-2.0-x\r\n")), expected: "down protocol_error" },
  { name: "answers noise", start: answering(Buffer.alloc(4_096, 0xfe)), expected: "down protocol_error" },
  { name: "speaks HTTP/0.9", start: answering("<html>hello</html>"), expected: "down protocol_error" },
  { name: "sends a NUL in a header", start: answer("x-nul: a\0b\r\n\r\n"), expected: "down protocol_error" },
  {
    name: "frames its body twice",
    start: answer("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    expected: "down protocol_error"
  },
  {
    name: "names two lengths",
    start: answer("content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
    expected: "down protocol_error"
  },
  {
    name: "sends chunks of a size that is none",
    start: answer("transfer-encoding: chunked\r\n\r\nzz\r\n"),
    expected: "down protocol_error"
  },
  {
    name: "switches protocols unasked",
    start: answering("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    expected: "down protocol_error"
  },
  {
    name: "floods with informational answers",
    start: answering(`${"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(50)}HTTP/1.1 200 OK\r\n\r\n`),
    expected: "down protocol_error"
  },
  {
    name: "sends a second answer behind the first",
    start: answer("content-length: 2\r\n\r\nokHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
    expected: "up"
  },
  {
    name: "sends trailers",
    start: answer("transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: a\r\n\r\n"),
    expected: "up"
  },
  // Headers.
  {
    name: "sends one header of 64 kB",
    start: answer(`x: ${"a".repeat(64_000)}\r\n\r\n`),
    expected: "down headers_too_large"
  },
  {
    name: "sends 20,000 headers",
    start: answer(`${"x: 1\r\n".repeat(20_000)}\r\n`),
    expected: "down headers_too_large"
  },
  {
    name: "sets 1,000 cookies",
    start: answer(`${"set-cookie: session=0123456789\r\n".repeat(1_000)}\r\n`),
    expected: "down headers_too_large"
  },
  {
    name: "redirects to 5 MB",
    start: answering(`HTTP/1.1 302 Found\r\nlocation: /${"a".repeat(5_000_000)}\r\n\r\n`),
    expected: "down headers_too_large"
  },
  { name: "drips its head", start: HostileTargets.dripping("head", 50), expected: "down download_timeout" },
  // Bodies.
  { name: "drips its body", start: HostileTargets.dripping("body", 50), expected: "down download_timeout" },
  { name: "has a body without end", start: HostileTargets.endless, expected: "up" },
  { name: "closes before the body is complete", start: HostileTargets.closingEarly, expected: "down body_incomplete" },
  {
    name: "ends a chunked body early",
    start: answer("transfer-encoding: chunked\r\n\r\n5\r\nhel"),
    expected: "down body_incomplete"
  },
  { name: "sends a bomb of gzip", start: HostileTargets.bomb("gzip"), expected: "up" },
  { name: "sends a bomb of br", start: HostileTargets.bomb("br"), expected: "up" },
  { name: "sends a bomb of zstd", start: HostileTargets.bomb("zstd"), expected: "up" },
  { name: "sends gzip that holds nothing, for ever", start: HostileTargets.hollow, expected: "up" },
  { name: "says gzip and sends text", start: encoded("gzip", Buffer.from("no gzip")), expected: "down decode_failed" },
  {
    name: "cuts its gzip short",
    start: encoded("gzip", zlib.gzipSync(Buffer.alloc(10_000, "a")).subarray(0, 20)),
    expected: "down decode_failed"
  },
  {
    name: "codes its body in a way that nobody knows",
    start: encoded("rot13", Buffer.from("uryyb")),
    assertions: [{ source: "body", comparison: "contains", expected: "hello", severity: "down" }],
    expected: "down decode_failed"
  },
  {
    name: "sends text that is no UTF-8, with NUL and half of a pair",
    start: body(Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00, 0xed, 0xa0, 0x80])),
    assertions: wants("$.a"),
    expected: "down assertion"
  },
  {
    name: "nests JSON a million deep",
    start: body("[".repeat(1_000_000)),
    assertions: wants("$[0]"),
    expected: "down assertion"
  },
  {
    name: "sends JSON with __proto__",
    start: body('{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}'),
    assertions: wants("$.a"),
    expected: "down assertion"
  },
  // Redirects.
  {
    name: "redirects to itself",
    start: HostileTargets.redirecting((path) => `${path}a`),
    expected: "down too_many_redirects"
  },
  { name: "redirects to file:", start: redirect("file:///etc/passwd"), expected: "down redirect_invalid" },
  { name: "redirects to gopher:", start: redirect("gopher://127.0.0.1/"), expected: "down redirect_invalid" },
  { name: "redirects with credentials", start: redirect("http://a:b@127.0.0.1/"), expected: "down redirect_invalid" },
  { name: "redirects to nonsense", start: redirect("http://[::1"), expected: "down redirect_invalid" },
  { name: "redirects inward", start: redirect("http://10.0.0.1/"), expected: "error egress_denied" },
  {
    name: "redirects to the metadata service",
    start: redirect("http://169.254.169.254/"),
    expected: "error egress_denied"
  },
  // TLS.
  {
    name: "leaves the hello unread",
    start: HostileTargets.slowTls({ tlsMs: 60_000, ttfbMs: 0, downloadMs: 0 }, own),
    expected: "down tls_timeout"
  },
  {
    name: "has an expired certificate",
    start: overTls({ addresses: ["127.0.0.1"], validTo: new Date(Date.now() - hourMs) }),
    expected: "down certificate_expired"
  },
  {
    name: "has a certificate for another name",
    start: overTls({ names: ["other.test"] }),
    expected: "down certificate_wrong_name"
  },
  {
    name: "has a certificate of nobody",
    start: overTls({ addresses: ["127.0.0.1"] }, makeAuthority()),
    expected: "down certificate_untrusted"
  },
  {
    name: "speaks TLS 1.1 only",
    start: http((_, response) => response.end(), {
      ...own,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0"
    }),
    expected: "down tls_failed"
  },
  { name: "sends a chain of 10 MB", start: HostileTargets.endlessChain(authority), expected: "down tls_failed" },
  {
    name: "wants a certificate of ours",
    start: http((_, response) => response.end(), { ...own, requestCert: true }),
    expected: "down tls_failed"
  }
]
