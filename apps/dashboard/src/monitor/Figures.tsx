/**
 * The figures of a monitor over the window: each with what it is of.
 */
import type { LatencySeries, Uptime } from "@openseer/core/contract/ResultsApi"
import { createUniqueId, For } from "solid-js"
import { count, counted, millis, percent } from "~/charts/Quantity.ts"

/** `window` says what they are about: it is written above them. */
export function Figures(props: { uptime: Uptime | undefined; series: LatencySeries | undefined; window: string }) {
  const id = createUniqueId()
  const items = () => {
    const { series, uptime } = props
    const overall = series?.overall
    const made = uptime ? uptime.up + uptime.degraded + uptime.down : 0
    const unsaid = uptime ? uptime.error + uptime.missed : 0
    const of = overall ? `of ${counted(overall.n, "run")}` : ""
    const badly = uptime && uptime.down > 0
    return [
      {
        name: "Uptime",
        value: percent(uptime?.uptime),
        note: uptime?.coverage == null ? "nothing was observed" : `of ${percent(uptime.coverage, 1)} observed`,
        tone: uptime?.uptime == null ? "text-unknown" : ""
      },
      { name: "P50", value: millis(overall?.p50), note: of, tone: "" },
      { name: "P95", value: millis(overall?.p95), note: of, tone: "" },
      { name: "P99", value: millis(overall?.p99), note: of, tone: "" },
      {
        name: "Checks",
        value: count(made),
        note: unsaid === 0 ? "none missed" : `${count(unsaid)} more not made`,
        tone: ""
      },
      {
        name: "Failures",
        value: count(uptime?.down ?? 0),
        note: `${count(uptime?.degraded ?? 0)} degraded`,
        tone: badly ? "text-down" : ""
      }
    ]
  }
  return (
    <section aria-labelledby={id} class="flex flex-col gap-1">
      <p id={id} class="text-muted first-letter:uppercase">
        {props.window}
      </p>
      <dl class="grid grid-cols-2 gap-px overflow-hidden rounded-panel border border-line bg-line sm:grid-cols-3 xl:grid-cols-6">
        <For each={items()}>
          {(item) => (
            <div class="bg-surface px-4 py-3">
              <dt class="text-muted">{item.name}</dt>
              <dd>
                <span class={`block text-xl font-semibold ${item.tone}`}>{item.value}</span>
                <span class="text-muted">{item.note}</span>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </section>
  )
}
