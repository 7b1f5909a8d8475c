/**
 * An instant as a clock shows it, in the reader's zone; on the server, which does not know it, in UTC.
 */
import { createSignal, onMount } from "solid-js"

const shape = {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
} as const

/** "Nov 25, 14:05:09". */
export function LocalTime(props: { at: string; class?: string }) {
  const [isMounted, setMounted] = createSignal(false)
  onMount(() => setMounted(true))
  const words = () =>
    new Date(props.at).toLocaleString("en", isMounted() ? shape : { ...shape, timeZone: "UTC", timeZoneName: "short" })
  return (
    <time datetime={props.at} title={props.at} class={`whitespace-nowrap ${props.class ?? ""}`}>
      {words()}
    </time>
  )
}
