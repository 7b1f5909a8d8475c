/**
 * The overview of a monitor: its figures, its days, latency, phases and regions, all of one window.
 */
import { createAsync, revalidate } from "@solidjs/router"
import { createMemo, onCleanup, Show } from "solid-js"
import { getLatency, getTimeline, getUptime } from "~/api/Monitors.ts"
import { getMatrix, getPhases, getRegionLatency } from "~/api/Series.ts"
import { LatencyChart } from "~/charts/LatencyChart.tsx"
import { PhaseChart } from "~/charts/PhaseChart.tsx"
import { RegionMatrix } from "~/charts/RegionMatrix.tsx"
import { Guarded, Panel } from "~/components/Panel.tsx"
import { Skeleton } from "~/components/Skeleton.tsx"
import { onLive } from "~/live/Live.tsx"
import { refreshEvery } from "~/live/Refresh.ts"
import { spread } from "~/live/Spread.ts"
import { Figures } from "~/monitor/Figures.tsx"
import { HeartbeatPanel } from "~/monitor/HeartbeatPanel.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { RegionTable } from "~/monitor/RegionTable.tsx"
import { UptimeDays } from "~/monitor/UptimeDays.tsx"
import { isSame, useWindow } from "~/monitor/Window.tsx"
import { WindowBar } from "~/monitor/WindowBar.tsx"

const points = 600
/** Rows that somebody may read. */
const tablePoints = 48
const matrixPoints = 120
const stripDays = 90
// Each result changes the last bucket a little: asking for all of it that often would be a waste.
const liveEveryMs = 5_000
// Ninety days change less with each, and with midnight too, of which no event tells.
const daysEveryMs = 60_000

/** Inside of a `WindowProvider`. */
export function Overview() {
  const monitor = useMonitor()
  const view = useWindow()
  // Only what is another question is asked again: not when the monitor was read anew.
  const id = createMemo(() => monitor().id)
  const query = createMemo(() => view.query(), undefined, { equals: isSame })
  const window = () =>
    [view.words() ?? "the chosen window", view.region() ?? (monitor().regions.length > 1 ? "all regions" : undefined)]
      .filter(Boolean)
      .join(", ")
  const regionless = createMemo(
    () => {
      const { region: _, ...rest } = view.query()
      return rest
    },
    undefined,
    { equals: isSame }
  )
  const regionNames = createMemo(() => monitor().regions.map(({ region }) => region), undefined, { equals: isSame })
  const hasPhases = createMemo(() => monitor().heartbeat === undefined)

  // What is streamed later is put into its place by a script: without one, tables are waited for.
  const { isTables } = view
  const whole = { deferStream: isTables() }
  const columns = () => ({ ...query(), points: isTables() ? tablePoints : points })
  const latency = createAsync(() => getLatency(id(), columns()), whole)
  const uptime = createAsync(() => getUptime(id(), query()), whole)
  const timeline = createAsync(() => getTimeline(id(), { days: stripDays }), whole)
  const phases = createAsync(async () => (hasPhases() ? getPhases(id(), columns()) : undefined), whole)
  const matrix = createAsync(
    () => getMatrix(id(), { ...regionless(), points: isTables() ? tablePoints : matrixPoints }),
    whole
  )
  const regionLatency = createAsync(() => getRegionLatency(id(), regionNames(), regionless()), whole)
  const regionUptime = createAsync(() => getUptime(id(), regionless()), whole)

  let timer: ReturnType<typeof setTimeout> | undefined
  onLive((events) => {
    if (timer !== undefined || view.zoom()) return
    if (!events.some(({ data, event }) => event === "result" && data.monitorId === id())) return
    timer = setTimeout(() => {
      timer = undefined
      view.advance()
      void revalidate([getLatency.key, getUptime.key, getPhases.key, getMatrix.key, getRegionLatency.key])
    }, spread(liveEveryMs))
  })
  onCleanup(() => clearTimeout(timer))
  refreshEvery(daysEveryMs, [getTimeline.key])

  return (
    <div class="flex min-w-0 flex-col gap-4">
      <Show when={!hasPhases()}>
        <HeartbeatPanel />
      </Show>
      <WindowBar />
      <Show
        when={!isTables()}
        fallback={
          <p class="text-muted">
            As tables, {tablePoints} rows each, and a row a day.{" "}
            <a class="text-accent underline" href={view.href({ view: undefined })}>
              Show the charts
            </a>
          </p>
        }
      >
        <p class="hidden noscript:block">
          Figures and charts are put here by JavaScript, which is off.{" "}
          <a class="text-accent underline" href={view.href({ view: "tables" })}>
            Show them as tables
          </a>
          , which need none.
        </p>
      </Show>
      <div class={isTables() ? "contents" : "contents noscript:hidden"}>
        <Guarded fallback={<Skeleton class="h-30 rounded-panel" />} queries={[getLatency.key, getUptime.key]}>
          <Figures uptime={uptime.latest} series={latency.latest} window={window()} />
        </Guarded>
        <Panel
          title="Uptime by day"
          note={`last ${stripDays} days in UTC, all regions`}
          queries={getTimeline.key}
          fallback={<Skeleton class="h-24" />}
        >
          <Show when={timeline.latest}>{(known) => <UptimeDays days={known().days} label={monitor().name} />}</Show>
        </Panel>
        <Panel
          title={hasPhases() ? "Latency" : "Run time"}
          queries={getLatency.key}
          fallback={<Skeleton class="h-72" />}
        >
          <Show when={latency.latest}>{(series) => <LatencyChart series={series()} window={window()} />}</Show>
        </Panel>
        <Show when={hasPhases()}>
          <Panel title="Phases" queries={getPhases.key} fallback={<Skeleton class="h-56" />}>
            <Show when={phases.latest}>{(series) => <PhaseChart series={series()} window={window()} />}</Show>
          </Panel>
        </Show>
        <Panel
          title="Regions"
          note={view.words() ?? "the chosen window"}
          flush
          queries={[getMatrix.key, getUptime.key, getRegionLatency.key]}
          fallback={<Skeleton class="m-4 h-40" />}
        >
          <div class="p-4">
            <Show when={matrix.latest}>
              {(known) => (
                <RegionMatrix
                  matrix={known()}
                  latency={regionLatency.latest}
                  window={view.words() ?? "the chosen window"}
                />
              )}
            </Show>
          </div>
          <RegionTable uptime={regionUptime.latest} latency={regionLatency.latest} />
        </Panel>
      </div>
    </div>
  )
}
