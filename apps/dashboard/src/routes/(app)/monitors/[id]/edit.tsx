/**
 * Changing a monitor.
 */
import { createAsync, useParams } from "@solidjs/router"
import { Show } from "solid-js"
import { getCheckTypes } from "~/api/CheckTypes.ts"
import { getMonitor } from "~/api/Monitors.ts"
import { getRegions } from "~/api/Workers.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { MonitorEditor } from "~/editor/MonitorEditor.tsx"
import { OfType } from "~/editor/OfType.tsx"

export const route = {
  preload: ({ params }: { params: { id?: string } }) => {
    void getMonitor(params.id!)
    void getCheckTypes()
    void getRegions()
  }
}

export default function EditMonitor() {
  const params = useParams()
  const monitor = createAsync(() => getMonitor(params["id"]!), { deferStream: true })
  const types = createAsync(() => getCheckTypes(), { deferStream: true })
  const regions = createAsync(() => getRegions(), { deferStream: true })
  const { may } = useAccount()
  return (
    <div class="mx-auto flex w-full max-w-4xl flex-col gap-4">
      <Show when={monitor()}>
        {(one) => (
          <>
            <PageTitle words={`Edit ${one().name}`} />
            <h1 class="text-xl font-semibold break-words">Edit {one().name}</h1>
            <Show
              when={may("write")}
              fallback={
                <EmptyState title="You can look, and not change">
                  An editor, admin or owner of this organization can change monitors.
                </EmptyState>
              }
            >
              <Show when={types()}>
                {(known) => (
                  <OfType
                    types={known()}
                    kind={one().kind}
                    fallback={<p role="alert">This instance does not know the check type {one().kind} any more.</p>}
                  >
                    {(type) => (
                      <MonitorEditor
                        types={known()}
                        type={type}
                        regions={regions()?.items ?? []}
                        monitor={one()}
                        start={{}}
                      />
                    )}
                  </OfType>
                )}
              </Show>
            </Show>
          </>
        )}
      </Show>
    </div>
  )
}
