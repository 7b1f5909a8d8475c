/**
 * What stands where there is no monitor yet: one URL, checked for real from everywhere before anything is saved.
 */
import { A, createAsync } from "@solidjs/router"
import Eye from "lucide-solid/icons/eye"
import Radar from "lucide-solid/icons/radar"
import { createSignal, For, Show, Suspense } from "solid-js"
import { runDraft } from "~/api/Rows.ts"
import { getRegions, workingRegions } from "~/api/Workers.ts"
import { createRegionChecks } from "~/checks/RegionChecks.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Button, ButtonLink } from "~/components/Button.tsx"
import { EmptyState } from "~/components/EmptyState.tsx"
import { Field } from "~/components/Field.tsx"
import { refreshEvery } from "~/live/Refresh.ts"
import { CheckedRegions } from "~/monitors/CheckedRegions.tsx"
import { urlOf } from "~/monitors/FirstMonitor.ts"

const waitMs = 20_000
const regionsEveryMs = 3_000

/** For whoever may write; others are told who can begin. */
export function FirstCheck() {
  const { may } = useAccount()
  return (
    <Show
      when={may("write")}
      fallback={
        <EmptyState title="Nothing is watched yet">
          You may look at monitors here, and there are none. An editor, admin or owner of the organization can make the
          first one.
        </EmptyState>
      }
    >
      <AskForUrl />
    </Show>
  )
}

function AskForUrl() {
  const regions = createAsync(() => getRegions())
  // Workers of the instance tell no event, and the first one may come while this is read.
  refreshEvery(regionsEveryMs, [getRegions.key])
  const working = () => workingRegions(regions()?.items ?? [])
  const { checks, clear, isRunning, refusal, start } = createRegionChecks()
  const [checked, setChecked] = createSignal<string>()
  const [typed, setTyped] = createSignal("")
  const [error, setError] = createSignal<string>()
  const [left, setLeft] = createSignal<ReadonlyArray<string>>([])

  const isChecked = () => checked() !== undefined && checked() === urlOf(typed())
  const chosen = () => checks.map(({ region }) => region).filter((region) => !left().includes(region))

  const check = async (): Promise<void> => {
    const url = urlOf(typed())
    if (url === "") {
      setError("Type a URL or a host, like example.com")
      return
    }
    setError(undefined)
    setChecked(url)
    setLeft([])
    await start(
      working().map(({ name }) => name),
      (region, signal) => runDraft({ kind: "http", spec: { url }, regions: [region], waitMs }, signal)
    )
    const wrong = refusal()?.errors?.map(({ message }) => message)
    if (wrong === undefined) return
    setError(wrong.join("; "))
    setChecked(undefined)
    clear()
  }

  return (
    <section class="mx-auto flex max-w-3xl flex-col gap-4 pt-[6vh]">
      <div class="flex flex-col gap-1">
        <h1 class="text-2xl leading-8 font-semibold">What should we watch?</h1>
        <p class="text-muted">
          Type the address of something that matters.{" "}
          <span class="noscript:hidden">It is checked at once, from every region, before anything is saved.</span>
        </p>
      </div>
      <ApiForm name="first-monitor" class="flex flex-col gap-4">
        <div
          class="flex flex-col gap-2"
          onKeyDown={(event) => {
            if (event.key !== "Enter" || isChecked()) return
            event.preventDefault()
            void check()
          }}
        >
          <Field
            name="spec.url"
            label="URL or host"
            placeholder="example.com"
            inputMode="url"
            autocomplete="url"
            autocapitalize="off"
            spellcheck={false}
            autofocus
            required
            error={error()}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <Suspense fallback={<div class="h-8" />}>
            <Show when={working().length > 0} fallback={<NoWorker isKnown={regions() !== undefined} />}>
              <div class="flex flex-wrap items-center gap-3 noscript:hidden">
                <Button
                  variant={isChecked() ? "secondary" : "primary"}
                  disabled={isRunning()}
                  onClick={() => void check()}
                >
                  <Radar size={14} aria-hidden="true" />
                  {isRunning() ? "Checking…" : isChecked() ? "Check again" : "Check it now"}
                </Button>
                <span class="text-muted">
                  from{" "}
                  {working()
                    .map(({ name }) => name)
                    .join(", ")}
                </span>
              </div>
            </Show>
          </Suspense>
        </div>
        <FormProblem />
        <Show when={checks.length > 0}>
          <CheckedRegions
            url={checked() ?? ""}
            checks={checks}
            left={left()}
            leave={(region, isLeft) =>
              setLeft((all) => (isLeft ? [...all, region] : all.filter((name) => name !== region)))
            }
          />
          <For each={chosen()}>{(region) => <input type="hidden" name="region" value={region} />}</For>
        </Show>
        <Show when={isChecked()}>
          <div class="flex flex-wrap items-center gap-3">
            <Show when={chosen().length > 0} fallback={<p class="text-muted">Choose at least one region.</p>}>
              <SubmitButton>
                <Eye size={14} aria-hidden="true" /> Watch it
              </SubmitButton>
              <span class="text-muted">
                every minute from {chosen().length === 1 ? chosen()[0] : `these ${chosen().length} regions`}; all of it
                can be changed later
              </span>
            </Show>
          </div>
        </Show>
        <div class="hidden noscript:block">
          <SubmitButton>Watch it</SubmitButton>
        </div>
      </ApiForm>
      <p class="text-muted">
        Something else, like a port, a certificate, a DNS record or a job?{" "}
        <A href="/monitors/new" class="text-accent underline">
          Set up a monitor
        </A>
      </p>
    </section>
  )
}

function NoWorker(props: { isKnown: boolean }) {
  return (
    <Show when={props.isKnown}>
      <div class="rounded-panel border border-line bg-degraded-soft px-4 py-3 text-degraded">
        <p class="font-semibold">No worker is there to check anything</p>
        <p>
          Checks are run by workers, and none was heard of within the last 30 seconds. Start one, and it shows up here
          by itself.
        </p>
        <ButtonLink href="/workers" class="mt-2">
          To the workers
        </ButtonLink>
      </div>
    </Show>
  )
}
