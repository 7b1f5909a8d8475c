/**
 * The log of checks: live, newest first, narrowed by what the address says; older ones are asked for at its end.
 */
import type { Result, ResultsQuery } from "@openseer/core/contract/ResultsApi"
import { createAsync, revalidate, useSearchParams } from "@solidjs/router"
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { getResults } from "~/api/Monitors.ts"
import { outcomeWord } from "~/checks/OutcomePill.tsx"
import { buttonClass } from "~/components/Button.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { toast } from "~/components/Toast.ts"
import { onLive, useLive } from "~/live/Live.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import * as RunLog from "~/monitor/RunLog.ts"
import { RunLogRow } from "~/monitor/RunLogRow.tsx"
import { isSame, useWindow } from "~/monitor/Window.tsx"
import { WindowBar } from "~/monitor/WindowBar.tsx"

const pageSize = 50
const liveMax = 500
// By then the stream of this monitor has begun, also where it took the place of another one.
const settledMs = 3_000
const outcomes = ["down", "degraded", "error", "up"] as const

const linkClass =
  "inline-flex min-h-6 items-center rounded px-2 text-muted whitespace-nowrap hover:text-text " +
  "aria-[current=true]:bg-surface aria-[current=true]:font-semibold aria-[current=true]:text-text"

/** Inside of a `WindowProvider`. `?outcome=`, `?region=` narrow it, `?run=` opens one, `?cursor=` begins further down. */
export function CheckLog() {
  const monitor = useMonitor()
  const view = useWindow()
  const [search] = useSearchParams<{ outcome?: string; run?: string; cursor?: string }>()
  const outcome = () => outcomes.find((one) => one === search.outcome)
  const filter = (): RunLog.RunFilter => ({
    ...(outcome() ? { outcome: outcome()! } : {}),
    ...(view.region() ? { region: view.region()! } : {})
  })
  // Only what is another question is asked again: not when the monitor was read anew.
  const id = createMemo(() => monitor().id)
  const query = createMemo(
    (): ResultsQuery =>
      ({
        ...view.query(),
        ...filter(),
        limit: pageSize,
        ...(search.cursor ? { cursor: search.cursor } : {})
      }) as ResultsQuery,
    undefined,
    { equals: isSame }
  )

  // Before the page is sent, so that the log is there without JavaScript, which what is streamed later needs.
  const first = createAsync(() => getResults(id(), query()), { deferStream: true })
  const linked = createAsync(async () => {
    const where = RunLog.whereOf(search.run ?? "")
    return where === undefined ? undefined : (await getResults(id(), where)).items[0]
  })
  const [live, setLive] = createSignal<ReadonlyArray<Result>>([])
  const [older, setOlder] = createSignal<ReadonlyArray<Result>>([])
  const [nextCursor, setNextCursor] = createSignal<string>()
  const [isAsking, setAsking] = createSignal(false)
  createEffect(
    on(
      query,
      () => {
        setLive([])
        setOlder([])
        setNextCursor(undefined)
      },
      { defer: true }
    )
  )
  onLive((events) => {
    if (view.zoom() || search.cursor) return
    const told = events.flatMap(({ data, event }) =>
      event === "result" && data.monitorId === monitor().id ? [RunLog.ofEvent(data)] : []
    )
    const mine = told.filter((result) => RunLog.belongs(result, filter()))
    if (mine.length > 0) setLive((all) => [...mine, ...all].slice(0, liveMax))
  })

  // What came between the page's reading and the stream's beginning was told to nobody.
  const stream = useLive()
  const readAnew = () => void revalidate(getResults.key)
  createEffect(on(stream.state, (state) => state === "live" && readAnew(), { defer: true }))
  onMount(() => {
    const timer = setTimeout(readAnew, settledMs)
    onCleanup(() => clearTimeout(timer))
  })

  const all = createMemo(() => RunLog.merged(live(), first.latest?.items ?? [], older()))
  const axisUs = createMemo(() => RunLog.axisOf(all()))
  const narrowed = createMemo(filter, undefined, { equals: isSame })
  // The one that was the latest when it was asked for: what is read must not change below the reader. Rows of the filter
  // before are there until those of this one are.
  const latest = createMemo<{ readonly of: RunLog.RunFilter; readonly runId: string } | undefined>((before) => {
    if (search.run !== "latest") return undefined
    const of = narrowed()
    if (before?.of === of) return before
    const runId = RunLog.newest(all(), of)
    return runId === undefined ? undefined : { of, runId }
  })
  const opened = () => (search.run === "latest" ? latest()?.runId : search.run)
  const cursor = () => nextCursor() ?? (older().length === 0 ? first.latest?.nextCursor : undefined)
  const isElsewhere = () => linked.latest !== undefined && !all().some(({ runId }) => runId === linked.latest?.runId)
  const href = (runId: string) => view.href({ run: opened() === runId ? undefined : runId })

  const askOlder = async () => {
    const from = cursor()
    if (from === undefined || isAsking()) return
    setAsking(true)
    try {
      const page = await getResults(id(), { ...query(), cursor: from } as ResultsQuery)
      setOlder((known) => [...known, ...page.items])
      setNextCursor(page.nextCursor)
    } catch (error) {
      toast.error(problemOf(error).title)
    }
    setAsking(false)
  }
  let end!: HTMLDivElement
  onMount(() => {
    const watcher = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && older().length > 0 && void askOlder(),
      {
        rootMargin: "400px"
      }
    )
    watcher.observe(end)
    onCleanup(() => watcher.disconnect())
  })

  return (
    <div class="flex min-w-0 flex-col gap-4">
      <div class="flex flex-wrap items-center gap-2">
        <WindowBar />
        <nav
          aria-label="Outcome"
          class="inline-flex max-w-full overflow-x-auto rounded-md border border-line bg-sunken p-0.5"
        >
          <For each={[undefined, ...outcomes]}>
            {(one) => (
              <a
                href={view.href({ outcome: one, run: undefined, cursor: undefined })}
                noScroll
                class={linkClass}
                aria-current={outcome() === one ? "true" : undefined}
              >
                {one === undefined ? "All outcomes" : outcomeWord[one]}
              </a>
            )}
          </For>
        </nav>
      </div>
      <Panel
        title="Checks"
        note={`newest first, ${view.words() ?? "of the chosen window"}`}
        flush
        queries={getResults.key}
        fallback={<SkeletonRows rows={12} class="h-9" />}
      >
        <Show when={isElsewhere() && linked.latest}>
          {(result) => (
            <ul class="border-b-4 border-line">
              <RunLogRow result={result()} isOpen href={view.href({ run: undefined })} axisUs={axisUs()} />
            </ul>
          )}
        </Show>
        <Show
          when={all().length > 0}
          fallback={
            <Show when={first.latest}>
              <EmptyState title="No checks here">
                {monitor().state === "paused"
                  ? "The monitor is paused, so none was due."
                  : "None came in this window with these filters. Choose a longer window, or show all outcomes."}
              </EmptyState>
            </Show>
          }
        >
          <ul aria-label="Checks" class="[&>li:first-child]:border-t-0">
            <For each={all()}>
              {(result) => (
                <RunLogRow
                  result={result}
                  isOpen={opened() === result.runId}
                  href={href(result.runId)}
                  axisUs={axisUs()}
                />
              )}
            </For>
          </ul>
        </Show>
        <Show when={cursor()}>
          {(from) => (
            <p class="border-t border-line p-3 text-center">
              <a
                href={view.href({ cursor: from(), run: undefined })}
                class={buttonClass("secondary")}
                aria-disabled={isAsking()}
                onClick={(event) => {
                  event.preventDefault()
                  void askOlder()
                }}
              >
                {isAsking() ? "Asking…" : "Older checks"}
              </a>
            </p>
          )}
        </Show>
      </Panel>
      <div ref={end} />
    </div>
  )
}
