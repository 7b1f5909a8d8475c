/**
 * The configuration of a monitor in words.
 */
import { bytes } from "~/charts/Quantity.ts"
import { duration } from "~/components/Duration.ts"
import { memberLabel } from "~/editor/MemberLabel.ts"

/** One line of the settings: what it is, and how it is. */
export interface ConfigurationLine {
  readonly name: string
  readonly value: string
}

const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "secret" in value && Object.keys(value).length === 1

const valueWords = (name: string, value: unknown): string => {
  if (isSecret(value)) return "a secret"
  if (typeof value === "number" && /Ms(Max|Min)?$/.test(name)) return durationWords(value)
  if (typeof value === "number" && /Bytes(Max|Min)?$/.test(name)) return bytes(value)
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
          return specLines(value).map((line) => ({ name: `${memberLabel(name)}: ${line.name}`, value: line.value }))
        }
        return [{ name: memberLabel(name), value: valueWords(name, value) }]
      })
