/**
 * The steps of enrolling a worker, in one form: it makes a token, and shows the command that uses it.
 */
import { createAsync } from "@solidjs/router"
import { Show } from "solid-js"
import { getRegions } from "~/api/Workers.ts"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { buttonClass } from "~/components/Button.tsx"
import { CommandLine } from "~/components/CommandLine.tsx"
import { SelectField } from "~/components/Field.tsx"
import { Panel } from "~/components/Panel.tsx"
import { Time } from "~/components/Time.tsx"
import type { NewEnrollment } from "~/forms/Credentials.ts"
import { expiryChoices } from "~/settings/Expiry.ts"
import { enrollCommand, isLoopback } from "~/workers/EnrollCommand.ts"
import { RegionChoice } from "~/workers/RegionChoice.tsx"
import { WaitForWorker } from "~/workers/WaitForWorker.tsx"

/** Region first; then command and waiting. */
export function EnrollWizard() {
  const regions = createAsync(() => getRegions(), { deferStream: true })
  return (
    <ApiForm name="create-enrollment" class="flex flex-col gap-5">
      {(shown) => (
        <Show
          when={shown() as NewEnrollment | undefined}
          fallback={
            <Panel title="1. Where does it run?">
              <div class="flex flex-col gap-4">
                <FormProblem />
                <RegionChoice regions={regions()?.items ?? []} />
                <div class="grid gap-4 sm:grid-cols-2">
                  <SelectField
                    name="uses"
                    label="The token lets in"
                    value="1"
                    options={[
                      { value: "1", label: "1 worker" },
                      { value: "5", label: "5 workers" },
                      { value: "20", label: "20 workers" },
                      { value: "any", label: "Any number of workers" }
                    ]}
                  />
                  <SelectField name="expiry" label="Valid for" value="1h" options={expiryChoices("1h", "1d", "7d")} />
                </div>
                <div>
                  <SubmitButton>Create the command</SubmitButton>
                </div>
              </div>
            </Panel>
          }
        >
          {(token) => <RunAndWait token={token()} />}
        </Show>
      )}
    </ApiForm>
  )
}

function RunAndWait(props: { token: NewEnrollment }) {
  const uses = () => props.token.usesLeft
  return (
    <>
      <Panel title={`2. Run this where the worker of ${props.token.region} shall live`}>
        <div class="flex flex-col gap-3">
          <CommandLine label="Command" text={enrollCommand(props.token)} />
          <p class="text-muted">
            The token in it is shown this once. It expires <Time at={props.token.expiresAt} />, and lets in{" "}
            {uses() === undefined ? "any number of workers" : `${uses()} ${uses() === 1 ? "worker" : "workers"}`}. The
            worker needs Node 24 and a way out to{" "}
            <code class="font-mono wrap-anywhere">{props.token.controlPlaneUrl}</code> and to what it checks; nothing
            connects to it.
          </p>
          <Show when={isLoopback(props.token.controlPlaneUrl)}>
            <p class="rounded-md bg-degraded-soft px-3 py-2 text-degraded">
              That address works on this machine alone. For a worker elsewhere, open the dashboard by an address that it
              can reach, or put that address into the command.
            </p>
          </Show>
          {/* Where `npm start` runs a worker already, the command as it is would go on as that one. */}
          <details open={isLoopback(props.token.controlPlaneUrl)}>
            <summary class="inline-flex min-h-6 items-center text-accent underline">
              A second worker on the same machine?
            </summary>
            <p class="mt-1 text-muted">
              Give each a token file of its own:{" "}
              <code class="font-mono wrap-anywhere">OPENSEER_WORKER_TOKEN_FILE=.openseer/second.json</code> before the
              command. <code class="font-mono">OPENSEER_WORKER_NAME</code> names it in the list; without, it is the name
              of the machine.
            </p>
          </details>
        </div>
      </Panel>
      <WaitForWorker token={props.token} />
      <div class="flex flex-wrap gap-2">
        <a href="/workers" class={buttonClass("secondary")}>
          To the workers
        </a>
        <a href="/workers/enroll" rel="external" target="_self" class={buttonClass("quiet")}>
          Enroll another
        </a>
      </div>
    </>
  )
}
