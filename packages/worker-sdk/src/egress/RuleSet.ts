/**
 * Ranges and names, compiled to be asked on every connection: no allocation, and little more than comparisons.
 */
import type { Address } from "./Address.ts"
import { maskOf } from "./EgressRule.ts"

/** A port, or all of them. */
type Port = number | undefined

interface Range {
  readonly parts: Address
  readonly masks: ReadonlyArray<number>
  readonly port: Port
}

/** Ranges of addresses, each with a port or all of them. */
export class RangeSet {
  readonly #ipv4: Array<Range> = []
  readonly #ipv6: Array<Range> = []

  /** Adds the addresses that begin with the first `prefix` bits of `base`. */
  add(base: Address, prefix: number, port: Port): void {
    const ranges = base.length === 2 ? this.#ipv4 : this.#ipv6
    // Parts behind the prefix are not compared.
    const length = Math.ceil(prefix / 16)
    const parts = base.slice(0, length)
    ranges.push({ parts, masks: parts.map((_, i) => maskOf(prefix, i)), port })
  }

  /** Whether one of them has the address, with this port. */
  has(address: Address, port: number): boolean {
    for (const range of address.length === 2 ? this.#ipv4 : this.#ipv6) {
      if ((range.port === undefined || range.port === port) && isWithin(range, address)) return true
    }
    return false
  }
}

const isWithin = ({ masks, parts }: Range, address: Address): boolean => {
  for (let i = 0; i < parts.length; i++) if ((address[i]! & masks[i]!) !== parts[i]) return false
  return true
}

/** Names, and endings of names, each with a port or all of them. */
export class NameSet {
  readonly #exact = new Map<string, Set<Port>>()
  readonly #suffixes = new Map<string, Set<Port>>()

  /** Adds a name, or all names under it. */
  add(name: string, isSuffix: boolean, port: Port): void {
    const names = isSuffix ? this.#suffixes : this.#exact
    const ports = names.get(name)
    if (ports === undefined) names.set(name, new Set([port]))
    else ports.add(port)
  }

  /** Whether a name in its canonical form is among them, with this port. */
  has(name: string, port: number): boolean {
    if (hasPort(this.#exact.get(name), port)) return true
    if (this.#suffixes.size === 0) return false
    for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      if (hasPort(this.#suffixes.get(name.slice(dot + 1)), port)) return true
    }
    return false
  }
}

const hasPort = (ports: ReadonlySet<Port> | undefined, port: number): boolean =>
  ports !== undefined && (ports.has(undefined) || ports.has(port))
