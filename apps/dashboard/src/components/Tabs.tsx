/**
 * Tabs that are pages: each has its own address.
 */
import { A } from "@solidjs/router"
import { For } from "solid-js"

/** `end` for the tab whose path begins those of the others. */
export function Tabs(props: {
  label: string
  tabs: ReadonlyArray<{ readonly href: string; readonly label: string; readonly end?: boolean }>
}) {
  return (
    <nav aria-label={props.label} class="flex gap-1 overflow-x-auto border-b border-line">
      <For each={props.tabs}>
        {(tab) => (
          <A
            href={tab.href}
            end={tab.end ?? false}
            class="-mb-px inline-flex min-h-9 items-center border-b-2 px-3 font-medium whitespace-nowrap"
            activeClass="border-accent text-text"
            inactiveClass="border-transparent text-muted hover:text-text"
          >
            {tab.label}
          </A>
        )}
      </For>
    </nav>
  )
}
