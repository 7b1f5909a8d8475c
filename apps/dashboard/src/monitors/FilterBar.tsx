/**
 * Search, filters and views of the list. All of it is the address: a form without scripts, at once with them.
 */
import type { TagList } from "@openseer/core/contract/ViewsApi"
import type { Region } from "@openseer/core/contract/AccountsApi"
import { A, createAsync, useLocation, useNavigate } from "@solidjs/router"
import LayoutGrid from "lucide-solid/icons/layout-grid"
import SearchIcon from "lucide-solid/icons/search"
import Tags from "lucide-solid/icons/tags"
import X from "lucide-solid/icons/x"
import { createEffect, createSignal, For, on, onCleanup, Show, Suspense } from "solid-js"
import { getKinds } from "~/api/CheckTypes.ts"
import { getTags } from "~/api/Rows.ts"
import { getRegions } from "~/api/Workers.ts"
import { Button } from "~/components/Button.tsx"
import { inputClass } from "~/components/Field.tsx"
import { type Filter, hrefWith, isFiltered, noFilters, orderDefault, type Sort } from "~/monitors/Filter.ts"

const typingMs = 200
const sortWords: Readonly<Record<Sort, string>> = {
  state: "Worst first",
  name: "By name",
  p95: "Slowest first",
  uptime: "Least uptime first",
  created: "Newest first"
}

/** `group` is what rows are grouped by, if anything. */
export function FilterBar(props: { filter: Filter; group: string | undefined }) {
  const location = useLocation()
  const navigate = useNavigate()
  const tags = createAsync<TagList | undefined>(() => getTags({}).catch(() => undefined))
  const regions = createAsync<{ readonly items: ReadonlyArray<Region> } | undefined>(() =>
    getRegions().catch(() => undefined)
  )
  // Without a script, nothing that comes later is put into its place; this is answered from memory.
  const kinds = createAsync<ReadonlyArray<string> | undefined>(() => getKinds().catch(() => undefined), {
    deferStream: true
  })
  const [typed, setTyped] = createSignal<string>()
  let typing: ReturnType<typeof setTimeout> | undefined
  const go = (changes: Record<string, string | undefined>) =>
    navigate(hrefWith(location.search, changes), { replace: true, scroll: false })
  const search = (text: string) => {
    setTyped(text)
    clearTimeout(typing)
    typing = setTimeout(() => {
      typing = undefined
      go({ q: text.trim() || undefined })
    }, typingMs)
  }
  // What the address says is shown again when somebody goes back, but never over what is being typed: the address has it
  // without the spaces at its ends.
  createEffect(
    on(
      () => props.filter.q ?? "",
      (q) => typing === undefined && typed()?.trim() !== q && setTyped(undefined),
      { defer: true }
    )
  )
  onCleanup(() => clearTimeout(typing))
  return (
    <form
      method="get"
      action="/"
      role="search"
      class="mt-4 mb-2 flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        clearTimeout(typing)
        typing = undefined
        go({ q: typed()?.trim() ?? props.filter.q })
      }}
    >
      <div class="relative min-w-full flex-1 sm:min-w-48">
        <SearchIcon
          size={14}
          class="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted"
          aria-hidden="true"
        />
        <input
          type="search"
          name="q"
          data-search
          maxLength={120}
          value={typed() ?? props.filter.q ?? ""}
          placeholder="Search names and targets"
          aria-label="Search names and targets"
          aria-keyshortcuts="/"
          autocomplete="off"
          class={`${inputClass} pl-8`}
          onInput={(event) => search(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return
            event.currentTarget.value = ""
            search("")
            event.currentTarget.blur()
          }}
        />
      </div>
      <div class="-mx-4 flex min-w-0 flex-[1_0_calc(100%+2rem)] items-center gap-2 overflow-x-auto px-4 py-1 sm:mx-0 sm:flex-none sm:flex-wrap sm:overflow-visible sm:px-0">
        <For each={Object.entries({ state: props.filter.state, order: props.filter.order, group: props.group })}>
          {([name, value]) => (
            <Show when={value}>
              <input type="hidden" name={name} value={value} />
            </Show>
          )}
        </For>
        <Suspense>
          <Choice
            name="tag"
            label="Tag"
            value={props.filter.tag}
            options={(tags()?.items ?? []).map(({ tag }) => ({ value: tag, label: tag }))}
            choose={go}
          />
          <Choice
            name="region"
            label="Region"
            value={props.filter.region}
            options={(regions()?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
            choose={go}
          />
        </Suspense>
        <Suspense>
          <Choice
            name="kind"
            label="Kind"
            value={props.filter.kind}
            options={(kinds() ?? []).map((kind) => ({ value: kind, label: kind }))}
            choose={go}
          />
        </Suspense>
        <Choice
          name="sort"
          label="Order"
          class="min-[960px]:hidden"
          value={props.filter.sort}
          options={(Object.keys(orderDefault) as Array<Sort>)
            .filter((sort) => sort !== "state")
            .map((sort) => ({ value: sort, label: sortWords[sort] }))}
          otherwise={sortWords.state}
          choose={(changes) => go({ ...changes, order: undefined })}
        />
        <div class="hidden noscript:block">
          <Button type="submit">Filter</Button>
        </div>
        <Show when={isFiltered(props.filter)}>
          <A
            href={hrefWith(location.search, noFilters)}
            noScroll
            class="inline-flex min-h-8 shrink-0 items-center gap-1 rounded-md px-2 whitespace-nowrap text-muted hover:bg-hover hover:text-text"
          >
            <X size={14} aria-hidden="true" /> Clear filters
          </A>
        </Show>
        <div class="ml-auto flex shrink-0 gap-1">
          <a
            href={hrefWith(location.search, { group: props.group === "tag" ? undefined : "tag", open: undefined })}
            noScroll
            aria-current={props.group === "tag" ? "true" : undefined}
            class="inline-flex min-h-8 items-center gap-1.5 rounded-md px-2 text-muted hover:bg-hover hover:text-text aria-[current=true]:bg-accent-soft aria-[current=true]:font-semibold aria-[current=true]:text-accent"
          >
            <Tags size={14} aria-hidden="true" /> By tag
          </a>
          <A
            href={hrefWith(location.search, { view: "wall" })}
            class="inline-flex min-h-8 items-center gap-1.5 rounded-md px-2 text-muted hover:bg-hover hover:text-text"
          >
            <LayoutGrid size={14} aria-hidden="true" /> Wall
          </A>
        </div>
      </div>
    </form>
  )
}

function Choice(props: {
  name: string
  label: string
  value: string | undefined
  options: ReadonlyArray<{ readonly value: string; readonly label: string }>
  otherwise?: string
  class?: string
  choose: (change: Record<string, string | undefined>) => void
}) {
  // A choice of the address that is no option, of a tag that is gone, is still what is filtered by.
  const options = () =>
    props.value === undefined || props.options.some(({ value }) => value === props.value)
      ? props.options
      : [{ value: props.value, label: props.value }, ...props.options]
  return (
    <select
      name={props.name}
      aria-label={props.label}
      class={`min-h-8 max-w-40 shrink-0 rounded-md border bg-surface px-2 ${
        props.value === undefined ? "border-line-strong/60 text-muted" : "border-accent text-text"
      } ${props.class ?? ""}`}
      onChange={(event) => props.choose({ [props.name]: event.currentTarget.value || undefined })}
    >
      <option value="" selected={props.value === undefined}>
        {props.otherwise ?? `Any ${props.label.toLowerCase()}`}
      </option>
      <For each={options()}>
        {(option) => (
          <option value={option.value} selected={option.value === props.value}>
            {option.label}
          </option>
        )}
      </For>
    </select>
  )
}
