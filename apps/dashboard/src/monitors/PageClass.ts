/**
 * A class of the whole page, as long as a component lives.
 */
import { onCleanup, onMount } from "solid-js"

/** Sets it in the browser. */
export const usePageClass = (name: string): void => {
  onMount(() => {
    document.documentElement.classList.add(name)
    onCleanup(() => document.documentElement.classList.remove(name))
  })
}
