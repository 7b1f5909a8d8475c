/**
 * How far what is reported is from what was on the wire: at a tenth, a half and nine tenths of a core, and in bursts.
 */
import { quantile } from "../Table.ts"
import type { Nginx, Scheme } from "./Nginx.ts"
import type { Section } from "./Section.ts"
import { type Capture, type Connection, startCapture } from "./Wire.ts"
import type { Done, Due, Result } from "./worker.ts"
import { evenly, inOrder, startWorker, type WorkerProcess } from "./WorkerProcess.ts"

/** What all parts need. */
export interface WireOptions {
  readonly folder: string
  readonly nginx: Nginx
  readonly seconds: number
  readonly warmUp: number
}

/** A check beside its packets, in milliseconds. */
interface Joined {
  readonly reportedMs: number
  readonly wireMs: number
  readonly errorMs: number
  readonly connectErrorMs: number
  readonly boundMs: number
  readonly latenessMs: number
}

/** What the kernel and the system call take of a time before a packet is seen: not the event loop's. */
const kernelSlackMs = 0.35

const shares = [0.1, 0.5, 0.9]

/** The error at shares of a core, open loop, starts spread evenly. */
export const wireError = async (scheme: Scheme, options: WireOptions): Promise<Section> => {
  const { folder, nginx, seconds } = options
  const worker = await warmWorker(scheme, options)
  const rows: Array<ReadonlyArray<string>> = []
  const verdicts: Array<Section["verdicts"][number]> = []
  for (const share of shares) {
    const rate = await calibrate(worker, scheme, share, nginx.urls[scheme].length)
    const due = evenly(rate, Math.round(rate * seconds), nginx.urls[scheme].length)
    const { done, joined } = await observed(worker, scheme, due, nginx, () =>
      startCapture(folder, nginx.ports, `${scheme}-${share}`)
    )
    const over = (value: (check: Joined) => number, at: number) => quantile(joined.map(value), at)
    const error = (at: number) => over(({ errorMs }) => errorMs, at)
    const within = (slackMs: number) =>
      `${((joined.filter(({ boundMs, errorMs }) => errorMs <= boundMs + slackMs).length / joined.length) * 100).toFixed(1)} %`
    rows.push([
      `${share * 100} %`,
      rate.toFixed(0),
      (done.cpuMs / 1_000 / done.seconds).toFixed(2),
      `${joined.length} of ${due.length}`,
      notUp(done),
      [0.5, 0.99].map((at) => over(({ connectErrorMs }) => connectErrorMs, at).toFixed(2)).join(" / "),
      [0.5, 0.9, 0.99].map((at) => error(at).toFixed(2)).join(" / "),
      `${over(({ reportedMs }) => reportedMs, 0.5).toFixed(2)} (${over(({ wireMs }) => wireMs, 0.5).toFixed(2)})`,
      over(({ boundMs }) => boundMs, 0.5).toFixed(2),
      within(0),
      within(kernelSlackMs),
      over(({ latenessMs }) => latenessMs, 0.99).toFixed(1)
    ])
    if (share === 0.5) {
      verdicts.push(
        { what: `${scheme} at 50 % of a core, error p50`, value: error(0.5), atMost: 0.5, unit: " ms" },
        { what: `${scheme} at 50 % of a core, error p99`, value: error(0.99), atMost: 5, unit: " ms" }
      )
    }
  }
  await worker.stop()
  return {
    title: `Error against the wire, ${scheme}, open loop`,
    head: [
      "core",
      "checks/s",
      "cores used",
      "joined",
      "not up",
      "error connect p50 / p99",
      "error total p50 / p90 / p99",
      "reported p50 (wire)",
      "bound p50",
      "bound held",
      "with 0.35 ms",
      "lateness p99"
    ],
    rows,
    verdicts,
    notes: ["Times in ms. The wire: from SYN to the last byte of the answer, as captured on the loopback device."]
  }
}

const burstSize = 200
const bursts = 10
const burstSpacingMs = 2_000

/** Two hundred HTTPS checks due at one instant, ten times, beside the same checks one at a time. */
export const burst = async (options: WireOptions): Promise<Section> => {
  const { folder, nginx } = options
  const worker = await warmWorker("https", options)
  const measure = (due: ReadonlyArray<Due>, name: string) =>
    observed(worker, "https", due, nginx, () => startCapture(folder, nginx.ports, name))
  const alone = await measure(evenly(20, 100, nginx.urls.https.length), "alone")
  const together = await measure(
    Array.from({ length: bursts * burstSize }, (_, index) => ({
      url: index % burstSize,
      dueMs: Math.floor(index / burstSize) * burstSpacingMs
    })),
    "burst"
  )
  await worker.stop()
  const row = (name: string, { done, joined }: typeof alone) => {
    const over = (value: (check: Joined) => number, ...at: ReadonlyArray<number>) =>
      at.map((share) => quantile(joined.map(value), share).toFixed(2)).join(" / ")
    return [
      name,
      String(joined.length),
      notUp(done),
      over(({ wireMs }) => wireMs, 0.5),
      over(({ reportedMs }) => reportedMs, 0.5),
      over(({ errorMs }) => errorMs, 0.5, 0.99),
      over(({ latenessMs }) => latenessMs, 0.5, 0.99)
    ]
  }
  const truth = quantile(
    alone.joined.map(({ wireMs }) => wireMs),
    0.5
  )
  const reported = quantile(
    together.joined.map(({ reportedMs }) => reportedMs),
    0.5
  )
  return {
    title: `A burst of ${burstSize} HTTPS checks at one instant, ${bursts} times`,
    head: ["", "joined", "not up", "wire p50", "reported p50", "error p50 / p99", "lateness p50 / p99"],
    rows: [row("one at a time", alone), row("burst", together)],
    verdicts: [
      {
        what: "reported p50 of the burst beside the truth (wire, one at a time)",
        value: (reported / truth - 1) * 100,
        atMost: 15,
        unit: " %"
      }
    ],
    notes: ["Times in ms. That checks of a burst start later is reported as lateness, not as the target's slowness."]
  }
}

const warmWorker = async (scheme: Scheme, { nginx, warmUp }: WireOptions): Promise<WorkerProcess> => {
  const urls = nginx.urls[scheme]
  const worker = await startWorker({ urls, ca: [nginx.ca], timeoutMs: 10_000, concurrency: 4_096 })
  await worker.run(evenly(scheme === "http" ? 1_000 : 300, warmUp, urls.length))
  return worker
}

const firstRate: Readonly<Record<Scheme, number>> = { http: 2_000, https: 600 }
const calibrations = 5
const calibrationSeconds = 2

/** The rate that keeps this share of a core busy, found by trying. Who falls behind is slowed down, too. */
const calibrate = async (worker: WorkerProcess, scheme: Scheme, share: number, urls: number): Promise<number> => {
  let rate = firstRate[scheme] * share
  for (let trial = 0; trial < calibrations; trial++) {
    const { cpuMs, seconds } = await worker.run(evenly(rate, Math.ceil(rate * calibrationSeconds), urls))
    const isBehind = seconds > calibrationSeconds * 1.25
    const factor = isBehind ? 0.75 : share / (cpuMs / 1_000 / calibrationSeconds)
    rate *= Math.min(3, Math.max(0.3, factor))
  }
  return rate
}

/** How many runs were not up, with their reasons: `worker_overloaded` are those that the worker itself does not trust. */
const notUp = ({ results }: Done): string => {
  const bad = results.filter(({ outcome }) => outcome !== "up")
  return [String(bad.length), ...new Set(bad.map(({ reason }) => String(reason)))].join(" ")
}

const observed = async (
  worker: WorkerProcess,
  scheme: Scheme,
  due: ReadonlyArray<Due>,
  nginx: Nginx,
  startCapturing: () => Promise<Capture>
): Promise<{ readonly done: Done; readonly joined: ReadonlyArray<Joined> }> => {
  const capture = await startCapturing()
  const done = await worker.run(due)
  const connections = await capture.connections()
  if (done.skipped > 0) throw new Error(`${done.skipped} runs were not started: nothing can be joined`)
  const portOf = (url: number) => Number(new URL(nginx.urls[scheme][url]!).port)
  return { done, joined: join(inOrder(done), due, connections, portOf) }
}

/** The n-th run of a destination beside its n-th connection; a destination with another number of them is left out. */
const join = (
  results: ReadonlyArray<Result>,
  due: ReadonlyArray<Due>,
  connections: ReadonlyMap<number, ReadonlyArray<Connection>>,
  portOf: (url: number) => number
): ReadonlyArray<Joined> =>
  [...Map.groupBy(results, ({ monitorKey }) => due[monitorKey - 1]!.url)].flatMap(([url, own]) => {
    const seen = connections.get(portOf(url)) ?? []
    return own.length === seen.length ? own.flatMap((result, index) => joinedOf(result, seen[index]!)) : []
  })

const joinedOf = (
  { errorBoundUs, latenessUs, observation, outcome }: Result,
  { acceptedAt, lastByteAt, synAt }: Connection
): ReadonlyArray<Joined> => {
  if (outcome !== "up" || observation === undefined || Number.isNaN(lastByteAt)) return []
  const [reportedMs, wireMs] = [observation.totalUs / 1_000, lastByteAt - synAt]
  return [
    {
      reportedMs,
      wireMs,
      errorMs: reportedMs - wireMs,
      connectErrorMs: (observation.phases["connectUs"] ?? Number.NaN) / 1_000 - (acceptedAt - synAt),
      boundMs: errorBoundUs / 1_000,
      latenessMs: latenessUs / 1_000
    }
  ]
}
