/**
 * One monitor of the list: a row of a table; where there is little room, three lines.
 */
import { For, Show } from "solid-js"
import { Sparkline } from "~/components/Sparkline.tsx"
import { StatusPill } from "~/components/StatusPill.tsx"
import { UptimeStrip } from "~/components/UptimeStrip.tsx"
import { millis, percent } from "~/charts/Quantity.ts"
import { changeOf } from "~/monitors/Change.ts"
import { hasPast, type ListedMonitor } from "~/monitors/ListedMonitor.ts"

const tagsShown = 3

/** `index` is its place among all rows; without `select`, nothing can be chosen. */
export function MonitorRow(props: {
  row: ListedMonitor
  index: number
  isFlashing?: boolean
  isSelected?: boolean
  select?: (event: MouseEvent & { currentTarget: HTMLInputElement }) => void
}) {
  const row = () => props.row
  return (
    <div
      role="row"
      aria-rowindex={props.index + 2}
      data-row={props.index}
      class="monitor-row"
      classList={{ "is-selected": props.isSelected ?? false, "is-flashing": props.isFlashing ?? false }}
    >
      <div role="cell" class="monitor-check">
        <Show when={props.select}>
          <input
            type="checkbox"
            name="id"
            value={row().id}
            checked={props.isSelected ?? false}
            aria-label={`Select ${row().name}`}
            onClick={(event) => props.select?.(event)}
          />
        </Show>
      </div>
      <div role="cell" class="monitor-state">
        <StatusPill state={row().state} plain />
      </div>
      <div role="cell" class="monitor-about">
        <a href={`/monitors/${encodeURIComponent(row().id)}`} class="monitor-name" title={row().name}>
          {row().name}
        </a>
        <div class="monitor-target">
          <span title={row().target}>{row().target}</span>
          <Show when={row().tags.length > 0}>
            <span class="monitor-tags" title={row().tags.join(", ")}>
              <For each={row().tags.slice(0, tagsShown)}>{(tag) => <span>{tag}</span>}</For>
              <Show when={row().tags.length > tagsShown}>
                <span>+{row().tags.length - tagsShown}</span>
              </Show>
            </span>
          </Show>
        </div>
      </div>
      <div role="cell" class="monitor-widest">
        <Show when={row().days}>
          {(days) => <UptimeStrip plain days={days()} label={row().name} height={20} class="h-5 w-[180px]" />}
        </Show>
      </div>
      <div class="monitor-figures">
        <UptimeCell row={row()} />
        <div role="cell" class="monitor-widest">
          <Show when={row().spark}>
            {(spark) => <Sparkline values={spark()} label="P95 by hour, last 24 hours" width={96} height={24} />}
          </Show>
        </div>
        <LatencyCell row={row()} />
      </div>
      <div role="cell" class="monitor-wide">
        <RegionsUp row={row()} />
      </div>
    </div>
  )
}

/** A row that is not known yet, of the same size. */
export function MonitorRowPlaceholder(props: { index: number }) {
  return (
    <div role="row" aria-rowindex={props.index + 2} aria-busy="true" data-row={props.index} class="monitor-row">
      <div role="cell" class="monitor-about">
        <span class="sr-only">Loading</span>
        <div class="h-3 w-2/3 rounded bg-sunken" />
      </div>
    </div>
  )
}

/** What the heading says where there is room for one. */
function Unheaded(props: { words: string }) {
  return <span class="monitor-unheaded">{props.words}</span>
}

function UptimeCell(props: { row: ListedMonitor }) {
  return (
    <div role="cell" class="monitor-figure">
      <Show
        when={props.row.uptime !== null}
        fallback={
          <span class="text-muted">
            Not observed
            <Unheaded words=" in 45 d" />
          </span>
        }
      >
        <Show when={hasPast(props.row)}>
          <div>
            {percent(props.row.uptime)}
            <Unheaded words=" in 45 d," />
          </div>
          <div>of {percent(props.row.coverage, 1)} observed</div>
        </Show>
      </Show>
    </div>
  )
}

function LatencyCell(props: { row: ListedMonitor }) {
  const changed = () => changeOf(props.row.p95Us ?? null, props.row.p95UsBefore ?? null)
  return (
    <div role="cell" class="monitor-figure is-latency">
      <Show when={(props.row.p95Us ?? null) !== null}>
        <div>
          <Unheaded words="P95 " />
          {millis(props.row.p95Us)}
          <Unheaded words=" in 24 h" />
        </div>
        <Show when={changed()}>
          {(found) => (
            <div title={found().words}>
              <span aria-hidden="true">
                {found().isSlower ? "↑" : "↓"} {found().text}
              </span>
              <span class="sr-only">{found().words}</span>
            </div>
          )}
        </Show>
      </Show>
    </div>
  )
}

function RegionsUp(props: { row: ListedMonitor }) {
  return (
    <Show when={props.row.state !== "paused"} fallback={<span class="text-muted">–</span>}>
      <span title={`${props.row.regionsUp} of ${props.row.regionsTotal} regions are up`}>
        {props.row.regionsUp}
        <span class="text-muted"> / {props.row.regionsTotal}</span>
      </span>
    </Show>
  )
}
