/**
 * prometheus-blackbox-exporter: asked for `/probe` over connections that stay open, by this process, whose CPU is not
 * counted. Its own is, with all threads, from the scheduler's statistics.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { Agent, get } from "node:http"
import { join } from "node:path"
import { findProgram, start } from "./Leftovers.ts"
import type { Check, CpuClock } from "./Load.ts"
import { bodyBytes } from "./Nginx.ts"
import type { Subject } from "./Subject.ts"

/** What to install where it is missing. */
export const missing = "prometheus-blackbox-exporter is not installed: apt install prometheus-blackbox-exporter"

/** Debian's name of it, or upstream's. */
export const findBlackbox = (): string | undefined =>
  findProgram("prometheus-blackbox-exporter") ?? findProgram("blackbox_exporter")

/** A running exporter. */
export interface Blackbox {
  readonly pid: number
  readonly check: Check
  readonly cpuMs: CpuClock
  readonly rssMb: () => number
  readonly stop: () => void
}

/** Starts it on the first core with one module for both schemes that verifies and wants a status of 200 to 399. */
export const startBlackbox = async (folder: string, caFile: string, subject: Subject): Promise<Blackbox> => {
  const program = findBlackbox()
  if (program === undefined) throw new Error(missing)
  const config = join(folder, "blackbox.yml")
  writeFileSync(
    config,
    `modules:
  bench:
    prober: http
    timeout: ${subject.timeoutMs / 1_000}s
    http:
      preferred_ip_protocol: ip4
      tls_config: { ca_file: "${caFile}" }
`
  )
  const port = 11_264 + (process.pid % 1_000)
  const child = start(0, program, [
    `--config.file=${config}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=error"
  ])
  child.stderr?.resume()
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const ask = (path: string, done: (text: string) => void) =>
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.once("end", () => done(text))
    }).once("error", (error) => done(String(error)))
  const paths = subject.urls.map((url) => `/probe?module=bench&target=${encodeURIComponent(url)}`)
  for (let tries = 0; ; tries++) {
    const text = await new Promise<string>((done) => ask("/metrics", done))
    if (text.includes("process_cpu_seconds_total")) break
    if (tries === 100 || child.exitCode !== null) throw new Error(`blackbox_exporter did not start: ${text}`)
    await new Promise((done) => setTimeout(done, 100))
  }
  return {
    pid: child.pid!,
    check: (index, done) => ask(paths[index % paths.length]!, (text) => done(problemOf(text))),
    cpuMs: () => cpuMsOf(child.pid!),
    rssMb: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1_024,
    stop: () => {
      agent.destroy()
      child.kill("SIGTERM")
    }
  }
}

const problemOf = (text: string): string | undefined => {
  if (!/^probe_success 1$/m.test(text)) return `no success: ${text.slice(0, 200)}`
  const bytes = Number(/^probe_http_uncompressed_body_length (\S+)$/m.exec(text)?.[1])
  return bytes === bodyBytes ? undefined : `a body of ${bytes} bytes`
}

/** Nanoseconds on a core of all threads: `taskset` has become the exporter, so the process is the child itself. */
const cpuMsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    0
  )
