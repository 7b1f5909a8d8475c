/**
 * The head of a monitor's page: what it is, how it is, and what can be done.
 */
import CirclePause from "lucide-solid/icons/circle-pause"
import CirclePlay from "lucide-solid/icons/circle-play"
import ExternalLink from "lucide-solid/icons/external-link"
import Pencil from "lucide-solid/icons/pencil"
import { A } from "@solidjs/router"
import { For, Show } from "solid-js"
import { counted } from "~/charts/Quantity.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, SubmitButton } from "~/components/ApiForm.tsx"
import { ButtonLink } from "~/components/Button.tsx"
import { StatusPill } from "~/components/StatusPill.tsx"
import { Tabs } from "~/components/Tabs.tsx"
import { duration, Time } from "~/components/Time.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"
import { RunNow } from "~/monitor/RunNow.tsx"
import { sinceOf } from "~/monitor/StateWords.ts"

/** Only what leads to a web page is a link: a target is written by whoever may write monitors. */
const linkOf = (target: string): string | undefined => (/^https?:\/\//i.test(target) ? target : undefined)

/** With its tabs. */
export function MonitorHead() {
  const monitor = useMonitor()
  const { may } = useAccount()
  const base = () => `/monitors/${monitor().id}`
  return (
    <header class="mb-4 flex flex-col gap-3">
      <nav aria-label="Where you are">
        <A href="/" class="inline-flex min-h-6 items-center text-muted hover:text-text hover:underline">
          Monitors
        </A>
      </nav>
      <div class="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div class="min-w-0 flex-1 basis-80">
          <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 class="min-w-0 text-2xl font-semibold break-words">{monitor().name}</h1>
            <StatusPill state={monitor().state} />
            <Show when={monitor().state === "up" && sinceOf(monitor())}>
              {(since) => (
                <span class="text-muted">
                  for <Time at={since()} since />
                </span>
              )}
            </Show>
          </div>
          <p class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
            <Show
              when={linkOf(monitor().target)}
              fallback={<span class="font-mono break-all">{monitor().target}</span>}
            >
              {(href) => (
                <a
                  href={href()}
                  target="_blank"
                  rel="noopener noreferrer"
                  class="inline-flex min-h-6 min-w-0 items-center gap-1 font-mono break-all text-accent hover:underline"
                >
                  {monitor().target}
                  <ExternalLink size={12} class="shrink-0" aria-label="opens in a new tab" />
                </a>
              )}
            </Show>
            <span>
              {monitor().kind} every {duration(monitor().intervalMs)}
              <Show when={monitor().heartbeat === undefined}> from {counted(monitor().regions.length, "region")}</Show>
            </span>
            <For each={monitor().tags}>
              {(tag) => (
                <A
                  href={`/?tag=${encodeURIComponent(tag)}`}
                  class="inline-flex min-h-6 items-center rounded-full border border-line bg-surface px-2 hover:text-text"
                >
                  {tag}
                </A>
              )}
            </For>
          </p>
        </div>
        <Show when={may("write")}>
          <div class="flex flex-wrap gap-2">
            <Show when={monitor().heartbeat === undefined}>
              <RunNow />
            </Show>
            <Show
              when={monitor().state === "paused"}
              fallback={
                <ApiForm name="pause-monitor" hidden={{ monitorId: monitor().id }} done="Paused">
                  <SubmitButton variant="secondary">
                    <CirclePause size={14} aria-hidden="true" /> Pause
                  </SubmitButton>
                </ApiForm>
              }
            >
              <ApiForm name="resume-monitor" hidden={{ monitorId: monitor().id }} done="Resumed">
                <SubmitButton>
                  <CirclePlay size={14} aria-hidden="true" /> Resume
                </SubmitButton>
              </ApiForm>
            </Show>
            <ButtonLink href={`${base()}/edit`}>
              <Pencil size={14} aria-hidden="true" /> Edit
            </ButtonLink>
          </div>
        </Show>
      </div>
      <Tabs
        label="Monitor"
        tabs={[
          { href: base(), label: "Overview", end: true },
          { href: `${base()}/checks`, label: "Checks" },
          { href: `${base()}/settings`, label: "Settings" }
        ]}
      />
    </header>
  )
}
