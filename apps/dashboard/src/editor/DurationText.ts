/**
 * Durations as people write them: `90 s`, `5 min`, `1 d`; milliseconds in the API.
 */

const units: ReadonlyArray<readonly [name: string, ms: number]> = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
  ["ms", 1]
]

const spelled: Readonly<Record<string, string>> = {
  m: "min",
  mins: "min",
  minute: "min",
  minutes: "min",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  hour: "h",
  hours: "h",
  day: "d",
  days: "d",
  millisecond: "ms",
  milliseconds: "ms"
}

/** In the largest unit that leaves no fraction: 90,000 is `90 s`, 300,000 is `5 min`. */
export const durationWords = (ms: number): string => {
  const [name, size] = units.find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0) ?? ["ms", 1]
  return `${ms / size} ${name}`
}

/** Milliseconds; a bare number is in `unit`. Undefined when it is no duration. */
export const durationMs = (text: string, unit: "s" | "ms" = "s"): number | undefined => {
  const parts = /^(\d+(?:[.,]\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  if (parts === null) return undefined
  const word = parts[2]!.toLowerCase() || unit
  const size = units.find(([name]) => name === (spelled[word] ?? word))?.[1]
  return size === undefined ? undefined : Math.round(Number(parts[1]!.replace(",", ".")) * size)
}
