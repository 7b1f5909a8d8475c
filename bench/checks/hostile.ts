/**
 * Whether hostile targets harm their neighbours: the lateness of good monitors alone and beside hostile ones, in turns.
 *
 *     node --conditions=@openseer/source bench/checks/hostile.ts [--monitors 500] [--each 50] [--interval-ms 5000]
 *       [--seconds 20] [--rounds 3] [--timeout-ms 2000] [--concurrency 1024] [--json]
 */
import { Effect } from "effect"
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import { fileURLToPath } from "node:url"
import { median, quantile, table } from "../Table.ts"
import { hostileKinds } from "./HostileKinds.ts"
import { pinSelf, start } from "./Leftovers.ts"
import { render, type Section } from "./Section.ts"
import type { Done, Due, Result } from "./worker.ts"
import { inOrder, startWorker } from "./WorkerProcess.ts"

const { values: flags } = parseArgs({
  options: {
    monitors: { type: "string", default: "500" },
    each: { type: "string", default: "50" },
    "interval-ms": { type: "string", default: "5000" },
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    "timeout-ms": { type: "string", default: "2000" },
    concurrency: { type: "string", default: "1024" },
    json: { type: "boolean", default: false }
  }
})
const monitors = Number(flags.monitors)
const each = Number(flags.each)
const intervalMs = Number(flags["interval-ms"])
const ticks = Math.max(1, Math.round((Number(flags.seconds) * 1_000) / intervalMs))

/** Monitors of one URL, spread over the interval as the control plane spreads them: by chance. */
const spread = (url: number, count: number): ReadonlyArray<Due> =>
  Array.from({ length: count }, () => Math.random() * intervalMs).flatMap((offsetMs) =>
    Array.from({ length: ticks }, (_, tick) => ({ url, dueMs: tick * intervalMs + offsetMs }))
  )

/** What a window showed of the good monitors, which are first in the order. */
const goodOf = (done: Done, count: number) => {
  const good = inOrder(done).slice(0, count)
  const lateness = good.map(({ latenessUs }) => latenessUs / 1_000)
  return {
    up: good.filter(({ outcome }) => outcome === "up").length,
    p50: quantile(lateness, 0.5),
    p99: quantile(lateness, 0.99),
    totalP99: quantile(
      good.map(({ observation }) => (observation?.totalUs ?? Number.NaN) / 1_000),
      0.99
    ),
    cores: done.cpuMs / 1_000 / done.seconds,
    rssMaxMb: done.rssMaxMb
  }
}

const outcomes = (results: ReadonlyArray<Result>): string =>
  [...Map.groupBy(results, ({ outcome, reason }) => (reason === undefined ? outcome : `${outcome} (${reason})`))]
    .map(([what, those]) => `${what} × ${those.length}`)
    .join(", ")

const main = Effect.gen(function* () {
  yield* Effect.promise(() => pinSelf(1))
  // A process of its own: the hostile ones, which live in this one, cannot make it slow.
  const good = start(1, process.execPath, [fileURLToPath(new URL("../system/target.ts", import.meta.url))])
  const goodPort = yield* Effect.promise(
    () => new Promise<string>((done) => good.stdout?.once("data", (line: Buffer) => done(line.toString().trim())))
  )
  const targets = yield* Effect.forEach(hostileKinds, ({ start: startTarget }) => startTarget)
  const worker = yield* Effect.promise(() =>
    startWorker({
      urls: [`http://127.0.0.1:${goodPort}/`, ...targets.map(({ url }) => `${url}/`)],
      ca: [],
      timeoutMs: Number(flags["timeout-ms"]),
      concurrency: Number(flags.concurrency)
    })
  )
  const goodDue = spread(0, monitors)
  const hostileDue = targets.flatMap((_, index) => spread(index + 1, each))
  const measure = async (due: ReadonlyArray<Due>) => {
    const done = await worker.run(due)
    return { done, load: loadavg()[0] ?? Number.NaN, ...goodOf(done, goodDue.length) }
  }
  yield* Effect.promise(() => measure([...goodDue, ...hostileDue]))
  console.error("warm")
  const windows: Array<{ readonly alone: Window; readonly beside: Window }> = []
  type Window = Awaited<ReturnType<typeof measure>>
  for (let round = 1; round <= Number(flags.rounds); round++) {
    const alone = yield* Effect.promise(() => measure(goodDue))
    const beside = yield* Effect.promise(() => measure([...goodDue, ...hostileDue]))
    windows.push({ alone, beside })
    console.error(`round ${round} done`)
  }
  yield* Effect.promise(worker.stop)

  const row = (round: number, who: string, window: Window) => [
    String(round),
    who,
    `${window.up} of ${goodDue.length}`,
    window.p50.toFixed(2),
    window.p99.toFixed(2),
    window.totalP99.toFixed(2),
    window.cores.toFixed(2),
    window.rssMaxMb.toFixed(0),
    window.load.toFixed(1)
  ]
  const change = median(windows.map(({ alone, beside }) => (beside.p99 / alone.p99 - 1) * 100))
  const section: Section = {
    title: `${monitors} good monitors alone and beside ${targets.length} kinds of hostile targets, ${each} monitors each, every ${intervalMs} ms`,
    head: ["round", "good ones", "up", "lateness p50", "p99", "total p99", "cores", "worker RSS MB", "load avg"],
    rows: windows.flatMap(({ alone, beside }, index) => [
      row(index + 1, "alone", alone),
      row(index + 1, "beside", beside)
    ]),
    verdicts: [{ what: "p99 lateness changes, median of rounds, by", value: change, atMost: 20, unit: " %" }],
    notes: ["Times in ms."]
  }
  const kinds = hostileKinds.map(({ name }, index) => {
    const from = goodDue.length + index * each * ticks
    return [name, outcomes(inOrder(windows.at(-1)!.beside.done).slice(from, from + each * ticks))]
  })
  console.log(
    flags.json
      ? JSON.stringify({ node: process.version, section, kinds }, null, 2)
      : `\n${render(section)}\n\n${table(["hostile kind, last round", "outcomes"], kinds)}\n\nNode ${process.version}`
  )
})

await main.pipe(Effect.scoped, Effect.runPromise)
process.exit(0)
