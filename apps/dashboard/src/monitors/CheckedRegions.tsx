/**
 * What came of a check that is saved nowhere, region by region, as it comes.
 */
import LoaderCircle from "lucide-solid/icons/loader-circle"
import { For, Match, Show, Switch } from "solid-js"
import { problemSentence } from "~/api/ProblemSentence.ts"
import { millis } from "~/charts/Quantity.ts"
import { PhaseKey, WaterfallLine } from "~/charts/Waterfall.tsx"
import type { RegionCheck } from "~/checks/RegionChecks.ts"
import { StatusPill } from "~/components/StatusPill.tsx"

/** Regions that are left out are not watched from. The bars have one axis, so that regions can be compared. */
export function CheckedRegions(props: {
  url: string
  checks: ReadonlyArray<RegionCheck>
  left: ReadonlyArray<string>
  leave: (region: string, isLeft: boolean) => void
}) {
  const maxUs = () => Math.max(1, ...props.checks.map(({ run }) => run?.report?.observation?.totalUs ?? 0))
  const done = () => props.checks.filter(({ problem, run }) => run !== undefined || problem !== undefined).length
  return (
    <section aria-label="Results of the check" class="rounded-panel border border-line bg-surface">
      <header class="flex flex-wrap items-baseline gap-x-3 border-b border-line px-4 py-2">
        <h2 class="min-w-0 truncate font-mono font-semibold" title={props.url}>
          {props.url}
        </h2>
        <span role="status" class="ml-auto text-muted">
          {done() === props.checks.length ? "just now" : `${done()} of ${props.checks.length} regions`}
        </span>
      </header>
      <ul>
        <For each={props.checks}>
          {(check) => (
            <li class="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0">
              <input
                type="checkbox"
                class="size-4"
                aria-label={`Watch from ${check.region}`}
                checked={!props.left.includes(check.region)}
                onChange={(event) => props.leave(check.region, !event.currentTarget.checked)}
              />
              <span class="font-medium">{check.region}</span>
              <RunState check={check} />
              <div class="col-span-2 col-start-2 min-w-0">
                <RunFacts check={check} maxUs={maxUs()} />
              </div>
            </li>
          )}
        </For>
      </ul>
      <div class="px-4 pb-3">
        <PhaseKey />
      </div>
    </section>
  )
}

function RunState(props: { check: RegionCheck }) {
  const report = () => props.check.run?.report
  return (
    <Switch
      fallback={
        <span class="inline-flex items-center gap-1.5 text-muted">
          <LoaderCircle size={14} class="animate-spin" aria-hidden="true" /> Checking…
        </span>
      }
    >
      <Match when={props.check.problem}>
        <StatusPill state="unknown" word="Not checked" plain />
      </Match>
      <Match when={report()?.outcome === "error"}>
        <StatusPill state="unknown" word="Not known" plain />
      </Match>
      <Match when={report()}>
        {(found) => <StatusPill state={found().outcome as "up" | "degraded" | "down"} plain />}
      </Match>
      <Match when={props.check.run?.status === "pending"}>
        <StatusPill state="unknown" word="No answer yet" plain />
      </Match>
    </Switch>
  )
}

function RunFacts(props: { check: RegionCheck; maxUs: number }) {
  const report = () => props.check.run?.report
  const observation = () => report()?.observation
  const facts = () => {
    const seen = observation()
    if (seen === undefined) return ""
    return [seen.statusCode && `status ${seen.statusCode}`, millis(seen.totalUs), seen.protocol, seen.address]
      .filter(Boolean)
      .join(" · ")
  }
  return (
    <>
      <Show when={observation()} fallback={<div class="h-[14px] rounded-sm bg-sunken" />}>
        {(seen) => <WaterfallLine phases={seen().phases} totalUs={seen().totalUs} maxUs={props.maxUs} />}
      </Show>
      <p class="mt-1 min-h-5 break-words text-muted">
        <Show when={props.check.problem}>{(problem) => problemSentence(problem())}</Show>
        <Show when={props.check.run?.status === "pending"}>
          No worker of this region has answered within 20 seconds.
        </Show>
        <Show when={report()?.message ?? report()?.reason}>{(why) => <span class="text-text">{why()} </span>}</Show>
        <For each={report()?.failedAssertions}>
          {(failed) => <span class="text-text">{"message" in failed ? String(failed.message) : ""} </span>}
        </For>
        {facts()}
      </p>
    </>
  )
}
