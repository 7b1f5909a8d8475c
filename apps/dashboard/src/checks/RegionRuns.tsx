/**
 * Runs of one check side by side, a region each, on one axis: of "run now" and of drafts.
 */
import type { RegionRun } from "@openseer/core/contract/MonitorsApi"
import Loader from "lucide-solid/icons/loader-circle"
import { For, Show } from "solid-js"
import { millis } from "~/charts/Quantity.ts"
import { ofReport } from "~/checks/Evidence.ts"
import { OutcomePill } from "~/checks/OutcomePill.tsx"
import { RunEvidence } from "~/checks/RunEvidence.tsx"

/** `isWaiting`: regions without a report are still being asked. */
export function RegionRuns(props: { runs: ReadonlyArray<RegionRun>; isWaiting?: boolean }) {
  const longest = () => Math.max(0, ...props.runs.map(({ report }) => report?.observation?.totalUs ?? 0))
  return (
    <ul class="flex min-w-0 flex-col gap-3">
      <For each={props.runs}>
        {(run) => (
          <li class="min-w-0 rounded-panel border border-line">
            <Show
              when={run.report}
              fallback={
                <p class="flex items-center gap-2 px-3 py-2 text-muted">
                  <span class="font-medium text-text">{run.region}</span>
                  <Show when={props.isWaiting} fallback="No worker answered in time. Is one enrolled in this region?">
                    <Loader size={14} class="animate-spin" aria-hidden="true" /> Waiting for a worker…
                  </Show>
                </p>
              }
            >
              {(report) => (
                <details open={report().outcome !== "up" || props.runs.length < 4}>
                  <summary class="flex min-h-9 items-center gap-3 px-3 hover:bg-hover">
                    <span class="font-medium">{run.region}</span>
                    <OutcomePill outcome={report().outcome} />
                    <span class="ml-auto">{millis(report().observation?.totalUs)}</span>
                  </summary>
                  <div class="border-t border-line p-3">
                    <RunEvidence evidence={ofReport(report())} maxUs={longest()} />
                  </div>
                </details>
              )}
            </Show>
          </li>
        )}
      </For>
    </ul>
  )
}
