/**
 * What stands where nothing is yet: what it would be, and how to get it.
 */
import type { JSX } from "solid-js"

/** A heading, a sentence, and what to do. */
export function EmptyState(props: { title: string; children?: JSX.Element; actions?: JSX.Element }) {
  return (
    <div class="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <h2 class="text-lg font-semibold">{props.title}</h2>
      <div class="max-w-prose text-muted">{props.children}</div>
      <div class="mt-2 flex flex-wrap justify-center gap-2">{props.actions}</div>
    </div>
  )
}
