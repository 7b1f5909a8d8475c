/**
 * What a heartbeat expects, what it was told last, and the URL that its job calls.
 */
import type { PingUrl } from "@openseer/core/contract/MonitorsApi"
import { For, Show } from "solid-js"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { CopyButton } from "~/components/CopyButton.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SecretOnce } from "~/components/SecretOnce.tsx"
import { Time } from "~/components/Time.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { snippets } from "~/monitor/PingSnippets.ts"

const signalWords = {
  start: "It said that it started",
  success: "It said that it succeeded",
  fail: "It said that it failed"
}

/** Of a monitor whose kind is heartbeat. */
export function HeartbeatPanel() {
  const monitor = useMonitor()
  const { may } = useAccount()
  const facts = () => monitor().heartbeat!
  return (
    <Panel title="Heartbeat" note={monitor().target}>
      <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1">
        <dt class="text-muted">Last signal</dt>
        <dd>
          <Show when={facts().lastSignal} fallback="none yet: it waits for the first one, and is unknown until then">
            {(signal) => (
              <>
                {signalWords[signal()]} <Time at={facts().lastSignalAt!} />
              </>
            )}
          </Show>
        </dd>
        <Show when={facts().expectedAt}>
          {(at) => (
            <>
              <dt class="text-muted">Next one expected</dt>
              <dd>
                <Time at={at()} />
              </dd>
            </>
          )}
        </Show>
        <Show when={facts().startedAt}>
          {(at) => (
            <>
              <dt class="text-muted">Running</dt>
              <dd>
                for <Time at={at()} since />
              </dd>
            </>
          )}
        </Show>
        <dt class="text-muted">Ping URL</dt>
        <dd>{facts().hasPingUrl ? "made; it was shown once, when it was made" : "not made yet"}</dd>
      </dl>
      <Show when={may("write")}>
        <ApiForm name="make-ping-url" hidden={{ monitorId: monitor().id }} class="mt-4 flex flex-col gap-3">
          {(shown) => (
            <>
              <FormProblem />
              <Show
                when={shown() as PingUrl | undefined}
                fallback={
                  <>
                    <Show when={facts().hasPingUrl}>
                      <p class="text-muted">A new one takes the place of the one before, which then answers 404.</p>
                    </Show>
                    <SubmitButton variant={facts().hasPingUrl ? "secondary" : "primary"} class="self-start">
                      {facts().hasPingUrl ? "Make a new ping URL" : "Make the ping URL"}
                    </SubmitButton>
                  </>
                }
              >
                {(made) => (
                  <SecretOnce label="Ping URL" secret={made().url}>
                    <For each={snippets(made().url, monitor().spec)}>
                      {(snippet) => (
                        <div>
                          <p class="mb-1 font-medium">{snippet.title}</p>
                          <div class="flex items-start gap-2">
                            <pre
                              tabindex="0"
                              class="min-w-0 flex-1 overflow-x-auto rounded-md border border-line bg-surface p-2 font-mono"
                            >
                              {snippet.text}
                            </pre>
                            <CopyButton text={snippet.text} what={snippet.title} />
                          </div>
                        </div>
                      )}
                    </For>
                  </SecretOnce>
                )}
              </Show>
            </>
          )}
        </ApiForm>
      </Show>
    </Panel>
  )
}
