/**
 * The settings of a monitor, to read; and its end.
 */
import { ButtonLink } from "~/components/Button.tsx"
import Pencil from "lucide-solid/icons/pencil"
import { For, Show } from "solid-js"
import { assertionWords } from "~/checks/AssertionWords.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { Panel } from "~/components/Panel.tsx"
import { StateIcon } from "~/components/StatusPill.tsx"
import { duration, Time } from "~/components/Time.tsx"
import { ruleWords } from "~/editor/RuleWords.ts"
import { specLines } from "~/monitor/ConfigurationWords.ts"
import { DeleteMonitor } from "~/monitor/DeleteMonitor.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"

export default function SettingsPage() {
  const monitor = useMonitor()
  const { may } = useAccount()
  const rule = () =>
    ruleWords({
      isInbound: monitor().heartbeat !== undefined,
      intervalMs: monitor().intervalMs,
      timeoutMs: monitor().timeoutMs,
      regions: monitor().regions.length,
      assertions: monitor().assertions.length
    })
  const lines = () => [
    { name: "Check", value: monitor().kind },
    ...(monitor().heartbeat ? [] : [{ name: "Interval", value: duration(monitor().intervalMs) }]),
    ...specLines(monitor().spec)
  ]
  return (
    <>
      <Panel title="The rule">
        <div class="max-w-prose">
          <For each={rule()}>{(sentence) => <p>{sentence}</p>}</For>
        </div>
        <Show when={monitor().assertions.length > 0}>
          <h3 class="mt-4 mb-1 font-semibold">What must hold</h3>
          <ul class="flex flex-col gap-1">
            <For each={monitor().assertions}>
              {(assertion) => (
                <li class="flex flex-wrap items-center gap-x-2">
                  <StateIcon state={assertion.severity} size={14} />
                  <span class="break-words">{assertionWords(assertion)}</span>
                  <span class="text-muted">else {assertion.severity}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </Panel>
      <Panel
        title="Configuration"
        note={
          <>
            version {monitor().version}, changed <Time at={monitor().updatedAt} />
          </>
        }
        actions={
          <Show when={may("write")}>
            <ButtonLink href={`/monitors/${monitor().id}/edit`}>
              <Pencil size={14} aria-hidden="true" /> Edit
            </ButtonLink>
          </Show>
        }
      >
        <dl class="grid gap-x-6 gap-y-1 sm:grid-cols-[14rem_minmax(0,1fr)]">
          <For each={lines()}>
            {(line) => (
              <>
                <dt class="text-muted">{line.name}</dt>
                <dd class="mb-1 font-mono break-all whitespace-pre-wrap sm:mb-0">{line.value}</dd>
              </>
            )}
          </For>
          <dt class="text-muted">Regions</dt>
          <dd>
            {monitor()
              .regions.map(({ region }) => region)
              .join(", ")}
          </dd>
          <dt class="text-muted">Tags</dt>
          <dd>{monitor().tags.join(", ") || "none"}</dd>
          <dt class="text-muted">Id</dt>
          <dd class="font-mono break-all">{monitor().id}</dd>
          <dt class="text-muted">Created</dt>
          <dd>
            <Time at={monitor().createdAt} />
          </dd>
        </dl>
      </Panel>
      <Show when={may("write")}>
        <DeleteMonitor />
      </Show>
    </>
  )
}
