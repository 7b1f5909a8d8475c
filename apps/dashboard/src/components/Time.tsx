/**
 * An instant: relative to now, exact on hover, in the reader's time and in UTC.
 */
import { createSignal, onCleanup, onMount } from "solid-js"
import { isServer } from "solid-js/web"

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

// One clock for all: a thousand rows are not a thousand timers.
const [present, setPresent] = createSignal(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The present, told every second while somebody looks at it. */
export const useNow = (): (() => number) => {
  if (isServer) {
    const at = Date.now()
    return () => at
  }
  onMount(() => {
    readers++
    timer ??= setInterval(() => setPresent(Date.now()), 1_000)
    setPresent(Date.now())
    onCleanup(() => {
      if (--readers > 0) return
      clearInterval(timer)
      timer = undefined
    })
  })
  return present
}

/** An instant as ISO 8601 text or milliseconds. With `since`, how long ago without "ago": "4 min 5 s". */
export function Time(props: { at: string | number; since?: boolean; class?: string }) {
  const now = useNow()
  const at = () => new Date(props.at)
  // The server does not know the reader's zone: it says UTC alone, and the browser adds to it.
  const [isHere, setHere] = createSignal(false)
  onMount(() => setHere(true))
  const exact = () => {
    const utc = `${at().toISOString().slice(0, 19).replace("T", " ")} UTC`
    return isHere() ? `${at().toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" })} (${utc})` : utc
  }
  return (
    <time datetime={at().toISOString()} title={exact()} class={`whitespace-nowrap ${props.class ?? ""}`}>
      {props.since ? duration(now() - at().getTime()) : relativeTime(at().getTime(), now())}
    </time>
  )
}
