/**
 * The days of a monitor: as a strip, of which one can be chosen, or as a table.
 */
import type { Timeline } from "@openseer/core/contract/ResultsApi"
import { createSignal, createUniqueId, Show } from "solid-js"
import { ColumnTable } from "~/charts/ColumnTable.tsx"
import { count, percent } from "~/charts/Quantity.ts"
import { TableToggle } from "~/charts/TableToggle.tsx"
import { UptimeStrip } from "~/components/UptimeStrip.tsx"
import { useWindow } from "~/monitor/Window.tsx"

const dayMs = 86_400_000

/** `label` is what they are about: the monitor's name. */
export function UptimeDays(props: { days: Timeline["days"]; label: string }) {
  const view = useWindow()
  const [chosen, setTable] = createSignal<boolean>()
  const isTable = () => chosen() ?? view.isTables()
  const id = createUniqueId()
  const length = () => props.days.length
  // The server's days: by the browser's clock, they would be others for a while after midnight.
  const until = () => Date.parse(props.days.at(-1)!.day)
  const ofDay = (cell: (day: Timeline["days"][number]) => string) => (i: number) => cell(props.days[i]!)
  return (
    <div class="flex min-w-0 flex-col gap-2">
      <TableToggle isTable={isTable()} controls={id} toggle={() => setTable(!isTable())} />
      <div id={id}>
        <Show
          when={!isTable()}
          fallback={
            <ColumnTable
              t0={until() - (length() - 1) * dayMs}
              stepMs={dayMs}
              whenWords={(at) => new Date(at).toISOString().slice(0, 10)}
              columns={[
                { head: "Uptime", length: length(), cell: ofDay(({ uptime }) => percent(uptime)) },
                { head: "Observed", length: length(), cell: ofDay(({ coverage }) => percent(coverage, 1)) },
                { head: "Up", length: length(), cell: ofDay(({ up }) => count(up)) },
                { head: "Degraded", length: length(), cell: ofDay(({ degraded }) => count(degraded)) },
                { head: "Down", length: length(), cell: ofDay(({ down }) => count(down)) },
                { head: "Not checked", length: length(), cell: ofDay(({ error, missed }) => count(error + missed)) }
              ]}
            />
          }
        >
          <UptimeStrip
            days={props.days.map(({ uptime }) => (uptime === null ? null : Math.floor(uptime * 1_000)))}
            until={until()}
            label={props.label}
            height={32}
            onChoose={(day) => view.zoomTo(day, day + dayMs)}
          />
        </Show>
      </div>
    </div>
  )
}
