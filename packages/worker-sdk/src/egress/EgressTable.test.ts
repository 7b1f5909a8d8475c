/**
 * What an author may write to get a check where it must not go, and what is dialled of it: nothing, or exactly this.
 *
 * Schemas, URLs, resolver, redirects, policy and Dial are the real ones. The last step is replaced by one that notes what
 * it is told to dial and refuses the connection, so that nothing leaves this machine.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  type CheckType,
  DnsCheck,
  GrpcCheck,
  Host,
  IcmpCheck,
  TcpCheck,
  TlsCheck,
  WebSocketCheck
} from "@openseer/core"
import { CheckFailure } from "@openseer/core"
import { Effect, Exit, FileSystem, Layer, Schema, type Scope } from "effect"
import { ChildProcess } from "node:child_process"
import * as dgram from "node:dgram"
import * as net from "node:net"
import * as Executors from "../execute/Executors.ts"
import { httpExecutor } from "../execute/HttpExecutor.ts"
import * as SocketFault from "../execute/SocketFault.ts"
import * as HostileTargets from "../testing/HostileTargets.ts"
import * as NameServer from "../testing/NameServer.ts"
import { Dial, type Destination, OpenSocket } from "./Dial.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import { type Resolved, Resolver } from "./Resolver.ts"

/** A public server that redirects to what its query says. */
const redirector = "93.184.215.99"
const publicAddress = "93.184.215.14"
const publicSix = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

let turns = 0

/** What names resolve to; others do not exist. */
const answers: { readonly [name: string]: () => ReadonlyArray<string> } = {
  "public.test": () => [publicAddress],
  "xn--bcher-kva.test": () => [publicAddress],
  "ss.test": () => [publicAddress],
  "six.test": () => [publicSix],
  "redirector.test": () => [redirector],
  "two.test": () => [publicAddress, "93.184.215.15"],
  "inward.test": () => ["10.0.0.1"],
  "loopback.test": () => ["127.0.0.1"],
  "10.0.0.1.dns.test": () => ["10.0.0.1"],
  "zero.test": () => ["0.0.0.0"],
  "metadata.test": () => ["169.254.169.254"],
  "carrier.test": () => ["100.64.0.1"],
  "broadcast.test": () => ["255.255.255.255"],
  "mixed.test": () => [publicAddress, "10.0.0.1"],
  "mixed-first.test": () => ["10.0.0.1", publicAddress],
  "six-loopback.test": () => ["::1"],
  "six-private.test": () => ["fd00::1"],
  "six-link.test": () => ["fe80::1"],
  "six-mixed.test": () => [publicSix, "::1"],
  "six-mapped.test": () => ["::ffff:a00:1"],
  "six-nat64.test": () => ["64:ff9b::a9fe:a9fe"],
  "six-6to4.test": () => ["2002:7f00:1::1"],
  "six-teredo.test": () => ["2001:0:808:808:0:0:f5ff:fffe"],
  "six-isatap.test": () => ["2606:2800:0:0:0:5efe:a00:1"],
  "many.test": () => Array.from({ length: 60 }, (_, i) => `93.184.0.${i}`),
  "many-mixed.test": () => [...Array.from({ length: 60 }, (_, i) => `93.184.0.${i}`), "10.0.0.1"],
  "rebind.test": () => [turns++ === 0 ? redirector : "10.0.0.1"],
  // Names of metadata services, whatever they resolve to.
  "metadata.google.internal": () => [publicAddress],
  "instance-data": () => [publicAddress],
  "metadata.azure.internal": () => [publicAddress],
  // What the rules of the operator are about.
  "db.corp.example": () => ["10.9.9.9"],
  "evilcorp.example": () => ["10.9.9.9"],
  "metadata.corp.example": () => ["169.254.169.254"],
  "closed.corp.example": () => [publicAddress],
  "www.closed.test": () => [publicAddress]
}

/** The rules of rows that begin with `opened`. */
const rules: EgressPolicy.EgressRules = {
  allow: ["10.1.0.0/16", "192.0.2.0/24:5432", "*.corp.example", "fd00:1::/32", "*:2525"],
  deny: ["10.1.9.0/24", "closed.corp.example", "*.closed.test", "*:6379"]
}

/** `denied`, `invalid` (by the schema of the spec), `no such name`, `bad redirect`, or `dialled` with what. */
type Row = readonly [input: string, verdict: string]

const denied = (...inputs: ReadonlyArray<string>): ReadonlyArray<Row> => inputs.map((input) => [input, "denied"])
const invalid = (...inputs: ReadonlyArray<string>): ReadonlyArray<Row> => inputs.map((input) => [input, "invalid"])

/** Redirects, all of which begin with a connection to a public server. */
const redirected = (verdict: string, ...locations: ReadonlyArray<string>): ReadonlyArray<Row> =>
  locations.map((location) => [
    `http http://redirector.test/?${encodeURIComponent(location)}`,
    `${verdict} dialled ${redirector}:80`
  ])

const table: { readonly [about: string]: ReadonlyArray<Row> } = {
  "addresses written out": denied(
    "http http://127.0.0.1/",
    "http http://127.255.255.254/",
    "http http://0.0.0.0/",
    "http http://0.1.2.3/",
    "http http://10.0.0.1/",
    "http http://172.16.0.1/",
    "http http://172.31.255.255/",
    "http http://192.168.1.1/",
    "http http://100.64.0.1/",
    "http http://169.254.1.1/",
    "http http://192.0.0.8/",
    "http http://192.0.2.1/",
    "http http://192.88.99.1/",
    "http http://198.18.0.1/",
    "http http://198.51.100.1/",
    "http http://203.0.113.1/",
    "http http://224.0.0.1/",
    "http http://240.0.0.1/",
    "http http://255.255.255.255/",
    "https https://10.0.0.1/"
  ),
  "metadata services": denied(
    "http http://169.254.169.254/latest/meta-data/",
    "http http://169.254.170.2/v2/credentials",
    "http http://169.254.170.23/v1/credentials",
    "http http://168.63.129.16/machine",
    "http http://100.100.100.200/latest/meta-data/",
    "http http://192.0.0.192/latest/",
    "http http://[fd00:ec2::254]/latest/meta-data/",
    "http http://[fd20:ce::254]/computeMetadata/v1/",
    "http http://[fd00:c1::a9fe:a9fe]/opc/v2/",
    "http http://2852039166/latest/meta-data/",
    "http http://0xa9fea9fe/",
    "http http://0251.0376.0251.0376/",
    "http http://[::ffff:a9fe:a9fe]/",
    "http http://metadata.google.internal/computeMetadata/v1/",
    "http http://METADATA.google.internal./",
    "http http://instance-data/latest/",
    "http http://metadata.azure.internal/",
    "tcp metadata.google.internal 80",
    "http http://metadata.test/",
    "tcp 169.254.169.254 80",
    "grpc 169.254.169.254 80",
    "websocket ws://169.254.169.254/",
    "dns 169.254.169.254 53",
    "icmp 169.254.169.254",
    "tls 169.254.169.254 443"
  ),
  "spellings of loopback in a URL": denied(
    "http http://2130706433/",
    "http http://017700000001/",
    "http http://0x7f000001/",
    "http http://0X7F000001/",
    "http http://0x7f.1/",
    "http http://0x7f.0x0.0x0.0x1/",
    "http http://0177.0.0.1/",
    "http http://0177.0.0.01/",
    "http http://00000177.0.0.1/",
    "http http://127.1/",
    "http http://127.0.1/",
    "http http://127.0x1/",
    "http http://127.65535/",
    "http http://127.0.0.0x/",
    "http http://0/",
    "http http://0x0/",
    "http http://127.0.0.1./",
    "http http://127.1./",
    "http http://１２７.０.０.１/",
    "http http://①②⑦.⓪.⓪.①/",
    "http http://127。0。0。1/",
    "http http://127．0．0．1/",
    "http http://127｡0｡0｡1/",
    "http http://%31%32%37.0.0.1/",
    "http http://127%2e0%2e0%2e1/",
    "http http://127.0.0.1:8080/",
    "http http://127.0.0.1:080/",
    "http HTTP://127.0.0.1/",
    "http http:127.0.0.1/",
    "http http:/127.0.0.1/",
    "http http:///127.0.0.1/",
    "http http:\\\\127.0.0.1\\",
    "http http:///////127.0.0.1/",
    "http http://12\t7.0.0.1/",
    "http http://127.0.0.1\n/",
    "http \u0000 http://127.0.0.1/"
  ),
  localhost: denied(
    "http http://localhost/",
    "http http://LOCALHOST/",
    "http http://localhost./",
    "http http://ｌｏｃａｌｈｏｓｔ/",
    "http http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http http://loc\u00adalhost/",
    "http http://app.localhost/",
    "http http://a.b.localhost./",
    "http http://my-machine.test/",
    "http https://localhost:8443/",
    "tcp localhost 6379",
    "tcp LocalHost. 6379",
    "tcp x.localhost 6379",
    "icmp localhost",
    "grpc localhost 443",
    "tls localhost 443",
    "dns localhost 53",
    "websocket wss://localhost/",
    "websocket ws://127.1/"
  ),
  "IPv6 addresses": denied(
    "http http://[::1]/",
    "http http://[::]/",
    "http http://[0:0:0:0:0:0:0:1]/",
    "http http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http http://[::127.0.0.1]/",
    "http http://[::ffff:127.0.0.1]/",
    "http http://[::ffff:7f00:1]/",
    "http http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http http://[::FFFF:10.0.0.1]/",
    "http http://[::ffff:0:10.0.0.1]/",
    "http http://[64:ff9b::10.0.0.1]/",
    "http http://[64:ff9b::7f00:1]/",
    "http http://[64:ff9b:1::a00:1]/",
    "http http://[2002:7f00:1::]/",
    "http http://[2002:a00:1::1]/",
    "http http://[2001:0:808:808::f5ff:fffe]/",
    "http http://[2001:0:a00:1::f7f7:f7f7]/",
    "http http://[2606:2800::5efe:10.0.0.1]/",
    "http http://[2606:2800::200:5efe:127.0.0.1]/",
    "http http://[fc00::1]/",
    "http http://[fd12:3456:789a::1]/",
    "http http://[fe80::1]/",
    "http http://[fec0::1]/",
    "http http://[ff02::1]/",
    "http http://[100::1]/",
    "http http://[100:0:0:1::1]/",
    "http http://[2001:db8::1]/",
    "http http://[2001:2::1]/",
    "http http://[2001:10::1]/",
    "http http://[3fff::1]/",
    "http http://[5f00::1]/",
    "http http://[4000::1]/",
    "tcp ::1 6379",
    "tcp ::ffff:127.0.0.1 6379",
    "tcp 0:0:0:0:0:ffff:7f00:1 6379",
    "tcp fd00::1 5432",
    "icmp fe80::1",
    "dns ::1 53",
    "grpc 64:ff9b::a00:1 443"
  ),
  "names that resolve inward": denied(
    "http http://inward.test/",
    "http http://loopback.test/",
    "http http://10.0.0.1.dns.test/",
    "http http://zero.test/",
    "http http://carrier.test/",
    "http http://broadcast.test/",
    "http http://mixed.test/",
    "http http://mixed-first.test/",
    "http http://many-mixed.test/",
    "http http://six-loopback.test/",
    "http http://six-private.test/",
    "http http://six-link.test/",
    "http http://six-mixed.test/",
    "http http://six-mapped.test/",
    "http http://six-nat64.test/",
    "http http://six-6to4.test/",
    "http http://six-teredo.test/",
    "http http://six-isatap.test/",
    "tcp inward.test 5432",
    "tcp mixed.test 5432",
    "tcp six-private.test 5432",
    "tls inward.test 443",
    "grpc mixed.test 443",
    "websocket wss://inward.test/",
    "websocket ws://mixed-first.test/",
    "dns inward.test 53",
    "icmp loopback.test",
    "icmp mixed.test"
  ),
  "what is hidden around the host": [
    ...denied("http http://127.0.0.1/?@public.test/", "http http://127.0.0.1\\@public.test/"),
    ...invalid(
      "http http://public.test@127.0.0.1/",
      "http http://public.test:80@127.0.0.1/",
      "http http://public.test%2f@127.0.0.1/",
      "http http://user:pass@public.test/",
      "http http://@/",
      "http http://public.test:80:80/",
      "http http://127.0.0.1#@public.test/",
      "http http://public.test#@127.0.0.1/",
      "websocket ws://public.test@127.0.0.1/",
      "tcp public.test@127.0.0.1 80",
      "tcp 127.0.0.1/public.test 80",
      "tcp 127.0.0.1#public.test 80",
      "tcp 127.0.0.1?public.test 80",
      "tcp 127.0.0.1\\public.test 80",
      "tcp http://127.0.0.1 80"
    ),
    ["http http://public.test/@127.0.0.1/", `dialled ${publicAddress}:80`],
    ["http http://public.test\\@127.0.0.1/", `dialled ${publicAddress}:80`],
    ["http http://public.test/?http://127.0.0.1/", `dialled ${publicAddress}:80`]
  ],
  "what is no target at all": invalid(
    "http http://",
    "http http:///",
    "http http://:80/",
    "http http://a b/",
    "http http://[::1/",
    "http http://[fe80::1%25eth0]/",
    "http http://[fe80::1%eth0]/",
    "http http://[::ffff:127.0.0.1.]/",
    "http http://256.0.0.1/",
    "http http://127.0.0.1.1/",
    "http http://1.2.3.4.5/",
    "http http://0x100000000/",
    "http http://4294967296/",
    "http http://09.0.0.1/",
    "http http://public.test:65536/",
    "http http://public.test:-1/",
    "http http://public.test:0/",
    "http http://public.test:http/",
    "http //127.0.0.1/",
    "http 127.0.0.1",
    "http file:///etc/passwd",
    "http gopher://127.0.0.1:6379/_INFO",
    "http ftp://127.0.0.1/",
    "http ws://127.0.0.1/",
    "http javascript:alert(1)",
    "http data:text/plain,x",
    "http unix:/var/run/docker.sock",
    "websocket http://127.0.0.1/"
  ),
  "what is no host of a check that takes one": invalid(
    "tcp 127.1 80",
    "tcp 2130706433 80",
    "tcp 0x7f000001 80",
    "tcp 0x7f.1 80",
    "tcp 0177.0.0.1 80",
    "tcp 127.0.0.1. 80",
    "tcp １２７.０.０.１ 80",
    "tcp 127。0。0。1 80",
    "tcp [::1] 80",
    "tcp fe80::1%eth0 80",
    "tcp ::1%lo 80",
    "tcp 127.0.0.1:80 80",
    "tcp public.test 0",
    "tcp public.test 65536",
    "tls 2130706433 443",
    "grpc 127.1 443",
    "icmp 127.1",
    "dns 0x7f.1 53"
  ),
  "redirects inward": redirected(
    "denied",
    "http://127.0.0.1/",
    "http://localhost:6379/",
    "//127.0.0.1/",
    "//2130706433",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://inward.test/",
    "http://mixed.test/",
    "https://10.0.0.1/",
    "http:\\\\10.0.0.1\\",
    "\\\\10.0.0.1",
    "http://%EF%BC%91%EF%BC%92%EF%BC%97.%30.0.1/",
    "http://redirector.test:22/",
    "http://metadata.google.internal/"
  ),
  "redirects to what is no target": redirected(
    "bad redirect",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "http://user:pass@public.test/",
    "http://public.test@127.0.0.1/",
    "http://",
    "http://256.256.256.256/",
    "http://public.test:65536/"
  ),
  "a name that moves inward between two hops": [
    ["http http://rebind.test/?%2Fagain", `denied dialled ${redirector}:80`]
  ],
  ports: [
    ...denied(
      "http http://public.test:22/",
      "http http://public.test:25/",
      "http http://public.test:53/",
      "http http://public.test:587/",
      "http http://public.test:6667/",
      "http https://public.test:10080/",
      "websocket ws://public.test:25/",
      "grpc public.test 25"
    ),
    ["tcp public.test 22", `dialled ${publicAddress}:22`],
    ["tcp public.test 25", `dialled ${publicAddress}:25`],
    ["tls public.test 993", `dialled ${publicAddress}:993`]
  ],
  "rules of the operator": [
    ...denied(
      "opened http http://10.2.0.1/",
      "opened http http://10.1.9.1/",
      "opened http http://192.0.2.1/",
      "opened http http://127.0.0.1/",
      "opened http http://closed.corp.example/",
      "opened http http://www.closed.test/",
      "opened http http://evilcorp.example/",
      "opened http http://metadata.corp.example/",
      "opened http http://inward.test/",
      "opened http http://[64:ff9b::a01:901]/",
      "opened tcp 10.1.2.3 6379",
      "opened tcp public.test 6379",
      "opened tcp 169.254.169.254 2525",
      "opened tcp fd00:2::1 80"
    ),
    ["opened http http://10.1.2.3/", "dialled 10.1.2.3:80"],
    ["opened http http://10.1.2.3:22/", "dialled 10.1.2.3:22"],
    ["opened http http://[::ffff:10.1.2.3]/", "dialled ::ffff:a01:203:80"],
    ["opened http http://0x0a010203/", "dialled 10.1.2.3:80"],
    ["opened tcp 192.0.2.1 5432", "dialled 192.0.2.1:5432"],
    ["opened http http://db.corp.example:8080/", "dialled 10.9.9.9:8080"],
    ["opened http http://DB.corp.example./", "dialled 10.9.9.9:80"],
    ["opened tcp fd00:1::5 5432", "dialled fd00:1::5:5432"],
    ["opened tcp 127.0.0.1 2525", "dialled 127.0.0.1:2525"]
  ],
  "what may be dialled": [
    ["http http://public.test/", `dialled ${publicAddress}:80`],
    ["http https://public.test/", `dialled ${publicAddress}:443`],
    ["http http://PUBLIC.test./", `dialled ${publicAddress}:80`],
    ["http http://public.test:8080/", `dialled ${publicAddress}:8080`],
    ["http http://bücher.test/", `dialled ${publicAddress}:80`],
    ["http http://xn--bcher-kva.test/", `dialled ${publicAddress}:80`],
    ["http http://93.184.215.14/", `dialled ${publicAddress}:80`],
    ["http http://0x5db8d70e/", `dialled ${publicAddress}:80`],
    ["http http://six.test/", `dialled ${publicSix}:80`],
    ["http http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", `dialled ${publicSix}:80`],
    ["http http://[64:ff9b::808:808]/", "dialled 64:ff9b::808:808:80"],
    ["tcp public.test 5432", `dialled ${publicAddress}:5432`],
    ["tls public.test 443", `dialled ${publicAddress}:443`],
    ["grpc public.test 443", `dialled ${publicAddress}:443`],
    ["websocket wss://public.test/chat", `dialled ${publicAddress}:443`],
    ["dns public.test 53", `dialled udp ${publicAddress}:53`],
    ["icmp public.test", `dialled ping ${publicAddress}`],
    ["icmp six.test", `dialled ping ${publicSix}`],
    ["http http://gone.test/", "no such name"],
    ["http http://./../", "no such name"],
    ["tcp gone.test 80", "no such name"],
    ...redirected("", `http://public.test/`).map(([input, verdict]): Row => [
      input,
      `${verdict.trim()}, ${publicAddress}:80`
    ])
  ]
}

/** Notes what is dialled, and refuses it; the redirector alone answers, from this machine. */
const seam = (dialled: Array<string>, redirectorPort: number) =>
  Layer.succeed(OpenSocket, {
    tcp: ({ host, port }) => {
      dialled.push(`${host}:${port}`)
      if (host === redirector) return net.connect(redirectorPort, "127.0.0.1")
      const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" })
      return new net.Socket().destroy(refused)
    },
    udp: (address, port) => {
      dialled.push(`udp ${address}:${port}`)
      return dgram.createSocket("udp4").unref()
    },
    program: ([file], address) => {
      dialled.push(`${file} ${address}`)
      return new ChildProcess()
    }
  })

const hosts = "127.0.0.1 my-machine.test\n10.0.0.5 another.test\n"

/** As executors do it: the spec's host, all its addresses, a judgement, and the first address. */
const aim = (
  checkType: CheckType.Any,
  spec: unknown,
  target: (spec: never) => Pick<Destination, "host" | "port" | "purpose">,
  dialWith: (dial: Dial["Service"], destination: Destination) => unknown
) =>
  Effect.gen(function* () {
    const decoded = Schema.decodeUnknownExit(checkType.spec)(spec)
    if (Exit.isFailure(decoded)) return "invalid_spec"
    const { host: written, ...rest } = target(decoded.value as never)
    const host = Host.toAscii(written)
    const resolver = yield* Resolver
    const dial = yield* Dial
    const resolved =
      resolver.known(host) ??
      (yield* Effect.callback<Resolved>((resume) =>
        resolver.query(host, "any", (answer) => resume(Effect.succeed(answer)))
      ))
    if ("code" in resolved) return SocketFault.ofLookup(host, resolved.code).reason
    const opened = dialWith(dial, { host, addresses: resolved, ...rest })
    if (opened instanceof CheckFailure.CheckError) return opened.reason
    if (opened instanceof net.Socket) opened.on("error", () => {})
    if (opened instanceof dgram.Socket) opened.close()
    return "connection_refused"
  })

type HostSpec = { readonly host: string; readonly port: number }

const connect = (dial: Dial["Service"], destination: Destination) => dial.connect(destination)

/** What becomes of an input, as a reason. */
const outcomeOf = (kind: string, rest: string) => {
  const [host = "", port] = rest.split(" ")
  const hostSpec = { host, port: Number(port) }
  const aimAt = (checkType: CheckType.Any, purpose: EgressPolicy.Purpose) =>
    aim(checkType, hostSpec, (spec: HostSpec) => ({ host: spec.host, port: spec.port, purpose }), connect)
  switch (kind) {
    case "tcp":
      return aimAt(TcpCheck.TcpCheck, "tcp")
    case "tls":
      return aimAt(TlsCheck.TlsCheck, "tcp")
    case "grpc":
      return aimAt(GrpcCheck.GrpcCheck, "http")
    case "dns":
      return aim(
        DnsCheck.DnsCheck,
        { name: "example.com", server: hostSpec },
        (spec: DnsCheck.DnsSpec) => ({ ...spec.server!, purpose: "dns" }),
        (dial, destination) => dial.udp(destination)
      )
    case "icmp":
      return aim(
        IcmpCheck.IcmpCheck,
        { host },
        (spec: IcmpCheck.IcmpSpec) => ({ host: spec.host, port: 1, purpose: "icmp" }),
        (dial, destination) => dial.program(destination, (address) => ["ping", address])
      )
    case "websocket":
      return aim(
        WebSocketCheck.WebSocketCheck,
        { url: rest },
        (spec: WebSocketCheck.WebSocketSpec) => {
          const { hostname, port: urlPort, protocol } = new URL(spec.url)
          const byDefault = protocol === "wss:" ? 443 : 80
          return {
            host: hostname.replace(/^\[|\]$/g, ""),
            port: urlPort === "" ? byDefault : Number(urlPort),
            purpose: "http"
          }
        },
        connect
      )
    default:
      return Executors.make([httpExecutor]).pipe(
        Effect.flatMap(({ prepare }) =>
          prepare(
            { kind: "http", version: 1 },
            { spec: { url: rest, redirectsMax: 5 } as never, assertions: [], timeoutMs: 5_000 }
          )
        ),
        Effect.map(({ reason }) => reason ?? "up")
      )
  }
}

const words: { readonly [reason: string]: string } = {
  egress_denied: "denied",
  invalid_spec: "invalid",
  dns_not_found: "no such name",
  redirect_invalid: "bad redirect",
  connection_refused: ""
}

/** The verdict on one row's input, in the words of the table. */
const verdictOn = (
  input: string,
  names: NameServer.NameServer,
  redirectorPort: number
): Effect.Effect<string, never, Scope.Scope> => {
  const isOpened = input.startsWith("opened ")
  const [, kind = "", rest = ""] = /^(\w+) ([^]*)$/.exec(input.replace(/^opened /, "")) ?? []
  const dialled: Array<string> = []
  const egress = Layer.merge(
    Dial.layer({ policy: EgressPolicy.make(isOpened ? rules : {}) }).pipe(Layer.provide(seam(dialled, redirectorPort))),
    Resolver.layer({ servers: [names.address] }).pipe(
      Layer.provide(FileSystem.layerNoop({ readFileString: () => Effect.succeed(hosts) }))
    )
  )
  return outcomeOf(kind, rest).pipe(
    Effect.provide(egress),
    Effect.map((reason) =>
      [words[reason] ?? reason, ...(dialled.length === 0 ? [] : [`dialled ${dialled.join(", ")}`])].join(" ").trim()
    )
  )
}

const rowsMin = 150
const rows = Object.values(table).flat()

describe("the egress table", () => {
  it.live.each(Object.entries(table))("%s", ([, ownRows]) =>
    Effect.gen(function* () {
      turns = 0
      const names = yield* NameServer.make((name) => {
        const addresses = answers[name.toLowerCase()]
        return addresses === undefined ? "nxdomain" : { addresses: addresses() }
      })
      const server = yield* HostileTargets.redirecting((path) => decodeURIComponent(path.slice(path.indexOf("?") + 1)))
      const verdicts = yield* Effect.forEach(
        ownRows,
        ([input]) => Effect.map(verdictOn(input, names, server.port), (verdict) => [input, verdict]),
        { concurrency: 8 }
      )
      assert.deepStrictEqual(
        verdicts,
        ownRows.map(([input, verdict]) => [input, verdict])
      )
    })
  )

  it(`has ${rows.length} rows, at least ${rowsMin}, and none twice`, () => {
    assert.isAtLeast(new Set(rows.map(([input]) => input)).size, rowsMin)
    assert.strictEqual(new Set(rows.map(([input]) => input)).size, rows.length)
  })
})
