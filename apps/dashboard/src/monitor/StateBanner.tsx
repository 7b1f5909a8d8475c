/**
 * What is wrong with a monitor: its state, for how long, why in words, and the check that shows it one click away.
 */
import { A } from "@solidjs/router"
import { For, Show } from "solid-js"
import { StateIcon, stateText, stateWord } from "~/components/StatusPill.tsx"
import { Time } from "~/components/Time.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { culprits, sinceOf, whyWords } from "~/monitor/StateWords.ts"

const grounds = {
  up: "",
  degraded: "border-degraded-fill/50 bg-degraded-soft",
  down: "border-down-fill/50 bg-down-soft",
  paused: "border-line bg-paused-soft",
  unknown: "border-line bg-unknown-soft"
}

/** Nothing while all is up. */
export function StateBanner() {
  const monitor = useMonitor()
  const messages = () =>
    culprits(monitor().regions, monitor().state)
      .filter(({ message }) => message !== undefined)
      .slice(0, 3)
  return (
    <>
      {/* Told when it changes; the banner has a duration, which changes every second. */}
      <p aria-live="polite" class="sr-only">
        {stateWord[monitor().state]}. {monitor().state === "up" ? "" : whyWords(monitor())}
      </p>
      <Show when={monitor().state !== "up"}>
        <section
          aria-label="State"
          class={`flex flex-wrap items-start gap-x-3 gap-y-1 rounded-panel border px-4 py-3 ${grounds[monitor().state]}`}
        >
          <StateIcon state={monitor().state} size={20} />
          <div class="min-w-0 flex-1 basis-60">
            <p>
              <strong class={`font-semibold ${stateText[monitor().state]}`}>
                {stateWord[monitor().state]}
                <Show when={sinceOf(monitor())}>
                  {(since) => (
                    <>
                      {" "}
                      for <Time at={since()} since />
                    </>
                  )}
                </Show>
              </strong>{" "}
              {whyWords(monitor())}
            </p>
            <ul>
              <For each={messages()}>
                {(region) => (
                  <li class="break-words">
                    <span class="text-muted">{region.region}: </span>
                    {region.message}
                  </li>
                )}
              </For>
            </ul>
          </div>
          <Show when={monitor().state === "down" || monitor().state === "degraded"}>
            <A
              href={`/monitors/${monitor().id}/checks?outcome=${culprits(monitor().regions, monitor().state)[0]?.state ?? "down"}&run=latest`}
              class="ml-8 inline-flex min-h-6 items-center font-medium underline underline-offset-2 md:ml-0"
            >
              See the failed check
            </A>
          </Show>
        </section>
      </Show>
    </>
  )
}
