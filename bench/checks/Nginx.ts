/**
 * The target: one nginx worker on loopback that answers 1 KB, over HTTP and TLS 1.3 with an authority of our own.
 *
 * It listens on many ports, each a destination of its own: 28,000 ephemeral ports that stay in TIME_WAIT for a minute are
 * soon used up against a single one, and a destination with one connection at a time tells its packets apart.
 */
import { Certificates } from "@openseer/worker-sdk/testing"
import { existsSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { type Core, findProgram, start } from "./Leftovers.ts"

/** The bytes of each answer's body. */
export const bodyBytes = 1_024

/** Which of the two kinds of target. */
export type Scheme = "http" | "https"

/** A running nginx. Certificates are issued for the address 127.0.0.1. */
export interface Nginx {
  readonly urls: Readonly<Record<Scheme, ReadonlyArray<string>>>
  /** The first and the last port of both schemes. */
  readonly ports: readonly [number, number]
  /** The authority's certificate, in PEM, and the file that it stands in. */
  readonly ca: string
  readonly caFile: string
}

/** What to install where it is missing. */
export const missing = "nginx is not installed: apt install nginx-light"

const echoModule = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

/** Whether nginx can wait before it answers: Debian's nginx-light brings the module. */
export const canDelay = existsSync(echoModule)

/** Starts nginx in a folder, with this many ports a scheme; each answer waits for `delayMs`. */
export const startNginx = async (options: {
  readonly folder: string
  readonly core: Core
  readonly portsEach: number
  readonly delayMs?: number
}): Promise<Nginx> => {
  const program = findProgram("nginx")
  if (program === undefined) throw new Error(missing)
  const { folder, portsEach } = options
  const authority = Certificates.makeAuthority()
  const pair = authority.issue({ addresses: ["127.0.0.1"], names: ["localhost"] })
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, authority.ca)
  writeFileSync(join(folder, "cert.pem"), pair.cert)
  writeFileSync(join(folder, "key.pem"), pair.key, { mode: 0o600 })
  const delayMs = canDelay ? (options.delayMs ?? 0) : 0
  const first = await freePorts(2 * portsEach)
  const range = (from: number) => Array.from({ length: portsEach }, (_, index) => from + index)
  const [httpPorts, httpsPorts] = [range(first), range(first + portsEach)]
  const body = "a".repeat(bodyBytes)
  const answer = delayMs === 0 ? `return 200 "${body}";` : `echo_sleep ${delayMs / 1_000}; echo -n "${body}";`
  const server = (ports: ReadonlyArray<number>, tls: string) => `server {
    ${ports.map((port) => `listen 127.0.0.1:${port}${tls};`).join("\n    ")}
    location / { default_type text/plain; ${answer} }
  }`
  writeFileSync(
    join(folder, "nginx.conf"),
    `${delayMs === 0 ? "" : `load_module ${echoModule};`}
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr error;
events { worker_connections 16384; multi_accept on; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`).join(" ")}
  ssl_certificate cert.pem;
  ssl_certificate_key key.pem;
  ssl_protocols TLSv1.3;
  ssl_session_tickets off;
  ssl_session_cache off;
  ssl_ecdh_curve X25519:prime256v1;
  ${server(httpPorts, "")}
  ${server(httpsPorts, " ssl")}
}
`
  )
  const child = start(options.core, program, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"])
  let output = ""
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const deadline = performance.now() + 10_000
  while (!(await accepts(first))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`nginx did not start: ${output}`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return {
    urls: { http: urlsOf("http", httpPorts), https: urlsOf("https", httpsPorts) },
    ports: [first, first + 2 * portsEach - 1],
    ca: authority.ca,
    caFile
  }
}

const urlsOf = (scheme: Scheme, ports: ReadonlyArray<number>): ReadonlyArray<string> =>
  ports.map((port) => `${scheme}://127.0.0.1:${port}/`)

/** The first of so many ports that nobody listens on, below the ephemeral ones. */
const freePorts = async (count: number): Promise<number> => {
  for (let first = 12_288 + (process.pid % 36) * 512; first + count < 32_768; first += count) {
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
  throw new Error("no range of free ports was found below 32768")
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once("error", () => done(false))
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
  })

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      done(true)
    })
    socket.once("error", () => done(false))
  })
