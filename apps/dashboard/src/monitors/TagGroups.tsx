/**
 * Monitors by tag: how those of each tag are in one line, opened to its monitors.
 */
import type { TagStates } from "@openseer/core/contract/ViewsApi"
import { A, createAsyncStore, useLocation } from "@solidjs/router"
import ChevronDown from "lucide-solid/icons/chevron-down"
import ChevronRight from "lucide-solid/icons/chevron-right"
import { For, Show } from "solid-js"
import { getRows, getTags } from "~/api/Rows.ts"
import { EmptyState } from "~/components/EmptyState.tsx"
import { Guarded } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { StatusPill } from "~/components/StatusPill.tsx"
import { revalidateOnLive } from "~/live/Live.tsx"
import { counted } from "~/charts/Quantity.ts"
import { type Filter, groupsQuery, hrefWith, isFiltered, rowsQuery, type Search } from "~/monitors/Filter.ts"
import { headlineParts, rolledUp, totalOf } from "~/monitors/Headline.ts"
import { MonitorRow } from "~/monitors/MonitorRow.tsx"

const rowsOfGroup = 50

/** Of those without a tag: no tag is empty. */
const untaggedName = ""

/** A monitor with several tags stands below each of them. Which tags are open is in the address. */
export function TagGroups(props: { search: Search; filter: Filter }) {
  const location = useLocation()
  const tags = createAsyncStore(
    async () => {
      const { items, untagged } = await getTags(groupsQuery(props.filter))
      return { items: totalOf(untagged) > 0 ? [...items, { tag: untaggedName, ...untagged }] : items }
    },
    { deferStream: true, reconcile: { key: "tag" } }
  )
  revalidateOnLive([getTags.key, getRows.key], ({ event }) => event !== "result")
  const open = (): ReadonlyArray<string> => {
    const value = props.search["open"]
    return value === undefined ? [] : typeof value === "string" ? [value] : value
  }
  const groups = () =>
    tags()?.items.filter(({ tag }) => props.filter.tag === undefined || tag === props.filter.tag) ?? []
  const toggled = (tag: string) => {
    const parameters = new URLSearchParams(location.search)
    const rest = open().filter((one) => one !== tag)
    parameters.delete("open")
    for (const one of open().includes(tag) ? rest : [...rest, tag]) parameters.append("open", one)
    return `/?${parameters}`
  }
  return (
    <Show when={tags()}>
      {(found) => (
        <Show
          when={groups().length > 0}
          fallback={<EmptyState title="No monitor matches">Search for less, or clear the filters above.</EmptyState>}
        >
          <Show when={found().items.every(({ tag }) => tag === untaggedName) && !isFiltered(props.filter)}>
            <p class="mb-2 text-muted">
              No tags yet: tags such as team:web group monitors. Select monitors in the list and choose “Tags…”.
            </p>
          </Show>
          <ul class="flex flex-col gap-2">
            <For each={groups()}>
              {(group) => (
                <li class="@container overflow-hidden rounded-panel border border-line bg-surface">
                  <GroupLine group={group} href={toggled(group.tag)} isOpen={open().includes(group.tag)} />
                  <Show when={open().includes(group.tag)}>
                    <Guarded queries={getRows.key} fallback={<SkeletonRows rows={4} class="h-[52px]" />}>
                      <GroupRows tag={group.tag} filter={props.filter} />
                    </Guarded>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        </Show>
      )}
    </Show>
  )
}

function GroupLine(props: { group: TagStates; href: string; isOpen: boolean }) {
  return (
    <A
      href={props.href}
      noScroll
      aria-expanded={props.isOpen}
      class="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 outline-offset-[-2px] hover:bg-hover"
    >
      <Show when={props.isOpen} fallback={<ChevronRight size={16} class="text-muted" aria-hidden="true" />}>
        <ChevronDown size={16} class="text-muted" aria-hidden="true" />
      </Show>
      <span class="w-24">
        <StatusPill state={rolledUp(props.group)} plain />
      </span>
      <span class="min-w-0 truncate font-semibold">{props.group.tag || "No tag"}</span>
      <span class="ml-auto text-muted">
        {headlineParts(props.group)
          .map(({ text }) => text)
          .join(", ")}{" "}
        of {counted(totalOf(props.group), "monitor")}
      </span>
    </A>
  )
}

function GroupRows(props: { tag: string; filter: Filter }) {
  const location = useLocation()
  const which = () => (props.tag === untaggedName ? ({ untagged: "true" } as const) : { tag: props.tag })
  const rows = createAsyncStore(() => getRows({ ...rowsQuery(props.filter, 0, rowsOfGroup), ...which() }), {
    deferStream: true
  })
  return (
    <Show when={rows()}>
      {(found) => (
        <>
          <div
            role="table"
            aria-label={props.tag ? `Monitors of ${props.tag}` : "Monitors without a tag"}
            class="border-t border-line"
          >
            <Headings />
            <div role="rowgroup">
              <For
                each={found().items}
                fallback={<p class="px-4 py-3 text-muted">The filters above leave none of them.</p>}
              >
                {(row, i) => <MonitorRow row={row} index={i()} />}
              </For>
            </div>
          </div>
          <Show when={found().total > found().items.length}>
            <p class="px-4 py-2">
              <Show
                when={props.tag}
                fallback={`${counted(found().total - found().items.length, "more", "more")}, which the list shows too`}
              >
                <A
                  class="text-accent hover:underline"
                  href={hrefWith(location.search, { group: undefined, open: undefined, tag: props.tag })}
                >
                  All {counted(found().total, "monitor")} of {props.tag}
                </A>
              </Show>
            </p>
          </Show>
        </>
      )}
    </Show>
  )
}

/** As in the list, without sorting: the order is that of all groups. */
function Headings() {
  return (
    <div role="rowgroup" class="hidden @min-[700px]:block">
      <div role="row" aria-rowindex={1} class="monitor-row is-heading">
        <div role="cell" />
        <div role="columnheader">State</div>
        <div role="columnheader">Monitor</div>
        <div role="columnheader" class="monitor-widest">
          Last 45 days
        </div>
        <div role="columnheader" class="text-right">
          Uptime, 45 d
        </div>
        <div role="columnheader" class="monitor-widest">
          P95 by hour
        </div>
        <div role="columnheader" class="text-right">
          P95, 24 h
        </div>
        <div role="columnheader" class="text-right">
          Regions
        </div>
      </div>
    </div>
  )
}
