/**
 * A part of a page that loads and fails on its own: one that fails never blanks the page.
 */
import RotateCw from "lucide-solid/icons/rotate-cw"
import { ErrorBoundary, type JSX, Show, Suspense } from "solid-js"
import { revalidate } from "@solidjs/router"
import { problemOf } from "~/api/ApiProblem.ts"
import { problemSentence } from "~/api/ProblemSentence.ts"
import { Button } from "~/components/Button.tsx"
import { Skeleton } from "~/components/Skeleton.tsx"

/** A card with a heading. `fallback` has the size of what comes; `queries` are read anew by "Try again". */
export function Panel(props: {
  title?: string
  /** At the right of the heading. */
  actions?: JSX.Element
  /** Beside the heading: the window that the numbers are about. */
  note?: JSX.Element
  fallback?: JSX.Element
  queries?: string | Array<string>
  class?: string
  /** Without padding, for tables. */
  flush?: boolean
  children: JSX.Element
}) {
  return (
    <section class={`min-w-0 rounded-panel border border-line bg-surface ${props.class ?? ""}`}>
      <Show when={props.title !== undefined || "actions" in props}>
        <header class="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
          <Show when={props.title}>
            <h2 class="font-semibold">{props.title}</h2>
          </Show>
          <Show when={"note" in props}>
            <span class="text-muted">{props.note}</span>
          </Show>
          <div class="ml-auto flex items-center gap-2">{props.actions}</div>
        </header>
      </Show>
      <div class={props.flush ? "" : "p-4"}>
        <Guarded fallback={props.fallback} queries={props.queries}>
          {props.children}
        </Guarded>
      </div>
    </section>
  )
}

/** Loading and failing as in a {@link Panel}, without its looks. */
export function Guarded(props: {
  fallback?: JSX.Element
  queries?: string | Array<string> | undefined
  children: JSX.Element
}) {
  return (
    <ErrorBoundary
      fallback={(error, reset) => (
        <PanelProblem
          error={error}
          retry={() => {
            void revalidate(props.queries).then(reset)
          }}
        />
      )}
    >
      <Suspense fallback={props.fallback ?? <Skeleton class="h-24" />}>{props.children}</Suspense>
    </ErrorBoundary>
  )
}

function PanelProblem(props: { error: unknown; retry: () => void }) {
  const problem = () => problemOf(props.error)
  return (
    <div role="alert" class="flex flex-wrap items-center gap-3 text-down">
      <span>{problemSentence(problem())}</span>
      <Button onClick={() => props.retry()}>
        <RotateCw size={14} aria-hidden="true" /> Try again
      </Button>
    </div>
  )
}
