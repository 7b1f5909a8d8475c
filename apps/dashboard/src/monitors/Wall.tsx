/**
 * Monitors on one screen, to be read from afar: what is wrong has names and room, what is up is a field of green.
 */
import type { Overview } from "@openseer/core/contract/ResultsApi"
import { A, createAsync, useLocation, useNavigate } from "@solidjs/router"
import X from "lucide-solid/icons/x"
import { createMemo, For, Show } from "solid-js"
import { getWall } from "~/api/Rows.ts"
import { EmptyState } from "~/components/EmptyState.tsx"
import { Guarded } from "~/components/Panel.tsx"
import { useShortcuts } from "~/components/Shortcuts.tsx"
import { type State, StateIcon, stateWord } from "~/components/StatusPill.tsx"
import { revalidateOnLive } from "~/live/Live.tsx"
import { LivePill } from "~/live/LivePill.tsx"
import { type Filter, hrefWith, isFiltered, noFilters, withoutOrder } from "~/monitors/Filter.ts"
import { Headline } from "~/monitors/Overview.tsx"
import { usePageClass } from "~/monitors/PageClass.ts"
import { fieldOf, type Tile, tilesOf } from "~/monitors/WallTiles.ts"

const grounds: Readonly<Record<State, string>> = {
  up: "border-up-fill/50 bg-up-soft text-up",
  degraded: "border-degraded-fill bg-degraded-soft text-degraded",
  down: "border-down bg-down text-surface",
  paused: "border-line bg-paused-soft text-paused",
  unknown: "border-line-strong border-dashed bg-unknown-soft text-unknown"
}

const sizes = {
  large: "grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] auto-rows-[5.5rem] text-lg",
  medium: "grid-cols-[repeat(auto-fill,minmax(12rem,1fr))] auto-rows-[4.25rem] text-base",
  small: "grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] auto-rows-[2.75rem] text-[13px]"
}

/** The whole window. Escape leaves it, for the list with the same filters. */
export function Wall(props: { overview: Overview | undefined; filter: Filter }) {
  const location = useLocation()
  const navigate = useNavigate()
  const list = () => hrefWith(location.search, { view: undefined })
  usePageClass("has-wall")
  const wall = createAsync(() => getWall(withoutOrder(props.filter)), { deferStream: true })
  revalidateOnLive(getWall.key, ({ event }) => event !== "result", 500)
  useShortcuts([{ keys: ["Escape"], words: "Leave the wall", run: () => navigate(list()) }])
  const tiles = createMemo(() => wall() && tilesOf(wall()!))
  return (
    <div class="fixed inset-0 z-40 flex flex-col gap-4 overflow-auto bg-ground p-4 md:p-6">
      <header class="flex flex-wrap items-center gap-4 [&_h1]:text-[clamp(1.5rem,3vw,3rem)] [&_h1]:leading-tight [&_h1_svg]:size-[0.85em]">
        <Show when={props.overview}>
          {(overview) => <Headline counts={overview().monitors} state={props.filter.state} />}
        </Show>
        <Show when={isFiltered(props.filter)}>
          <p class="flex flex-wrap items-center gap-x-2 text-muted">
            Only {filterWords(props.filter)}
            <A
              href={hrefWith(location.search, noFilters)}
              class="inline-flex min-h-8 items-center gap-1 rounded-md px-2 hover:bg-hover hover:text-text"
            >
              <X size={14} aria-hidden="true" /> Clear filters
            </A>
          </p>
        </Show>
        <div class="ml-auto flex items-center gap-3 text-base">
          <LivePill />
          <A
            href={list()}
            class="inline-flex min-h-8 items-center gap-1.5 rounded-md px-2 text-muted hover:bg-hover hover:text-text"
          >
            <X size={16} aria-hidden="true" /> Leave the wall
          </A>
        </div>
      </header>
      <Guarded queries={getWall.key}>
        <Show when={tiles()}>
          {(found) => (
            <>
              <Show when={found().tiles.length + found().folded.length === 0}>
                <EmptyState title="No monitor matches">Clear the filters to see all of them.</EmptyState>
              </Show>
              <ul aria-label="Monitors" class={`grid gap-2 ${sizes[found().size]}`}>
                <For each={found().tiles}>
                  {(tile) => (
                    <li class="min-w-0">
                      <A
                        href={`/monitors/${encodeURIComponent(tile.id)}`}
                        title={tile.name}
                        class={`flex h-full items-center gap-2 rounded-md border px-3 font-semibold ${grounds[tile.state]}`}
                      >
                        <StateIcon state={tile.state} size={20} class="!text-current" />
                        <TileWords tile={tile} isSmall={found().size === "small"} />
                      </A>
                    </li>
                  )}
                </For>
              </ul>
              <For each={found().folded}>{(group) => <Field state={group.state} count={group.count} />}</For>
            </>
          )}
        </Show>
      </Guarded>
    </div>
  )
}

/** Where a tile is small, one that is up has the room for its name: a field of green needs no word in each. */
function TileWords(props: { tile: Tile; isSmall: boolean }) {
  const isUp = () => props.tile.state === "up"
  return (
    <span class="min-w-0 leading-tight">
      <span class={`break-words ${props.isSmall && !isUp() ? "line-clamp-1" : "line-clamp-2"}`}>{props.tile.name}</span>{" "}
      <span class={props.isSmall && isUp() ? "sr-only" : "block text-xs font-normal"}>
        {stateWord[props.tile.state]}
      </span>
    </span>
  )
}

const filterWords = (filter: Filter): string =>
  Object.entries(withoutOrder(filter))
    .map(([name, value]) => (name === "q" ? `“${value}”` : `${name} ${value}`))
    .join(", ")

/** Monitors that are too many for tiles: a square each, drawn as one picture whatever their number. */
function Field(props: { state: State; count: number }) {
  const location = useLocation()
  const field = () => fieldOf(props.count)
  const words = () => `${props.count.toLocaleString("en")} ${props.state}`
  return (
    <A
      href={hrefWith(location.search, { view: undefined, state: props.state })}
      class="flex flex-col gap-2 rounded-md p-1 hover:bg-hover"
    >
      <span class="text-lg font-semibold">{words()}</span>
      <svg
        role="img"
        aria-label={words()}
        viewBox={`0 0 ${field().columns} ${field().rows}`}
        class={`w-full ${props.state === "up" ? "fill-up-fill" : "fill-paused-fill"}`}
      >
        <path d={field().path} />
      </svg>
    </A>
  )
}
