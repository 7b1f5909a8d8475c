/**
 * The regions of a monitor in numbers, over the window, with what each last knew.
 */
import type { Latency, Uptime } from "@openseer/core/contract/ResultsApi"
import { For, Show } from "solid-js"
import { count, millis, percent } from "~/charts/Quantity.ts"
import { reasonWords } from "~/checks/ReasonWords.ts"
import { StatusPill } from "~/components/StatusPill.tsx"
import { Time } from "~/components/Time.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"

/** A region without results is unknown, and says so. */
export function RegionTable(props: {
  uptime: Uptime | undefined
  latency: Readonly<Record<string, Latency>> | undefined
}) {
  const monitor = useMonitor()
  const uptimeOf = (region: string) => props.uptime?.regions.find((one) => one.region === region)
  return (
    <div class="overflow-x-auto" role="region" aria-label="Regions in numbers" tabindex="0">
      <table class="w-full border-collapse">
        <thead class="text-muted">
          <tr>
            <th scope="col" class="px-4 py-1.5 text-left font-medium">
              Region
            </th>
            <th scope="col" class="px-3 py-1.5 text-left font-medium">
              Now
            </th>
            <th scope="col" class="px-3 py-1.5 text-right font-medium">
              Uptime
            </th>
            <th scope="col" class="px-3 py-1.5 text-right font-medium">
              Observed
            </th>
            <th scope="col" class="px-3 py-1.5 text-right font-medium">
              P95
            </th>
            <th scope="col" class="px-3 py-1.5 text-right font-medium">
              Failures
            </th>
            <th scope="col" class="px-4 py-1.5 text-right font-medium">
              Not made
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={monitor().regions}>
            {(region) => {
              const uptime = () => uptimeOf(region.region)
              return (
                <tr class="border-t border-line">
                  <th scope="row" class="px-4 py-2 text-left font-medium whitespace-nowrap">
                    {region.region}
                  </th>
                  <td class="px-3 py-2 whitespace-nowrap">
                    <span class="flex items-center gap-2">
                      <StatusPill state={region.state} plain />
                      <Show when={region.since}>
                        {(since) => (
                          <span class="text-muted">
                            for <Time at={since()} since />
                          </span>
                        )}
                      </Show>
                    </span>
                    <Show when={region.state === "unknown"}>
                      <span class="block text-muted">no worker reports</span>
                    </Show>
                    <Show when={region.state !== "unknown" && region.reason}>
                      {(reason) => <span class="block text-muted">{reasonWords(reason())}</span>}
                    </Show>
                  </td>
                  <td class="px-3 py-2 text-right whitespace-nowrap">{percent(uptime()?.uptime)}</td>
                  <td class="px-3 py-2 text-right whitespace-nowrap">{percent(uptime()?.coverage, 1)}</td>
                  <td class="px-3 py-2 text-right whitespace-nowrap">{millis(props.latency?.[region.region]?.p95)}</td>
                  <td class={`px-3 py-2 text-right ${uptime()?.down ? "text-down" : ""}`}>
                    {count(uptime()?.down ?? 0)}
                  </td>
                  <td class="px-4 py-2 text-right whitespace-nowrap">
                    {count((uptime()?.error ?? 0) + (uptime()?.missed ?? 0))}
                  </td>
                </tr>
              )
            }}
          </For>
        </tbody>
      </table>
    </div>
  )
}
