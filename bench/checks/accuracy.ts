/**
 * How true the numbers are: phases under injected delays, total times against packets at three loads, bursts, and names
 * that hang. `bench/README.md` says how. Capturing needs tcpdump and root.
 *
 *     node --conditions=@openseer/source bench/checks/accuracy.ts [--only phases|http|https|burst|names]
 *       [--seconds 10] [--checks 30] [--warm-up 5000] [--json]
 */
import { loadavg } from "node:os"
import { parseArgs } from "node:util"
import { hangingNames } from "./HangingNames.ts"
import { injectedDelays } from "./InjectedDelays.ts"
import { findProgram, makeFolder, pinSelf } from "./Leftovers.ts"
import * as Nginx from "./Nginx.ts"
import { leftOut, render, type Section } from "./Section.ts"
import * as Wire from "./Wire.ts"
import { burst, wireError } from "./WireError.ts"

const { values: flags } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seconds: { type: "string", default: "10" },
    checks: { type: "string", default: "30" },
    "warm-up": { type: "string", default: "5000" },
    json: { type: "boolean", default: false }
  }
})

/** One destination for each check that may be going on at a time, nearly. */
const portsEach = 256
const targetDelayMs = 20

const folder = makeFolder()
await pinSelf(1)
const hasNginx = findProgram("nginx") !== undefined
const nginx = hasNginx ? await Nginx.startNginx({ folder, core: 1, portsEach, delayMs: targetDelayMs }) : undefined
const wireProblem = Wire.problem()

const withWire = (title: string, measure: (options: Parameters<typeof burst>[0]) => Promise<Section>) => {
  if (nginx === undefined) return Promise.resolve(leftOut(title, Nginx.missing))
  if (wireProblem !== undefined) return Promise.resolve(leftOut(title, wireProblem))
  return measure({ folder, nginx, seconds: Number(flags.seconds), warmUp: Number(flags["warm-up"]) })
}

const parts: Readonly<Record<string, () => Promise<Section>>> = {
  phases: () => injectedDelays(Number(flags.checks)),
  http: () => withWire("Error against the wire, http", (options) => wireError("http", options)),
  https: () => withWire("Error against the wire, https", (options) => wireError("https", options)),
  burst: () => withWire("A burst at one instant", burst),
  names: () => (nginx === undefined ? Promise.resolve(leftOut("Hanging names", Nginx.missing)) : hangingNames(nginx))
}

const sections: Array<Section> = []
for (const [name, measure] of Object.entries(parts)) {
  if (flags.only !== "" && flags.only !== name) continue
  console.error(`measuring ${name}, load average ${loadavg()[0]?.toFixed(1)}`)
  const section = await measure()
  sections.push(section)
  if (!flags.json) console.log(`\n${render(section)}`)
}
const delayNote = Nginx.canDelay ? `the target waits ${targetDelayMs} ms` : "the target does not wait: nginx lacks echo"
if (flags.json) console.log(JSON.stringify({ node: process.version, target: delayNote, sections }, null, 2))
else console.log(`\nNode ${process.version}; ${delayNote}`)
process.exit(0)
