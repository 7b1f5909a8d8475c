/**
 * Keys: `/` to search, `g` and a letter to go somewhere, `?` for the list of them all. Pages add their own.
 */
import { useNavigate } from "@solidjs/router"
import { createSignal, For, onCleanup, onMount } from "solid-js"
import { Button } from "~/components/Button.tsx"

/** One shortcut. `keys` are pressed one after the other: `["g", "m"]`. */
export interface Shortcut {
  readonly keys: ReadonlyArray<string>
  readonly words: string
  readonly run: (event: KeyboardEvent) => void
}

const [shortcuts, setShortcuts] = createSignal<ReadonlyArray<Shortcut>>([])
const sequenceMs = 1_200

/** Where keys mean what they write. A checkbox keeps the focus after it was ticked, and takes no letters. */
const typedInto = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"

/** Adds shortcuts as long as the component lives. */
export const useShortcuts = (added: ReadonlyArray<Shortcut>): void => {
  onMount(() => {
    setShortcuts((all) => [...all, ...added])
    onCleanup(() => setShortcuts((all) => all.filter((shortcut) => !added.includes(shortcut))))
  })
}

/** Focuses the search field of the page: the one with `data-search`. */
const focusSearch = (event: KeyboardEvent): void => {
  const field = document.querySelector<HTMLInputElement>("[data-search]")
  if (field === null) return
  event.preventDefault()
  field.focus()
  field.select()
}

/** Listens to keys, and holds the dialog that lists them. */
export function Shortcuts() {
  const navigate = useNavigate()
  let dialog!: HTMLDialogElement
  let pressed: { readonly key: string; readonly at: number } | undefined
  useShortcuts([
    { keys: ["/"], words: "Search", run: focusSearch },
    { keys: ["g", "m"], words: "Go to monitors", run: () => navigate("/") },
    { keys: ["g", "n"], words: "New monitor", run: () => navigate("/monitors/new") },
    { keys: ["g", "w"], words: "Go to workers", run: () => navigate("/workers") },
    { keys: ["g", "s"], words: "Go to settings", run: () => navigate("/settings") },
    { keys: ["?"], words: "This list", run: () => dialog.showModal() }
  ])
  onMount(() => {
    const listen = (event: KeyboardEvent) => {
      const { target } = event
      const isTyping = target instanceof HTMLElement && target.closest(typedInto) !== null
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return
      const before = pressed && event.timeStamp - pressed.at < sequenceMs ? pressed.key : undefined
      pressed = { key: event.key, at: event.timeStamp }
      const found =
        shortcuts().findLast(({ keys }) => keys.length === 2 && keys[0] === before && keys[1] === event.key) ??
        shortcuts().findLast(({ keys }) => keys.length === 1 && keys[0] === event.key)
      if (found === undefined) return
      pressed = undefined
      found.run(event)
    }
    window.addEventListener("keydown", listen)
    onCleanup(() => window.removeEventListener("keydown", listen))
  })
  return (
    <dialog
      ref={dialog}
      aria-label="Keyboard shortcuts"
      class="w-[min(24rem,calc(100vw-2rem))] rounded-panel border border-line bg-surface p-5 shadow-raised"
      onClick={(event) => event.target === dialog && dialog.close()}
    >
      <h2 class="mb-3 text-lg font-semibold">Keyboard shortcuts</h2>
      <dl class="grid grid-cols-[1fr_auto] gap-x-4 gap-y-2">
        <For each={shortcuts()}>
          {(shortcut) => (
            <>
              <dt>{shortcut.words}</dt>
              <dd class="flex gap-1">
                <For each={shortcut.keys}>
                  {(key) => <kbd class="rounded border border-line bg-sunken px-1.5 font-mono">{key}</kbd>}
                </For>
              </dd>
            </>
          )}
        </For>
      </dl>
      <form method="dialog" class="mt-4 flex justify-end">
        <Button type="submit">Close</Button>
      </form>
    </dialog>
  )
}
