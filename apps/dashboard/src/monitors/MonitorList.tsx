/**
 * The list of monitors with what can be done to those that are chosen.
 */
import type { MonitorRows } from "@openseer/core/contract/ViewsApi"
import { useLocation } from "@solidjs/router"
import { lazy, Show, Suspense } from "solid-js"
import { getRequestEvent, NoHydration } from "solid-js/web"
import { useAccount } from "~/components/AccountContext.tsx"
import { Button } from "~/components/Button.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { type Filter, isFiltered } from "~/monitors/Filter.ts"
import { MonitorTable } from "~/monitors/MonitorTable.tsx"
import { createRowStore } from "~/monitors/RowStore.ts"
import { createSelection } from "~/monitors/Selection.ts"

// Loaded when something is chosen.
const BulkBar = lazy(async () => ({ default: (await import("~/monitors/BulkBar.tsx")).BulkBar }))

/** `first` are the rows that the page came with. */
export function MonitorList(props: { first: MonitorRows; filter: Filter }) {
  const location = useLocation()
  const { may } = useAccount()
  const store = createRowStore(
    () => props.first,
    () => props.filter
  )
  const selection = may("write") ? createSelection() : undefined
  return (
    <div class="rounded-panel border border-line bg-surface">
      <form method="post" action={location.pathname + location.search} onSubmit={(event) => event.preventDefault()}>
        <input type="hidden" name="_form" value="change-monitors" />
        <NoHydration>
          <Refused />
        </NoHydration>
        <Show when={store.total() > 0} fallback={<NoneFound isFiltered={isFiltered(props.filter)} />}>
          <MonitorTable store={store} first={props.first} filter={props.filter} selection={selection} />
          <p class="px-4 py-2 text-muted">
            {store.total().toLocaleString("en")} {store.total() === 1 ? "monitor" : "monitors"}
            {isFiltered(props.filter) ? " match" : ""}
          </p>
        </Show>
        <Show when={selection}>
          <div class="sticky bottom-0 hidden gap-2 border-t border-line bg-surface p-3 noscript:flex">
            <Button type="submit" name="action" value="pause">
              Pause what is selected
            </Button>
            <Button type="submit" name="action" value="resume">
              Resume what is selected
            </Button>
          </div>
        </Show>
      </form>
      <Show when={selection}>
        {(chosen) => (
          <Show when={chosen().count() > 0}>
            <Suspense>
              <BulkBar store={store} selection={chosen()} filter={props.filter} />
            </Suspense>
          </Show>
        )}
      </Show>
    </div>
  )
}

/** Of the form as it was posted without JavaScript. */
function Refused() {
  const posted = getRequestEvent()?.locals.posted
  return (
    <Show when={posted?.name === "change-monitors" && posted.problem}>
      {(problem) => (
        <p role="alert" class="m-3 rounded-md bg-down-soft px-3 py-2 text-down">
          {problem()
            .errors?.map(({ message }) => message)
            .join("; ") ??
            problem().detail ??
            problem().title}
        </p>
      )}
    </Show>
  )
}

function NoneFound(props: { isFiltered: boolean }) {
  return (
    <EmptyState title={props.isFiltered ? "No monitor matches" : "No monitors"}>
      {props.isFiltered ? "Search for less, or clear the filters above." : "They were removed a moment ago."}
    </EmptyState>
  )
}
