/**
 * What stands around the tabs of a monitor: its head, its state and its live stream.
 */
import type { Monitor } from "@openseer/core"
import { createAsync, revalidate, type RouteDefinition, type RouteSectionProps } from "@solidjs/router"
import { createMemo, Show } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { getMonitor } from "~/api/Monitors.ts"
import { NotFound } from "~/components/NotFound.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { onLive, watchMonitor } from "~/live/Live.tsx"
import { MonitorContext } from "~/monitor/MonitorContext.ts"
import { MonitorHead } from "~/monitor/MonitorHead.tsx"
import { StateBanner } from "~/monitor/StateBanner.tsx"

/** The monitor, or nothing where there is none: that is an answer, and no failure. */
const find = async (id: string) => {
  try {
    return await getMonitor(id)
  } catch (error) {
    // An id that can't be one is a bad request to the API; to a reader it is a page that does not exist.
    if (error instanceof Response || ![400, 404].includes(problemOf(error).status)) throw error
    return null
  }
}

// The read itself, of which the router hears when it fails: nobody would hear of a promise of our own.
export const route = { preload: ({ params }) => void getMonitor(params["id"]!) } satisfies RouteDefinition

export default function MonitorLayout(props: RouteSectionProps) {
  const id = () => props.params["id"]!
  const monitor = createAsync(() => find(id()), { deferStream: true })
  // Of one that is removed while it is shown, readers may run once more before they are taken away.
  const last = createMemo<Monitor.Monitor | undefined>((before) => monitor.latest ?? before)
  // Nothing is told of what can't be an id, and asking would only be refused, again and again.
  if (/^mon_\w+$/.test(id())) watchMonitor(id())
  onLive((events) => {
    const matters = events.some(
      ({ data, event }) => (event === "state" || event === "monitor") && data.monitorId === id()
    )
    if (matters) void revalidate(getMonitor.keyFor(id()))
  })
  return (
    <Show when={monitor.latest !== null} fallback={<NotFound what="monitor" />}>
      <Show when={last()}>
        {(known) => (
          <MonitorContext.Provider value={known}>
            <PageTitle words={known().name} />
            <MonitorHead />
            <div class="flex flex-col gap-4">
              <StateBanner />
              {props.children}
            </div>
          </MonitorContext.Provider>
        )}
      </Show>
    </Show>
  )
}
