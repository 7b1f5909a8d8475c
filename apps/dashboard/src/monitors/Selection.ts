/**
 * Which monitors are chosen for a change of many.
 */
import { createMemo, createSignal } from "solid-js"
import { createStore, reconcile } from "solid-js/store"

/** The chosen monitors by their ids. A row asks of itself alone, so choosing one redraws one. */
export interface Selection {
  readonly has: (id: string) => boolean
  readonly count: () => number
  readonly ids: () => ReadonlyArray<string>
  /** Chooses some, or takes them out. */
  readonly set: (ids: ReadonlyArray<string>, chosen: boolean) => void
  readonly clear: () => void
  /** The row that was chosen last by itself: a range goes from there. */
  readonly anchor: () => number | undefined
  readonly setAnchor: (index: number) => void
}

/** Nothing is chosen at first. */
export const createSelection = (): Selection => {
  const [chosen, setChosen] = createStore<Record<string, true | undefined>>({})
  const [anchor, setAnchor] = createSignal<number>()
  const ids = createMemo(() => Object.keys(chosen))
  return {
    has: (id) => chosen[id] === true,
    count: () => ids().length,
    ids,
    set: (changed, isChosen) => setChosen(Object.fromEntries(changed.map((id) => [id, isChosen || undefined]))),
    clear: () => {
      setChosen(reconcile({}))
      setAnchor(undefined)
    },
    anchor,
    setAnchor
  }
}
