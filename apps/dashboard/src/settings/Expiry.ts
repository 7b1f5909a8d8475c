/**
 * How long something that is given out is valid.
 */

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A choice of a life: what stands in the form, and what it says. */
export interface ExpiryChoice {
  readonly value: string
  readonly label: string
}

const lives: Readonly<Record<string, { readonly ms: number; readonly label: string }>> = {
  "1h": { ms: hourMs, label: "1 hour" },
  "1d": { ms: dayMs, label: "1 day" },
  "7d": { ms: 7 * dayMs, label: "7 days" },
  "30d": { ms: 30 * dayMs, label: "30 days" },
  "90d": { ms: 90 * dayMs, label: "90 days" },
  "365d": { ms: 365 * dayMs, label: "1 year" }
}

/** The choices with these values; `never` for what is valid until it is revoked. */
export const expiryChoices = (...values: ReadonlyArray<string>): ReadonlyArray<ExpiryChoice> =>
  values.map((value) => ({ value, label: lives[value]?.label ?? "Until it is revoked" }))

/** The life of a choice in milliseconds; undefined for `never`. A value that is none is the API's to refuse. */
export const expiresInMs = (value: string): number | string | undefined =>
  value === "never" ? undefined : Object.hasOwn(lives, value) ? lives[value]!.ms : value
