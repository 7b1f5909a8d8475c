/**
 * Reads queries anew by the clock, for what no event tells of.
 */
import { revalidate } from "@solidjs/router"
import { onCleanup, onMount } from "solid-js"

/** Every `everyMs` while the page can be seen, and as long as the component lives. */
export const refreshEvery = (everyMs: number, queries: Array<string>): void => {
  onMount(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void revalidate(queries)
    }, everyMs)
    onCleanup(() => clearInterval(timer))
  })
}
