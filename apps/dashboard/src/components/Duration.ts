/**
 * How long something took, and how long ago it was, in words.
 */

const units: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000]
]
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" })

/** "3 min. ago", "in 2 days". Within a second it is "now". */
export const relativeTime = (at: number, now: number): string => {
  const away = at - now
  for (const [unit, ms] of units) {
    if (Math.abs(away) >= ms) return relative.format(Math.trunc(away / ms), unit)
  }
  return "now"
}

/** "2 d 3 h", "4 min 5 s", "12 s": how long something has been or took, in milliseconds. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"]
  ] as const
  const from = parts.findIndex(([count]) => count > 0)
  if (from < 0) return "0 s"
  return parts
    .slice(from, from + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ")
}
