/**
 * The regions, each with its workers in a sentence.
 */
import { createAsyncStore } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getRegions } from "~/api/Workers.ts"
import { Guarded } from "~/components/Panel.tsx"
import { Skeleton } from "~/components/Skeleton.tsx"
import { StatusPill } from "~/components/StatusPill.tsx"
import { Time } from "~/components/Time.tsx"
import { regionSaying } from "~/workers/HealthWords.ts"

/** Cards, one a region. */
export function Regions() {
  const regions = createAsyncStore(() => getRegions(), { deferStream: true, reconcile: { key: "name" } })
  return (
    <section aria-labelledby="regions">
      <h2 id="regions" class="sr-only">
        Regions
      </h2>
      <Guarded fallback={<Skeleton class="h-24" />} queries={getRegions.key}>
        <ul class="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-4">
          <For each={regions()?.items}>
            {(region) => {
              const saying = () => regionSaying(region)
              return (
                <li class="flex min-w-0 flex-col gap-1.5 rounded-panel border border-line bg-surface px-4 py-3">
                  <div class="flex items-center justify-between gap-2">
                    <h3 class="min-w-0 font-semibold wrap-anywhere">{region.name}</h3>
                    <StatusPill state={saying().state} word={saying().word} />
                  </div>
                  <p class={saying().state === "up" ? "text-muted" : ""}>{saying().sentence}</p>
                  <p class="mt-auto text-muted">
                    <Show when={region.seenAt} fallback="Never heard of">
                      {(at) => (
                        <>
                          Heard of <Time at={at()} />
                        </>
                      )}
                    </Show>
                    <Show when={region.owner === "instance"}> · of the instance, for all organizations</Show>
                  </p>
                </li>
              )
            }}
          </For>
        </ul>
      </Guarded>
    </section>
  )
}
