/**
 * A new monitor: the kind of check, and its form.
 */
import { createAsync, useNavigate, useSearchParams } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getCheckTypes } from "~/api/CheckTypes.ts"
import { getRegions } from "~/api/Workers.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { Guarded } from "~/components/Panel.tsx"
import { Skeleton } from "~/components/Skeleton.tsx"
import { MonitorEditor } from "~/editor/MonitorEditor.tsx"
import { OfType } from "~/editor/OfType.tsx"
import { newMonitorPath, targetOf } from "~/editor/TargetText.ts"

export const route = {
  preload: () => {
    void getCheckTypes()
    void getRegions()
  }
}

const numbers = new Set(["port", "count"])

export default function NewMonitor() {
  const types = createAsync(() => getCheckTypes(), { deferStream: true })
  const regions = createAsync(() => getRegions(), { deferStream: true })
  const [search] = useSearchParams()
  const navigate = useNavigate()
  const { may } = useAccount()
  const kind = () => (typeof search["kind"] === "string" ? search["kind"] : "http")
  /** What the address says of the target: `?kind=tcp&host=…&port=…`. */
  const spec = () => {
    const known = Object.entries(search).flatMap(([name, value]) =>
      name !== "kind" && typeof value === "string" && value !== ""
        ? [[name, numbers.has(name) ? Number(value) : value] as const]
        : []
    )
    return known.length === 0 ? undefined : Object.fromEntries(known)
  }
  /** Whoever pastes `tcp://…` into the form of another kind means that kind. */
  const follow = (event: Event) => {
    const { target } = event
    if (!(target instanceof HTMLInputElement) || !/^spec\.(url|host)$/.test(target.name)) return
    const found = targetOf(target.value)
    if (found && found.kind !== kind()) navigate(newMonitorPath(found))
  }
  return (
    <div class="mx-auto flex w-full max-w-4xl flex-col gap-4">
      <PageTitle words="New monitor" />
      <h1 class="text-xl font-semibold">New monitor</h1>
      <Show
        when={may("write")}
        fallback={
          <EmptyState title="You can look, and not change">
            An editor, admin or owner of this organization can create monitors.
          </EmptyState>
        }
      >
        <Guarded fallback={<Skeleton class="h-[40rem]" />} queries={[getCheckTypes.key, getRegions.key]}>
          <Show when={types()}>
            {(known) => (
              <>
                <nav aria-label="Kind of check" class="flex flex-wrap gap-2">
                  <For each={known().items}>
                    {(type) => (
                      // Not `A`, to which all of these are the page that is shown.
                      <a
                        href={`/monitors/new?kind=${type.kind}`}
                        title={type.description}
                        aria-current={type.kind === kind() ? "page" : undefined}
                        class="inline-flex min-h-8 items-center rounded-full border border-line px-3 font-medium text-muted hover:bg-hover aria-[current=page]:border-accent aria-[current=page]:bg-accent-soft aria-[current=page]:text-text"
                      >
                        {type.title}
                      </a>
                    )}
                  </For>
                </nav>
                <OfType
                  types={known()}
                  kind={kind()}
                  fallback={<p role="alert">This instance has no check type {kind()}.</p>}
                >
                  {(type) => (
                    <div onChange={follow}>
                      <MonitorEditor
                        types={known()}
                        type={type}
                        regions={regions()?.items ?? []}
                        start={spec() === undefined ? {} : { spec: spec()! }}
                      />
                    </div>
                  )}
                </OfType>
              </>
            )}
          </Show>
        </Guarded>
      </Show>
    </div>
  )
}
