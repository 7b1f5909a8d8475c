/**
 * An instant to the second: in UTC from the server, in the reader's time once the page has come to life.
 */
import { createSignal, onMount } from "solid-js"

/** The other of the two is shown on hover. */
export function ExactTime(props: { at: string }) {
  const [isLocal, setLocal] = createSignal(false)
  onMount(() => setLocal(true))
  const utc = () => `${new Date(props.at).toISOString().slice(0, 19).replace("T", " ")} UTC`
  // Sweden writes times as ISO 8601 does.
  const local = () => new Date(props.at).toLocaleString("sv", { dateStyle: "short", timeStyle: "medium" })
  return (
    <time datetime={props.at} title={isLocal() ? utc() : props.at} class="whitespace-nowrap">
      {isLocal() ? local() : utc()}
    </time>
  )
}
