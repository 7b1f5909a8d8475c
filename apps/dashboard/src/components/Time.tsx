/**
 * An instant: relative to now, exact on hover, in the reader's time and in UTC.
 */
import { createSignal, onCleanup, onMount } from "solid-js"
import { isServer } from "solid-js/web"
import { duration, relativeTime } from "~/components/Duration.ts"

export { duration, relativeTime }

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
