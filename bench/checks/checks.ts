/**
 * What a check costs: CPU per 1,000 checks and checks a second of one core, OpenSeer beside stock Node, undici and
 * prometheus-blackbox-exporter, in interleaved rounds. `bench/README.md` says what is measured and what is not.
 *
 *     node --conditions=@openseer/source bench/checks/checks.ts [--rounds 3] [--seconds 5 | --checks 20000]
 *       [--warm-up 10000] [--only <part of a name>] [--scheme http|https] [--saturated | --paced] [--json]
 */
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import * as Blackbox from "./Blackbox.ts"
import { render, type Row, summarize } from "./CostReport.ts"
import { canPin, makeFolder, nextMessage, pinSelf, startScript, stop } from "./Leftovers.ts"
import { pace, saturate, type Window } from "./Load.ts"
import { type Scheme, startNginx } from "./Nginx.ts"
import type { Order } from "./probe.ts"
import type { Subject } from "./Subject.ts"

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    checks: { type: "string" },
    "warm-up": { type: "string", default: "10000" },
    concurrency: { type: "string", default: "16" },
    rate: { type: "string", default: "100" },
    "paced-seconds": { type: "string", default: "10" },
    only: { type: "string", default: "" },
    scheme: { type: "string", default: "" },
    saturated: { type: "boolean", default: false },
    paced: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
})

/** Destinations a scheme. */
const portsEach = 64
const timeoutMs = 10_000

/** A contestant for one round, warm or not, that can be put under load. */
interface Racer {
  readonly saturate: (options: Parameters<typeof saturate>[2]) => Promise<Window>
  readonly pace: (options: Parameters<typeof pace>[2]) => Promise<Window>
  readonly rssMb: () => number
  readonly stop: () => Promise<void>
}

/** `name` as printed. */
interface Contestant {
  readonly name: string
  readonly start: (subject: Subject) => Promise<Racer>
}

const onNode = (name: string, make: "openseer" | "node" | "undici"): Contestant => ({
  name,
  start: async (subject) => {
    const child = startScript(0, "probe.ts")
    let rssMb = 0
    const ask = async (order: Order): Promise<Window> => {
      child.send(order)
      const message = await nextMessage<{ answer: Window; rssMb: number }>(child)
      rssMb = message.rssMb
      return message.answer
    }
    await ask({ make, subject })
    return {
      saturate: (options) => ask({ saturate: options }),
      pace: (options) => ask({ pace: options }),
      rssMb: () => rssMb,
      stop: () => stop(child)
    }
  }
})

const blackbox = (folder: string, caFile: string): Contestant => ({
  name: "blackbox_exporter",
  start: async (subject) => {
    const { check, cpuMs, rssMb, stop: end } = await Blackbox.startBlackbox(folder, caFile, subject)
    return {
      saturate: (options) => saturate(check, cpuMs, options),
      pace: (options) => pace(check, cpuMs, options),
      rssMb,
      stop: async () => end()
    }
  }
})

const main = async (): Promise<void> => {
  const rounds = positive("rounds", flags.rounds)
  const warmUp = positive("warm-up", flags["warm-up"])
  const concurrency = positive("concurrency", flags.concurrency)
  const amount =
    flags.checks === undefined
      ? { seconds: positive("seconds", flags.seconds) }
      : { checks: positive("checks", flags.checks) }
  const pacing = { perSecond: positive("rate", flags.rate), seconds: positive("paced-seconds", flags["paced-seconds"]) }
  const schemes = (["http", "https"] as const).filter((scheme) => flags.scheme === "" || scheme === flags.scheme)
  const both = flags.saturated === flags.paced

  const folder = makeFolder()
  await pinSelf(1)
  const nginx = await startNginx({ folder, core: 1, portsEach })
  const hasBlackbox = Blackbox.findBlackbox() !== undefined
  const contestants = [
    onNode("OpenSeer", "openseer"),
    onNode("node:http(s)", "node"),
    onNode("undici", "undici"),
    ...(hasBlackbox ? [blackbox(folder, nginx.caFile)] : [])
  ].filter(({ name }) => name.toLowerCase().includes(flags.only.toLowerCase()))
  if (contestants.length === 0) throw new Error(`no contestant's name contains ${JSON.stringify(flags.only)}`)
  const notes = [
    ...(hasBlackbox ? [] : [`left out: ${Blackbox.missing}`]),
    ...(canPin ? [] : ["not pinned: this machine has one core, or no taskset (apt install util-linux)"])
  ]
  for (const note of notes) console.error(note)

  const measure = async (round: number, scheme: Scheme, contestant: Contestant): Promise<ReadonlyArray<Row>> => {
    const racer = await contestant.start({ urls: nginx.urls[scheme], ca: nginx.ca, timeoutMs })
    const rows: Array<Row> = []
    const row = async (load: Row["load"], run: () => Promise<Window>): Promise<void> => {
      const loadAverage = loadavg()[0] ?? Number.NaN
      const window = await run()
      rows.push({ round, scheme, load, contestant: contestant.name, loadAverage, ...window, rssMb: racer.rssMb() })
    }
    await racer.saturate({ concurrency, checks: warmUp })
    if (both || flags.saturated) await row("saturated", () => racer.saturate({ concurrency, ...amount }))
    if (both || flags.paced) await row("paced", () => racer.pace(pacing))
    await racer.stop()
    return rows
  }

  const rows: Array<Row> = []
  for (let round = 1; round <= rounds; round++) {
    for (const scheme of schemes) {
      for (const contestant of shuffled(contestants)) {
        rows.push(...(await measure(round, scheme, contestant)))
        console.error(`round ${round} of ${rounds}, ${scheme}: ${contestant.name} done`)
      }
    }
  }
  const summaries = summarize(rows)
  const settings = { node: process.version, concurrency, warmUp, ...amount, paced: pacing, pinned: canPin, notes }
  console.log(
    flags.json
      ? JSON.stringify({ ...settings, summaries, rows }, null, 2)
      : `Node ${process.version}; concurrency ${concurrency}, ${warmUp} checks of warm-up; paced at ${pacing.perSecond}/s\n\n${render(rows, summaries)}`
  )
}

const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)

const positive = (flag: string, text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} takes a whole number above 0, not ${JSON.stringify(text)}`)
  return Number(text)
}

await main()
process.exit(0)
