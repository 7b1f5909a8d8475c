/**
 * Runs of one check side by side, a region each, on one axis: of "run now" and of drafts.
 */
import Loader from "lucide-solid/icons/loader-circle"
import { For, Match, Show, Switch } from "solid-js"
import { problemSentence } from "~/api/ProblemSentence.ts"
import { millis } from "~/charts/Quantity.ts"
import { ofReport } from "~/checks/Evidence.ts"
import { OutcomePill } from "~/checks/OutcomePill.tsx"
import type { RegionCheck } from "~/checks/RegionChecks.ts"
import { RunEvidence } from "~/checks/RunEvidence.tsx"

/** Each region with its report, or with why there is none. */
export function RegionRuns(props: { checks: ReadonlyArray<RegionCheck> }) {
  const longest = () => Math.max(0, ...props.checks.map(({ run }) => run?.report?.observation?.totalUs ?? 0))
  return (
    <ul class="flex min-w-0 flex-col gap-3">
      <For each={props.checks}>
        {(check) => (
          <li class="min-w-0 rounded-panel border border-line">
            <Show
              when={check.run?.report}
              fallback={
                <p class="flex items-center gap-2 px-3 py-2 text-muted">
                  <span class="font-medium text-text">{check.region}</span>
                  <Switch
                    fallback={
                      <>
                        <Loader size={14} class="animate-spin" aria-hidden="true" /> Waiting for a worker…
                      </>
                    }
                  >
                    <Match when={check.problem}>
                      {(problem) => (
                        <span role="alert" class="text-down">
                          {problemSentence(problem())}
                        </span>
                      )}
                    </Match>
                    <Match when={check.run}>No worker answered in time. Is one enrolled in this region?</Match>
                  </Switch>
                </p>
              }
            >
              {(report) => (
                <details open={report().outcome !== "up" || props.checks.length < 4}>
                  <summary class="flex min-h-9 items-center gap-3 px-3 hover:bg-hover">
                    <span class="font-medium">{check.region}</span>
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
