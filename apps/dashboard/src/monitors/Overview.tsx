/**
 * How everything is: the sentence at the top of the list, and what is wrong now.
 */
import type { AttentionMonitor, Overview } from "@openseer/core/contract/ResultsApi"
import { A, useLocation } from "@solidjs/router"
import CircleCheck from "lucide-solid/icons/circle-check"
import { For, Show } from "solid-js"
import { type State, StateIcon, StatusPill, stateText } from "~/components/StatusPill.tsx"
import { Time } from "~/components/Time.tsx"
import { causes, failingRegions } from "~/monitors/Attention.ts"
import { hrefWith } from "~/monitors/Filter.ts"
import { allUp, type Counts, headlineParts, totalOf } from "~/monitors/Headline.ts"

/**
 * "1 down, 1 degraded, 9 up": each part shows those monitors alone. Plain links: the router's own look at the path alone
 * to say which is current.
 */
export function Headline(props: { counts: Counts; state: State | undefined }) {
  const location = useLocation()
  return (
    <h1 class="flex min-h-9 flex-wrap items-center gap-x-2 gap-y-1 text-xl font-semibold">
      <Show when={allUp(props.counts)}>
        {(words) => (
          <span class="inline-flex items-center gap-2">
            <CircleCheck size={20} class="text-up" aria-hidden="true" />
            {words()}
          </span>
        )}
      </Show>
      <Show when={allUp(props.counts) === undefined}>
        <For each={headlineParts(props.counts)}>
          {(part, i) => (
            <a
              href={hrefWith(location.search, { state: props.state === part.state ? undefined : part.state })}
              noScroll
              aria-current={props.state === part.state ? "true" : undefined}
              title={props.state === part.state ? "Show all monitors" : `Show those that are ${part.state}`}
              class={`-mx-1 inline-flex min-h-8 items-center gap-1.5 rounded-md px-1.5 hover:bg-hover aria-[current=true]:bg-surface aria-[current=true]:shadow-[inset_0_0_0_1px_var(--line-strong)] ${stateText[part.state]}`}
            >
              <StateIcon state={part.state} size={18} />
              {part.text}
              <span class="sr-only">{i() < headlineParts(props.counts).length - 1 ? "," : "."}</span>
            </a>
          )}
        </For>
      </Show>
    </h1>
  )
}

const shown = 5

/** What is down, degraded or unknown, the worst first; where there is much of it, the first few. */
export function WrongNow(props: { overview: Overview }) {
  const location = useLocation()
  const first = () => props.overview.attention.slice(0, shown)
  const rest = () => {
    const counts: Record<string, number> = { ...props.overview.monitors, up: 0, paused: 0 }
    for (const { state } of first()) counts[state] = (counts[state] ?? 0) - 1
    return headlineParts(counts as Counts)
  }
  return (
    <Show when={props.overview.attention.length > 0}>
      <section aria-labelledby="wrong-now" class="mt-3 overflow-hidden rounded-panel border border-line bg-surface">
        <h2 id="wrong-now" class="border-b border-line px-4 py-2 font-semibold">
          Wrong now
        </h2>
        <ul>
          <For each={first()}>{(monitor) => <WrongMonitor monitor={monitor} />}</For>
        </ul>
        <Show when={rest().length > 0}>
          <p class="flex flex-wrap gap-x-3 gap-y-1 px-4 py-2 text-muted">
            And{" "}
            <For each={rest()}>
              {(part) => (
                <A class="text-accent underline" href={hrefWith(location.search, { state: part.state })} noScroll>
                  {part.text} more
                </A>
              )}
            </For>
          </p>
        </Show>
      </section>
    </Show>
  )
}

function WrongMonitor(props: { monitor: AttentionMonitor }) {
  const failing = () => failingRegions(props.monitor)
  return (
    <li class="relative grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 border-b border-line px-4 py-2 last:border-b-0 has-[a:hover]:bg-hover md:grid-cols-[88px_minmax(8rem,2fr)_minmax(0,5fr)_7.5rem]">
      <StatusPill state={props.monitor.state} plain />
      <A
        href={`/monitors/${encodeURIComponent(props.monitor.id)}`}
        title={props.monitor.name}
        class="order-3 col-span-2 block truncate font-semibold outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent md:order-none md:col-span-1"
      >
        {props.monitor.name}
      </A>
      <p class="order-4 col-span-2 min-w-0 break-words text-muted md:order-none md:col-span-1">
        <span class={props.monitor.state === "unknown" ? "" : "text-text"}>
          {causes(props.monitor).join("; ") ||
            (props.monitor.since ? "Nothing was heard of it lately" : "Waits for its first check")}
        </span>{" "}
        · {failing().text}
      </p>
      <span class="order-2 text-muted md:order-none md:text-right">
        <Show when={props.monitor.since} fallback="new">
          {(since) => (
            <>
              for <Time at={since()} since />
            </>
          )}
        </Show>
      </span>
    </li>
  )
}

/** How many monitors there are in all. */
export const monitorsIn = (overview: Overview | undefined): number => (overview ? totalOf(overview.monitors) : 0)
