/**
 * What "test now" found: one card a region, as the answers come.
 */
import type { RegionRun } from "@openseer/core/contract/MonitorsApi"
import { For, Show } from "solid-js"
import type { Problem } from "~/api/ApiProblem.ts"
import { Waterfall } from "~/charts/Waterfall.tsx"
import { type State, StatusPill } from "~/components/StatusPill.tsx"

/** One region: still running, answered, or refused. */
export interface DraftResult {
  readonly region: string
  readonly run?: RegionRun
  readonly problem?: Problem
}

const millis = (us: number): string => `${(us / 1_000).toLocaleString("en", { maximumFractionDigits: 1 })} ms`

/** Cards, in the order of the regions. Nothing in them was saved. */
export function DraftResults(props: { results: ReadonlyArray<DraftResult> }) {
  const maxUs = () => Math.max(0, ...props.results.map(({ run }) => run?.report?.observation?.totalUs ?? 0))
  return (
    <ul aria-label="Test results by region" aria-live="polite" class="grid gap-3 lg:grid-cols-2">
      <For each={props.results}>
        {(result) => (
          <li class="min-w-0 rounded-md border border-line p-3">
            <div class="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
              <span class="font-semibold">{result.region}</span>
              <Show when={result.run?.report} fallback={<Waiting result={result} />}>
                {(report) => (
                  <>
                    <StatusPill
                      state={stateOf(report().outcome)}
                      word={report().outcome === "error" ? "Not checked" : undefined}
                    />
                    <Show when={report().observation?.statusCode}>
                      <span class="text-muted">status {report().observation!.statusCode}</span>
                    </Show>
                    <Show when={report().observation}>
                      <span class="ml-auto">{millis(report().observation!.totalUs)}</span>
                    </Show>
                  </>
                )}
              </Show>
            </div>
            <Show when={result.run?.report}>
              {(report) => (
                <div class="flex flex-col gap-2">
                  <Show when={report().message}>
                    <p class={report().outcome === "up" ? "text-muted" : "text-down"}>{report().message}</p>
                  </Show>
                  <For each={report().failedAssertions ?? []}>
                    {(failed) => (
                      <p>
                        <span class="text-muted">Expected </span>
                        {failed.source}
                        {failed.property ? ` ${failed.property}` : ""} {failed.expected}
                        <span class="text-muted">, got </span>
                        <span class="font-mono break-words">{failed.actual}</span>
                      </p>
                    )}
                  </For>
                  <Show when={report().observation}>
                    {(observation) => (
                      <Waterfall
                        phases={observation().phases}
                        totalUs={observation().totalUs}
                        hops={observation().hops}
                        maxUs={maxUs()}
                      />
                    )}
                  </Show>
                </div>
              )}
            </Show>
          </li>
        )}
      </For>
    </ul>
  )
}

/** An error of ours says nothing of the target: unknown, not down. */
const stateOf = (outcome: "up" | "degraded" | "down" | "error"): State => (outcome === "error" ? "unknown" : outcome)

function Waiting(props: { result: DraftResult }) {
  return (
    <Show
      when={props.result.problem}
      fallback={
        <span class="text-muted">
          {props.result.run?.status === "pending"
            ? "No worker has answered: is there one in this region?"
            : "Checking…"}
        </span>
      }
    >
      {(problem) => <span class="text-down">{problem().detail ?? problem().title}</span>}
    </Show>
  )
}
