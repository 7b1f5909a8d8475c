/**
 * Waits until the worker is here that a token was made for.
 */
import CircleCheck from "lucide-solid/icons/circle-check"
import { createAsyncStore } from "@solidjs/router"
import { For, onMount, Show, createSignal } from "solid-js"
import { getWorkers } from "~/api/Workers.ts"
import { Panel } from "~/components/Panel.tsx"
import type { NewEnrollment } from "~/forms/Credentials.ts"
import { revalidateOnLive } from "~/live/Live.tsx"
import { refreshEvery } from "~/live/Refresh.ts"

const askMs = 2_000
const soonMs = 100

/** Told by the event stream, and asked every 2 s as well: its first heartbeat is no event. */
export function WaitForWorker(props: { token: NewEnrollment }) {
  const workers = createAsyncStore(() => getWorkers(), { deferStream: true })
  const [hasScript, setHasScript] = createSignal(false)
  onMount(() => setHasScript(true))
  refreshEvery(askMs, [getWorkers.key])
  revalidateOnLive(getWorkers.key, ({ event }) => event === "worker", soonMs)
  const arrived = () =>
    workers()?.items.filter(
      ({ enrolledAt, region, status }) =>
        status !== "revoked" &&
        region === props.token.region &&
        Date.parse(enrolledAt) >= Date.parse(props.token.createdAt)
    ) ?? []
  return (
    <Panel title="3. Wait for it">
      <div role="status" class="flex flex-col gap-2">
        <Show
          when={arrived().length}
          fallback={
            <Show
              when={hasScript()}
              fallback={<p>Once it runs, it stands in the list of workers: open that and reload it.</p>}
            >
              <p class="flex items-center gap-3">
                <span class="relative flex size-2.5" aria-hidden="true">
                  <span class="absolute inline-flex size-full animate-ping rounded-full bg-accent-fill opacity-60" />
                  <span class="relative inline-flex size-2.5 rounded-full bg-accent-fill" />
                </span>
                Waiting for the worker…
              </p>
            </Show>
          }
        >
          <For each={arrived()}>
            {(worker) => (
              <p class="flex items-start gap-2">
                <CircleCheck size={18} class="shrink-0 text-up" aria-hidden="true" />
                <span>
                  It is here: <strong class="wrap-anywhere">{worker.name}</strong>,{" "}
                  {worker.version ? `version ${worker.version}` : "its first heartbeat is on its way"}.
                </span>
              </p>
            )}
          </For>
        </Show>
      </div>
    </Panel>
  )
}
