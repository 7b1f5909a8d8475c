/**
 * Chooses what the page is about: window and region, both in the address, and out of a zoom again.
 */
import ZoomOut from "lucide-solid/icons/zoom-out"
import { createSignal, For, onMount, Show } from "solid-js"
import { RangePicker } from "~/components/RangePicker.tsx"
import { StateIcon, stateWord } from "~/components/StatusPill.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { useWindow } from "~/monitor/Window.tsx"

const link =
  "inline-flex min-h-6 items-center gap-1.5 rounded px-2 text-muted whitespace-nowrap hover:text-text " +
  "aria-[current=true]:bg-surface aria-[current=true]:font-semibold aria-[current=true]:text-text"

/** Links, so that all of it works without JavaScript. */
export function WindowBar() {
  const view = useWindow()
  const monitor = useMonitor()
  return (
    <div class="flex flex-wrap items-center gap-2">
      <RangePicker without={["from", "to"]} />
      <Show when={monitor().regions.length > 1}>
        <nav
          aria-label="Region"
          class="inline-flex max-w-full overflow-x-auto rounded-md border border-line bg-sunken p-0.5"
        >
          <a
            href={view.href({ region: undefined })}
            noScroll
            class={link}
            aria-current={view.region() === undefined ? "true" : undefined}
          >
            All regions
          </a>
          <For each={monitor().regions}>
            {(region) => (
              <a
                href={view.href({ region: region.region })}
                noScroll
                class={link}
                aria-current={view.region() === region.region ? "true" : undefined}
                title={`${region.region}: ${stateWord[region.state]}`}
              >
                <StateIcon state={region.state} size={14} />
                {region.region}
              </a>
            )}
          </For>
        </nav>
      </Show>
      <Show when={view.zoom()}>
        {(zoom) => (
          <span class="inline-flex items-center gap-2">
            <Span fromMs={zoom().fromMs} toMs={zoom().toMs} />
            <a href={view.href({ from: undefined, to: undefined })} noScroll class={`${link} text-accent`}>
              <ZoomOut size={14} aria-hidden="true" /> Show all
            </a>
          </span>
        )}
      </Show>
    </div>
  )
}

/** From when to when: in UTC until the reader's zone is known. */
export function Span(props: { fromMs: number; toMs: number }) {
  const [zone, setZone] = createSignal<string | undefined>("UTC")
  onMount(() => setZone(undefined))
  const words = () => {
    const format = new Intl.DateTimeFormat("en", {
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(zone() === undefined ? {} : { timeZone: zone(), timeZoneName: "short" })
    })
    return format.formatRange(props.fromMs, props.toMs)
  }
  return (
    <span
      class="font-medium whitespace-nowrap"
      title={`${new Date(props.fromMs).toISOString()} – ${new Date(props.toMs).toISOString()}`}
    >
      {words()}
    </span>
  )
}
