/**
 * The windows of time that pages offer.
 */

const hourMs = 3_600_000

/** The windows, by what stands in the address. */
export const ranges = {
  "1h": hourMs,
  "24h": 24 * hourMs,
  "7d": 168 * hourMs,
  "30d": 720 * hourMs,
  "90d": 2_160 * hourMs
}

/** The name of a window. */
export type Range = keyof typeof ranges

/** What a window is called in a sentence. */
export const rangeWords: Readonly<Record<Range, string>> = {
  "1h": "last hour",
  "24h": "last 24 hours",
  "7d": "last 7 days",
  "30d": "last 30 days",
  "90d": "last 90 days"
}
