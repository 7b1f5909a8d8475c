/**
 * Placeholders of the final size, so that nothing moves when the content comes.
 */
import { Index } from "solid-js"

/** A grey block; its size comes by `class`. */
export function Skeleton(props: { class?: string }) {
  return <div aria-hidden="true" class={`animate-pulse rounded bg-sunken ${props.class ?? "h-5"}`} />
}

/** Rows of a table; `class` is the height of one. */
export function SkeletonRows(props: { rows: number; class?: string }) {
  return (
    <div role="status" class="flex flex-col gap-px">
      <span class="sr-only">Loading</span>
      <Index each={Array.from({ length: props.rows })}>
        {() => <Skeleton class={`rounded-none ${props.class ?? "h-11"}`} />}
      </Index>
    </div>
  )
}
