/**
 * The configuration of a monitor in words.
 */
import type { Monitor } from "@openseer/core"
import { duration } from "~/components/Duration.ts"

/** One line of the settings: what it is, and how it is. */
export interface ConfigurationLine {
  readonly name: string
  readonly value: string
}

const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "secret" in value && Object.keys(value).length === 1

/** A member name as words: "redirectsMax" is "redirects max". */
export const memberWords = (name: string): string =>
  name.replaceAll(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after}`).toLowerCase()

const valueWords = (name: string, value: unknown): string => {
  if (isSecret(value)) return "a secret"
  if (typeof value === "number" && /Ms(Max|Min)?$/.test(name)) return durationWords(value)
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "string" || typeof value === "number") return String(value)
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((item) => valueWords("", item)).join(", ")
  return JSON.stringify(value, (_, member: unknown) => (isSecret(member) ? "***" : member))
}

const durationWords = (ms: number): string => (ms % 1_000 === 0 ? duration(ms) : `${ms} ms`)

/** The spec of a check, a line a member; what is empty is left out, secrets are only said to be there. */
export const specLines = (spec: unknown): ReadonlyArray<ConfigurationLine> =>
  typeof spec !== "object" || spec === null
    ? []
    : Object.entries(spec as Readonly<Record<string, unknown>>).flatMap(([name, value]) => {
        if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return []
        if (typeof value === "object" && !Array.isArray(value) && !isSecret(value)) {
          return specLines(value).map((line) => ({ name: `${memberWords(name)}: ${line.name}`, value: line.value }))
        }
        const words = memberWords(name).replace(/ ms( max| min)?$/, "$1")
        return [{ name: words, value: valueWords(name, value) }]
      })

/** When a monitor is down, in one sentence. */
export const ruleWords = (
  monitor: Pick<Monitor.Monitor, "heartbeat" | "intervalMs" | "regions" | "timeoutMs">
): string => {
  if (monitor.heartbeat !== undefined)
    return "Down when the expected signal does not come in time, or reports a failure."
  const n = monitor.regions.length
  const every = `Checked every ${duration(monitor.intervalMs)}, for at most ${durationWords(monitor.timeoutMs)}.`
  if (n === 1) return `${every} Down when its last check was.`
  return `${every} Down when the last check failed in more than half of its ${n} regions, degraded when in any.`
}
