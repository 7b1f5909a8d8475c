/**
 * Rules of a worker's operator: which ranges, hosts and ports to open or to close.
 *
 * `10.0.0.0/8`, `fd00::5`, `db.internal`, `*.corp.example`, `self`, `*`, each alone or with a port behind a colon.
 */
import { Schema } from "effect"
import { canonicalName, endsInNumber } from "./HostName.ts"
import { type Address, parseAddress } from "./Address.ts"

/** What a rule is about. */
export type EgressRule = {
  /** All ports when there is none. */
  readonly port: number | undefined
} & (
  | { readonly kind: "range"; readonly base: Address; readonly prefix: number }
  /** One name, or all names under one. */
  | { readonly kind: "name"; readonly name: string; readonly isSuffix: boolean }
  /** The addresses of the worker's own machine. */
  | { readonly kind: "self" }
  /** Everything. */
  | { readonly kind: "any" }
)

/** Reads a rule. What is wrong with it is a clause that does not quote it. */
export const parse = (text: string): EgressRule | { readonly problem: string } => {
  const { portText, subject } = split(text.trim())
  if (portText !== undefined && !(/^\d{1,5}$/.test(portText) && Number(portText) >= 1 && Number(portText) <= 65_535)) {
    return { problem: "its port is not a whole number from 1 to 65535" }
  }
  const port = portText === undefined ? undefined : Number(portText)
  if (subject === "*") return { kind: "any", port }
  if (subject.toLowerCase() === "self") return { kind: "self", port }
  const range = parseRange(subject)
  if (range !== undefined) return "problem" in range ? range : { kind: "range", port, ...range }
  const isSuffix = subject.startsWith("*.")
  const name = canonicalName(isSuffix ? subject.slice(2) : subject)
  if (!isName(name)) return { problem: "it is not a range like 10.0.0.0/8, an address, or a name like *.corp.example" }
  return { kind: "name", name, isSuffix, port }
}

/** A rule as text. */
export const EgressRule = Schema.String.check(
  Schema.makeFilter((text) => {
    const rule = parse(text)
    return !("problem" in rule) || `${JSON.stringify(text)} is not a rule of egress: ${rule.problem}`
  })
).annotate({ identifier: "EgressRule" })

/** Takes the port off: `[fd00::5]:443`, `fd00::/8:443`, `10.0.0.5:443`. Without brackets, `fd00::5` has none. */
const split = (text: string): { readonly subject: string; readonly portText: string | undefined } => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  const [, subject, portText] =
    bracketed ??
    /^(.*\/\d+)(?::(.*))?$/.exec(text) ??
    (/:.*:/.test(text) ? [] : (/^([^:]*)(?::(.*))?$/.exec(text) ?? []))
  return { subject: subject ?? text, portText }
}

const parseRange = (
  text: string
): { readonly base: Address; readonly prefix: number } | { readonly problem: string } | undefined => {
  const [addressText = "", prefixText, ...rest] = text.split("/")
  const base = parseAddress(addressText)
  if (base === undefined || rest.length > 0) return undefined
  const bits = base.length * 16
  if (prefixText === undefined) return { base, prefix: bits }
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Infinity
  if (prefix > bits) return { problem: `the length of its prefix is not a whole number from 0 to ${bits}` }
  if (base.some((part, i) => (part & ~maskOf(prefix, i)) !== 0)) {
    return { problem: "its address has bits behind its prefix: write the first address of the range" }
  }
  if (base.length === 8 && base.slice(0, 5).every((part) => part === 0) && base[5] === 0xffff) {
    return { problem: "it is a range of IPv4 in the spelling of IPv6: write the range of IPv4" }
  }
  return { base, prefix }
}

/** The mask of the part `index` of an address, 16 bits, for a prefix of this length. */
export const maskOf = (prefix: number, index: number): number => {
  const bits = Math.max(0, Math.min(16, prefix - index * 16))
  return (0xffff << (16 - bits)) & 0xffff
}

const isName = (name: string): boolean =>
  name.length <= 253 && !endsInNumber(name) && name.split(".").every((label) => /^[a-z\d_-]{1,63}$/.test(label))
