/**
 * The addresses of this machine's interfaces. From here, they are reached past every firewall that guards them: what
 * listens on all interfaces and is closed to the world would be open to whoever may write a monitor.
 */
import { networkInterfaces } from "node:os"
import { parseAddress } from "./Address.ts"
import { RangeSet } from "./RuleSet.ts"

/** How long a reading is good for: addresses come and go with leases and containers. */
const freshMs = 30_000

/** Read again when they are asked for and the last reading is old. */
export class OwnAddresses {
  readonly #interfacesOf: typeof networkInterfaces
  #ranges = new RangeSet()
  #readAtMs = -Infinity

  constructor(interfacesOf = networkInterfaces) {
    this.#interfacesOf = interfacesOf
  }

  /** Each address as a range of its own. */
  get ranges(): RangeSet {
    const nowMs = performance.now()
    if (nowMs - this.#readAtMs > freshMs) {
      this.#readAtMs = nowMs
      this.#ranges = rangesOf(this.#interfacesOf())
    }
    return this.#ranges
  }
}

const rangesOf = (interfaces: ReturnType<typeof networkInterfaces>): RangeSet => {
  const ranges = new RangeSet()
  for (const { address } of Object.values(interfaces).flatMap((addresses) => addresses ?? [])) {
    // Link-local ones come with a zone, and are denied anyway.
    const parsed = parseAddress(address)
    if (parsed !== undefined) ranges.add(parsed, parsed.length * 16, undefined)
  }
  return ranges
}
