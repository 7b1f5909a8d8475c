/**
 * The start page: how everything is, what is wrong now, and all monitors.
 */
import { createAsync, createAsyncStore, type RoutePreloadFuncArgs, useSearchParams } from "@solidjs/router"
import type { Overview } from "@openseer/core/contract/ResultsApi"
import { type Accessor, createMemo, lazy, Show } from "solid-js"
import Plus from "lucide-solid/icons/plus"
import { getKinds } from "~/api/CheckTypes.ts"
import { getOverview } from "~/api/Monitors.ts"
import { getRows, getTags, getWall } from "~/api/Rows.ts"
import { getRegions } from "~/api/Workers.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ButtonLink } from "~/components/Button.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { Guarded } from "~/components/Panel.tsx"
import { Skeleton, SkeletonRows } from "~/components/Skeleton.tsx"
import { revalidateOnLive } from "~/live/Live.tsx"
import { type Filter, filterOf, groupsQuery, rowsQuery, type Search, withoutOrder } from "~/monitors/Filter.ts"
import { FilterBar } from "~/monitors/FilterBar.tsx"
import { tabWords } from "~/monitors/Headline.ts"
import { MonitorList } from "~/monitors/MonitorList.tsx"
import { Headline, monitorsIn, WrongNow } from "~/monitors/Overview.tsx"
import "~/monitors/monitors.css"

// Views that most visits do without.
const FirstCheck = lazy(async () => ({ default: (await import("~/monitors/FirstCheck.tsx")).FirstCheck }))
const TagGroups = lazy(async () => ({ default: (await import("~/monitors/TagGroups.tsx")).TagGroups }))
const Wall = lazy(async () => ({ default: (await import("~/monitors/Wall.tsx")).Wall }))

/** What the server draws: more than a screen. */
const firstRows = 50
const offsetMax = 10_000

const fromOf = (search: Search): number => {
  const from = Number(search["from"] ?? 0)
  return Number.isInteger(from) && from > 0 && from <= offsetMax ? from : 0
}

const firstQuery = (search: Search) => rowsQuery(filterOf(search), fromOf(search), firstRows)

export const route = {
  preload: ({ location }: RoutePreloadFuncArgs) => {
    void getOverview()
    if (location.query["view"] === "wall") {
      void getWall(withoutOrder(filterOf(location.query)))
      return
    }
    void getTags({})
    void getRegions()
    void getKinds()
    if (location.query["group"] === "tag") void getTags(groupsQuery(filterOf(location.query)))
    else void getRows(firstQuery(location.query))
  }
}

export default function MonitorsPage() {
  const [search] = useSearchParams()
  const overview = createAsyncStore(() => getOverview(), { deferStream: true })
  revalidateOnLive(getOverview.key, ({ event }) => event !== "result", 250)
  return (
    <>
      <PageTitle words={tabWords(overview()?.monitors)} otherwise="Monitors" />
      <Show when={search["view"] === "wall"} fallback={<ListPage search={search as Search} overview={overview} />}>
        <Wall overview={overview()} filter={filterOf(search as Search)} />
      </Show>
    </>
  )
}

function ListPage(props: { search: Search; overview: Accessor<Overview | undefined> }) {
  const { may } = useAccount()
  const filter = createMemo<Filter>(() => filterOf(props.search))
  const group = () => (props.search["group"] === "tag" ? "tag" : undefined)
  return (
    <Guarded queries={getOverview.key} fallback={<Skeleton class="h-24" />}>
      <Show when={props.overview()}>
        {(overview) => (
          <Show when={monitorsIn(overview()) > 0} fallback={<FirstCheck />}>
            <header class="flex flex-wrap items-start gap-x-4 gap-y-2">
              <Headline counts={overview().monitors} state={filter().state} />
              <Show when={may("write")}>
                <ButtonLink href="/monitors/new" variant="primary" class="ml-auto" aria-label="New monitor">
                  <Plus size={14} aria-hidden="true" /> <span class="hidden sm:inline">New monitor</span>
                </ButtonLink>
              </Show>
            </header>
            <WrongNow overview={overview()} />
            <FilterBar filter={filter()} group={group()} />
            <Guarded queries={[getRows.key, getTags.key]} fallback={<SkeletonRows rows={12} class="h-[52px]" />}>
              <Show when={group() === "tag"} fallback={<Rows search={props.search} filter={filter()} />}>
                <TagGroups search={props.search} filter={filter()} />
              </Show>
            </Guarded>
          </Show>
        )}
      </Show>
    </Guarded>
  )
}

function Rows(props: { search: Search; filter: Filter }) {
  const rows = createAsync(() => getRows(firstQuery(props.search)), { deferStream: true })
  return <Show when={rows()}>{(first) => <MonitorList first={first()} filter={props.filter} />}</Show>
}
