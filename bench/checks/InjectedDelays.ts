/**
 * Whether each phase shows what the target did in it: known delays of name server, handshake, first byte and body.
 *
 * A phase also holds what it takes without any delay, so the medians of a twin without delays are taken off. The delay of
 * connecting is the network's alone: it cannot be injected on loopback without netem, so there it must stay near 0.
 */
import { Certificates, NameServer } from "@openseer/worker-sdk/testing"
import { Effect } from "effect"
import { createServer as createHttpsServer } from "node:https"
import { type AddressInfo, createServer, type Server } from "node:net"
import { median, quantile } from "../Table.ts"
import { inOrder, startWorker } from "./WorkerProcess.ts"
import type { Section } from "./Section.ts"

const injectedMs = { dns: 25, connect: 0, tls: 30, ttfb: 50, download: 40 }
const none = { dns: 0, connect: 0, tls: 0, ttfb: 0, download: 0 }
type Phase = keyof typeof injectedMs
const phases = Object.keys(injectedMs) as ReadonlyArray<Phase>

const spacingMs = 250
const warmUp = 20

/** Runs `count` checks of the slow target and as many of its twin, one after the other. */
export const injectedDelays = (count: number): Promise<Section> =>
  Effect.gen(function* () {
    const names = yield* NameServer.make((name) => ({
      addresses: ["127.0.0.1"],
      delayMs: name.startsWith("slow") ? injectedMs.dns : 0
    }))
    const authority = Certificates.makeAuthority()
    const pair = authority.issue({ names: ["slow.bench.test", "plain.bench.test"] })
    const slow = yield* listening(makeTarget(pair, injectedMs))
    const plain = yield* listening(makeTarget(pair, none))
    const worker = yield* Effect.promise(() =>
      startWorker({
        urls: [`https://slow.bench.test:${slow}/`, `https://plain.bench.test:${plain}/`],
        ca: [authority.ca],
        nameServers: [names.address],
        timeoutMs: 5_000,
        concurrency: 4
      })
    )
    const due = Array.from({ length: 2 * (count + warmUp) }, (_, index) => ({
      url: index % 2,
      dueMs: index * spacingMs
    }))
    const done = yield* Effect.promise(() => worker.run(due))
    yield* Effect.promise(worker.stop)
    const counted = inOrder(done).filter(({ monitorKey, outcome }) => monitorKey > 2 * warmUp && outcome === "up")
    const of = (url: number, phase: Phase): ReadonlyArray<number> =>
      counted
        .filter(({ monitorKey }) => (monitorKey - 1) % 2 === url)
        .map(({ observation }) => (observation?.phases[`${phase}Us`] ?? Number.NaN) / 1_000)
    const measured = phases.map((phase) => {
      const base = median(of(1, phase))
      const raw = of(0, phase)
      const errors = raw.map((ms) => Math.abs(ms - base - injectedMs[phase]))
      const allowed = 2 + 0.02 * injectedMs[phase]
      return { phase, base, raw: median(raw), errors, allowed }
    })
    return {
      title: `Phases under injected delays (${count} HTTPS checks, one at a time)`,
      head: [
        "phase",
        "injected ms",
        "without delay, p50",
        "with delay, p50",
        "error p50",
        "p90",
        "max",
        "allowed",
        "within"
      ],
      rows: measured.map(({ allowed, base, errors, phase, raw }) => [
        phase,
        String(injectedMs[phase]),
        base.toFixed(2),
        raw.toFixed(2),
        median(errors).toFixed(2),
        quantile(errors, 0.9).toFixed(2),
        Math.max(...errors).toFixed(2),
        allowed.toFixed(2),
        `${((errors.filter((error) => error <= allowed).length / errors.length) * 100).toFixed(0)} %`
      ]),
      verdicts: measured.map(({ allowed, errors, phase }) => ({
        what: `${phase}, error p90`,
        value: quantile(errors, 0.9),
        atMost: allowed,
        unit: " ms"
      })),
      notes: [
        `${counted.length} of ${2 * count} checks were up. Connecting cannot be delayed on loopback (no netem): it must show nothing.`
      ]
    }
  }).pipe(Effect.scoped, Effect.runPromise)

/** Leaves the client's hello unread, then waits before the first half of the body and again before the second. */
const makeTarget = (pair: Certificates.KeyPair, delays: typeof injectedMs): Server => {
  const inner = createHttpsServer(pair, (_, response) =>
    after(delays.ttfb, () => {
      response.write("a".repeat(512))
      after(delays.download, () => response.end("b".repeat(512)))
    })
  )
  return createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {})
    after(delays.tls, () => inner.emit("connection", socket))
  })
}

/** Exact, unlike a timer, which may be a millisecond late: the last two are spent asking the clock. */
const after = (ms: number, action: () => void): void => {
  const until = performance.now() + ms
  const ask = (): void => {
    if (performance.now() >= until) action()
    else setImmediate(ask)
  }
  if (ms > 2) setTimeout(ask, ms - 2)
  else ask()
}

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.close())
  )
