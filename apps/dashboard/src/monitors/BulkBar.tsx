/**
 * What can be done to all chosen monitors at once.
 */
import type { BulkChange } from "@openseer/core/contract/MonitorsApi"
import { createAsync, revalidate } from "@solidjs/router"
import Pause from "lucide-solid/icons/pause"
import Play from "lucide-solid/icons/play"
import X from "lucide-solid/icons/x"
import { createSignal, For, type JSX, onMount, Show, Suspense } from "solid-js"
import { problemOf } from "~/api/ApiProblem.ts"
import { getOverview } from "~/api/Monitors.ts"
import { getTags } from "~/api/Rows.ts"
import { getRegions } from "~/api/Workers.ts"
import { Button } from "~/components/Button.tsx"
import { ConfirmDialog } from "~/components/ConfirmDialog.tsx"
import { inputClass } from "~/components/Field.tsx"
import { useShortcuts } from "~/components/Shortcuts.tsx"
import { toast } from "~/components/Toast.ts"
import { bulkWords, changeAll, failureWords, matchingIds } from "~/monitors/BulkChange.ts"
import { counted } from "~/charts/Quantity.ts"
import { type Filter, isFiltered } from "~/monitors/Filter.ts"
import { usePageClass } from "~/monitors/PageClass.ts"
import type { RowStore } from "~/monitors/RowStore.ts"
import type { Selection } from "~/monitors/Selection.ts"
import { readTags } from "~/monitors/TagText.ts"

const intervals = [
  [30_000, "30 seconds"],
  [60_000, "1 minute"],
  [120_000, "2 minutes"],
  [300_000, "5 minutes"],
  [600_000, "10 minutes"],
  [1_800_000, "30 minutes"],
  [3_600_000, "1 hour"]
] as const

/** Stays at the foot of the window as long as something is chosen. */
export function BulkBar(props: { store: RowStore; selection: Selection; filter: Filter }) {
  const { selection, store } = props
  const [progress, setProgress] = createSignal<string>()
  usePageClass("has-bulk-bar")
  const isBusy = () => progress() !== undefined
  const what = () => counted(selection.count(), "monitor")

  const run = async (change: BulkChange): Promise<void> => {
    if (isBusy()) return
    setProgress("Working…")
    const { changed, failed, problem } = await changeAll(selection.ids(), change, (done, all) =>
      setProgress(`${done.toLocaleString("en")} of ${all.toLocaleString("en")}…`)
    )
    if (changed > 0) toast.done(bulkWords(change, changed))
    if (failed.length > 0 || problem !== undefined) {
      toast.error(problem ?? failureWords(failed, nameOf))
    }
    // What failed stays chosen, to try something else.
    if (problem === undefined) {
      selection.clear()
      selection.set(
        failed.map(({ id }) => id),
        true
      )
    }
    setProgress(undefined)
    await Promise.all([store.refresh(), revalidate([getOverview.key, getTags.key])])
  }
  const nameOf = (id: string): string | undefined => {
    const index = store.indexOf(id)
    return index === undefined ? undefined : store.at(index)?.name
  }
  const selectAll = async () => {
    setProgress("Reading…")
    try {
      selection.set(await matchingIds(props.filter), true)
    } catch (error) {
      toast.error(problemOf(error).title)
    }
    setProgress(undefined)
  }
  useShortcuts([{ keys: ["Escape"], words: "Select nothing", run: () => selection.clear() }])

  return (
    <div
      role="group"
      aria-label="Change what is selected"
      class="sticky bottom-[52px] z-20 flex flex-wrap items-center gap-2 rounded-b-panel border-t border-line bg-surface px-3 py-2 shadow-raised md:bottom-0"
    >
      <span role="status" class="font-semibold">
        {progress() ?? `${selection.count().toLocaleString("en")} selected`}
      </span>
      <Show when={selection.count() < store.total()}>
        <Button variant="quiet" disabled={isBusy()} onClick={() => void selectAll()}>
          Select all {store.total().toLocaleString("en")}
          {isFiltered(props.filter) ? " that match" : ""}
        </Button>
      </Show>
      <div class="flex flex-wrap items-center gap-2 md:ml-auto">
        <Button disabled={isBusy()} onClick={() => void run({ action: "pause" })}>
          <Pause size={14} aria-hidden="true" /> Pause
        </Button>
        <Button disabled={isBusy()} onClick={() => void run({ action: "resume" })}>
          <Play size={14} aria-hidden="true" /> Resume
        </Button>
        <ConfirmDialog trigger="Tags…" title={`Tags of ${what()}`}>
          {(close) => <TagsForm run={run} close={close} />}
        </ConfirmDialog>
        <ConfirmDialog trigger="Regions…" title={`Where to check ${what()} from`}>
          {(close) => <RegionsForm run={run} close={close} />}
        </ConfirmDialog>
        <ConfirmDialog trigger="Interval…" title={`How often to check ${what()}`}>
          {(close) => <IntervalForm run={run} close={close} />}
        </ConfirmDialog>
        <ConfirmDialog trigger="Delete…" triggerVariant="danger" title={`Delete ${what()}?`}>
          {(close) => (
            <Step close={close} run={() => run({ action: "remove" })} done={`Delete ${what()}`} isDanger>
              <p>
                {selection.count() === 1 ? "It is not checked any more" : "They are not checked any more"}, and what
                came of past checks goes with its retention. This can't be undone.
              </p>
            </Step>
          )}
        </ConfirmDialog>
        <Button variant="quiet" aria-label="Select nothing" onClick={() => selection.clear()}>
          <X size={14} aria-hidden="true" />
        </Button>
      </div>
    </div>
  )
}

interface StepProps {
  readonly run: (change: BulkChange) => Promise<void>
  readonly close: () => void
}

/** What stands in a dialog: fields, and two buttons. */
function Step(props: {
  children: JSX.Element
  close: () => void
  run: () => Promise<void>
  done: string
  isDanger?: boolean
  isReady?: boolean
}) {
  let cancel!: HTMLButtonElement
  // What destroys is not what Enter does.
  onMount(() => props.isDanger && cancel.focus())
  return (
    <form
      class="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        props.close()
        void props.run()
      }}
    >
      {props.children}
      <div class="flex justify-end gap-2">
        <Button ref={cancel} onClick={() => props.close()}>
          Cancel
        </Button>
        <Button type="submit" variant={props.isDanger ? "danger" : "primary"} disabled={props.isReady === false}>
          {props.done}
        </Button>
      </div>
    </form>
  )
}

function TagsForm(props: StepProps) {
  const tags = createAsync(() => getTags({}))
  const [added, setAdded] = createSignal("")
  const [removed, setRemoved] = createSignal("")
  const change = (): BulkChange => {
    const addTags = readTags(added())
    const removeTags = readTags(removed())
    return { ...(addTags.length > 0 ? { addTags } : {}), ...(removeTags.length > 0 ? { removeTags } : {}) }
  }
  return (
    <Step
      close={props.close}
      run={() => props.run(change())}
      done="Change tags"
      isReady={Object.keys(change()).length > 0}
    >
      <Suspense>
        <datalist id="tags-in-use">
          <For each={tags()?.items}>{({ tag }) => <option value={tag} />}</For>
        </datalist>
      </Suspense>
      <label class="flex flex-col gap-1 font-medium">
        Add
        <input
          class={inputClass}
          list="tags-in-use"
          placeholder="team:web, critical"
          autofocus
          onInput={(event) => setAdded(event.currentTarget.value)}
        />
      </label>
      <label class="flex flex-col gap-1 font-medium">
        Remove
        <input class={inputClass} list="tags-in-use" onInput={(event) => setRemoved(event.currentTarget.value)} />
      </label>
      <p class="text-muted">Several with commas between them. Other tags stay.</p>
    </Step>
  )
}

function RegionsForm(props: StepProps) {
  const regions = createAsync(() => getRegions())
  const [chosen, setChosen] = createSignal<ReadonlyArray<string>>([])
  return (
    <Step
      close={props.close}
      run={() => props.run({ regions: chosen() })}
      done="Set regions"
      isReady={chosen().length > 0}
    >
      <Suspense fallback={<p class="text-muted">Loading…</p>}>
        <fieldset class="flex flex-col gap-1">
          <legend class="mb-1 text-muted">These take the place of the regions that they have.</legend>
          <For each={regions()?.items}>
            {(region) => (
              <label class="flex min-h-7 items-center gap-2">
                <input
                  type="checkbox"
                  class="size-4"
                  onChange={(event) => {
                    const { checked } = event.currentTarget
                    setChosen((all) => (checked ? [...all, region.name] : all.filter((name) => name !== region.name)))
                  }}
                />
                {region.name}
                <span class="ml-auto text-muted">
                  {region.workersHealthy > 0 ? counted(region.workersHealthy, "worker") : "no worker now"}
                </span>
              </label>
            )}
          </For>
        </fieldset>
      </Suspense>
    </Step>
  )
}

function IntervalForm(props: StepProps) {
  const [intervalMs, setIntervalMs] = createSignal(60_000)
  return (
    <Step close={props.close} run={() => props.run({ intervalMs: intervalMs() })} done="Set interval">
      <label class="flex flex-col gap-1 font-medium">
        Check each of them every
        <select class={inputClass} onChange={(event) => setIntervalMs(Number(event.currentTarget.value))}>
          <For each={intervals}>
            {([ms, name]) => (
              <option value={ms} selected={ms === intervalMs()}>
                {name}
              </option>
            )}
          </For>
        </select>
      </label>
      <p class="text-muted">A timeout that is too long for it is shortened.</p>
    </Step>
  )
}
