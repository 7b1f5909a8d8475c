/**
 * The start page: how everything is.
 */
import { Title } from "@solidjs/meta"
import { createAsync } from "@solidjs/router"
import { For } from "solid-js"
import { getOverview } from "~/api/Monitors.ts"
import { Panel } from "~/components/Panel.tsx"
import { StatusPill, states } from "~/components/StatusPill.tsx"
import { revalidateOnLive } from "~/live/Live.tsx"

export const route = { preload: () => void getOverview() }

export default function MonitorsPage() {
  const overview = createAsync(() => getOverview())
  revalidateOnLive(getOverview.key)
  return (
    <>
      <Title>Monitors · OpenSeer</Title>
      <h1 class="mb-4 text-xl font-semibold">Monitors</h1>
      <Panel title="Now" queries={getOverview.key}>
        <ul class="flex flex-wrap gap-4">
          <For each={states}>
            {(state) => (
              <li class="flex items-center gap-2">
                <StatusPill state={state} /> {overview()?.monitors[state]}
              </li>
            )}
          </For>
        </ul>
      </Panel>
    </>
  )
}
