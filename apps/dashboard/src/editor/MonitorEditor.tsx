/**
 * The form of a monitor, made from the schema of its check type: what is watched, how often, from where, and what must
 * hold; with a test of it before anything is saved, the rule in words, and the same as code.
 */
import type { Monitor } from "@openseer/core"
import type { Region } from "@openseer/core/contract/AccountsApi"
import type { Draft } from "@openseer/core/contract/ChecksApi"
import type { CheckTypeInfo, CheckTypes } from "@openseer/core/contract/CheckTypesApi"
import type { RegionRun } from "@openseer/core/contract/MonitorsApi"
import FlaskConical from "lucide-solid/icons/flask-conical"
import { createSignal, For, Show } from "solid-js"
import type { Problem } from "~/api/ApiProblem.ts"
import { runDraft } from "~/api/Rows.ts"
import { workingRegions } from "~/api/Workers.ts"
import { createRegionChecks } from "~/checks/RegionChecks.ts"
import { RegionRuns } from "~/checks/RegionRuns.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { buttonClass, ButtonLink } from "~/components/Button.tsx"
import { ErrorList } from "~/components/ErrorList.tsx"
import { Field } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { Panel } from "~/components/Panel.tsx"
import { AssertionRows } from "~/editor/AssertionRows.tsx"
import { CodeView } from "~/editor/CodeView.tsx"
import { durationMs, durationWords } from "~/editor/DurationText.ts"
import { type MonitorTexts, readMonitor } from "~/editor/MonitorTexts.ts"
import { RegionPicker } from "~/editor/RegionPicker.tsx"
import { intervalMsDefault, ruleWords, timeoutMsFor } from "~/editor/RuleWords.ts"
import { type JsonSchema, type Member, shapeOf } from "~/editor/Shape.ts"
import { Members } from "~/editor/SpecField.tsx"
import * as Fields from "~/forms/Fields.ts"

/** What the form begins with. Of a new monitor, `spec` is what is known of the target. */
export interface MonitorStart {
  readonly name?: string
  readonly spec?: Readonly<Record<string, unknown>>
  readonly tags?: ReadonlyArray<string>
}

/** How long "test now" waits for a region. */
const testWaitMs = 20_000

/** `monitor` is the one to change; without it the form makes a new one of the type. */
export function MonitorEditor(props: {
  types: CheckTypes
  type: CheckTypeInfo
  regions: ReadonlyArray<Region>
  monitor?: Monitor.Monitor
  start: MonitorStart
}) {
  const { monitor, type } = props
  const members = membersOf(type)
  const spec = (monitor?.spec ?? props.start.spec) as Readonly<Record<string, unknown>> | undefined
  const [regions, setRegions] = createSignal<ReadonlyArray<string>>(
    monitor?.regions.map(({ region }) => region) ?? regionsToBeginWith(props.regions)
  )
  const [interval, setInterval] = createSignal(durationWords(monitor?.intervalMs ?? intervalMsDefault))
  const [timeout, setTimeout] = createSignal(monitor === undefined ? "" : durationWords(monitor.timeoutMs))
  const { checks, refusal, start } = createRegionChecks()
  const [code, setCode] = createSignal<MonitorTexts["input"]>()
  const [count, setCount] = createSignal((monitor?.assertions ?? type.defaultAssertions).length)
  let fieldset!: HTMLDivElement
  let testPanel: HTMLDivElement | undefined

  const read = () => readMonitor(Fields.make(new FormData(fieldset.closest("form")!)), props.types).input
  const test = async () => {
    const { assertions, kind, regions: chosen, spec: target, timeoutMs } = read()
    // As it was typed: what is wrong with it is the API's to say.
    const draft = {
      kind,
      spec: target,
      assertions,
      waitMs: testWaitMs,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(monitor === undefined ? {} : { monitorId: monitor.id })
    } as Partial<Draft> & Pick<Draft, "spec">
    queueMicrotask(() => testPanel?.scrollIntoView({ block: "nearest" }))
    await start(chosen, (region, signal) => runDraft({ ...draft, regions: [region] }, signal))
    testPanel?.scrollIntoView({ block: "nearest" })
  }
  const intervalMs = () => durationMs(interval()) ?? intervalMsDefault
  const rule = () =>
    ruleWords({
      isInbound: type.inbound,
      intervalMs: intervalMs(),
      timeoutMs: durationMs(timeout()) ?? timeoutMsFor(intervalMs()),
      regions: Math.max(1, regions().length),
      assertions: count()
    })
  const countAssertions = () => setCount(read().assertions.length)

  return (
    <ApiForm
      name="save-monitor"
      hidden={{
        kind: type.kind,
        ...(monitor === undefined ? {} : { id: monitor.id, version: String(monitor.version) })
      }}
      done={monitor === undefined ? "The monitor is on its way: its first check is due within one interval" : "Saved"}
      class="flex flex-col gap-4"
    >
      {(shown) => (
        <>
          <div ref={fieldset} class="contents" onChange={countAssertions}>
            <FormProblem />
            <Panel title="What is watched" note={type.description}>
              <div class="flex flex-col gap-4">
                <Members members={members.first} path="spec" value={spec} />
                <Field
                  name="name"
                  label="Name"
                  hint="Without one, the monitor is called after its target"
                  value={monitor?.name ?? props.start.name ?? ""}
                  maxlength={120}
                  autocomplete="off"
                />
                <Field
                  name="tags"
                  label="Tags"
                  hint="Words to find and group it by, with commas between them: production, team:payments"
                  value={(monitor?.tags ?? props.start.tags ?? []).join(", ")}
                  autocomplete="off"
                />
                <Show when={members.more.length > 0}>
                  <Advanced members={members.more} title={type.title} spec={spec} />
                </Show>
              </div>
            </Panel>

            <Show
              when={!type.inbound}
              fallback={<For each={regions()}>{(region) => <input type="hidden" name="regions" value={region} />}</For>}
            >
              <Panel title="How often, and from where">
                <div class="flex flex-col gap-4">
                  <div class="grid gap-4 sm:grid-cols-2">
                    <Field
                      name="intervalMs"
                      label="Interval"
                      hint="From 1 s to 1 d: 30 s, 5 min, 1 h"
                      value={interval()}
                      onInput={(event) => setInterval(event.currentTarget.value)}
                      autocomplete="off"
                    />
                    <Field
                      name="timeoutMs"
                      label="Timeout"
                      hint="At most 0.8 of the interval, and 60 s"
                      placeholder={durationWords(timeoutMsFor(intervalMs()))}
                      value={timeout()}
                      onInput={(event) => setTimeout(event.currentTarget.value)}
                      autocomplete="off"
                    />
                  </div>
                  <RegionPicker regions={props.regions} chosen={regions()} onChange={setRegions} />
                </div>
              </Panel>
            </Show>

            <Show when={type.sources.length > 0}>
              <Panel title="What must hold">
                <AssertionRows
                  infos={props.types.assertionSources.filter(({ source }) => type.sources.includes(source))}
                  assertions={monitor?.assertions ?? type.defaultAssertions}
                />
              </Panel>
            </Show>
          </div>

          <Panel title="In words">
            <ul class="list-disc pl-5" aria-live="polite">
              <For each={rule()}>{(sentence) => <li>{sentence}</li>}</For>
            </ul>
          </Panel>

          <Show when={checks.length > 0 || shown() !== undefined}>
            <div ref={testPanel} class="scroll-mb-20">
              <Panel title="Test" note="just now, saved nowhere">
                <Show
                  when={refusal()}
                  fallback={
                    <RegionRuns
                      checks={
                        checks.length > 0
                          ? checks
                          : (shown() as ReadonlyArray<RegionRun>).map((run) => ({ region: run.region, run }))
                      }
                    />
                  }
                >
                  {(problem) => <Refusal problem={problem()} />}
                </Show>
              </Panel>
            </div>
          </Show>

          <details class="script-only" onToggle={(event) => setCode(event.currentTarget.open ? read() : undefined)}>
            <summary class="min-h-8 cursor-pointer py-1 font-medium text-accent">View as code</summary>
            <div class="pt-3">
              <Show when={code()}>{(input) => <CodeView input={input()} monitorId={monitor?.id} />}</Show>
            </div>
          </details>

          <div class="sticky bottom-12 z-10 -mx-4 md:bottom-0 flex flex-wrap items-center gap-2 border-t border-line bg-ground px-4 py-3">
            <SubmitButton>{monitor === undefined ? "Create monitor" : "Save changes"}</SubmitButton>
            <Show when={!type.inbound}>
              <button
                type="submit"
                name="do"
                value="test"
                class={buttonClass("secondary")}
                onClick={(event) => {
                  event.preventDefault()
                  if (event.currentTarget.form?.reportValidity()) void test()
                }}
              >
                <FlaskConical size={14} aria-hidden="true" /> Test now
              </button>
            </Show>
            <ButtonLink variant="quiet" href={monitor === undefined ? "/" : `/monitors/${monitor.id}`}>
              Cancel
            </ButtonLink>
          </div>
        </>
      )}
    </ApiForm>
  )
}

/** Settings that can be left alone. Open where one is set, or wrong. */
function Advanced(props: {
  members: ReadonlyArray<Member>
  title: string
  spec: Readonly<Record<string, unknown>> | undefined
}) {
  const form = useForm()
  const isOpen = () =>
    props.members.some(({ name }) => isSet(name, props.spec) || form?.error(`spec.${name}`) !== undefined)
  return (
    <details open={isOpen()}>
      <summary class="min-h-8 cursor-pointer py-1 font-medium text-accent">
        Advanced: {props.members.length} more settings of {props.title}
      </summary>
      <div class="pt-2">
        <Members members={props.members} path="spec" value={props.spec} />
      </div>
    </details>
  )
}

function Refusal(props: { problem: Problem }) {
  return (
    <div role="alert" class="text-down">
      <p>{props.problem.detail ?? props.problem.title}</p>
      <ErrorList errors={props.problem.errors} />
    </div>
  )
}

/** The regions that have workers, or any worker while there are none. */
const regionsToBeginWith = (regions: ReadonlyArray<Region>): ReadonlyArray<string> => {
  const working = workingRegions(regions)
  return working.length === 0 ? ["global"] : working.map(({ name }) => name).slice(0, 20)
}

/** What is always asked, and what can be left alone. */
const membersOf = (
  type: CheckTypeInfo
): { readonly first: ReadonlyArray<Member>; readonly more: ReadonlyArray<Member> } => {
  const shape = shapeOf(type.schema as JsonSchema)
  const members = shape.is === "group" ? shape.members : [{ name: "", isRequired: true, shape, description: undefined }]
  const first = members.filter(({ isRequired }) => isRequired)
  return { first, more: members.filter(({ isRequired }) => !isRequired) }
}

/** Whether there is something to see in a setting that has members of its own. */
const isSet = (name: string, spec: Readonly<Record<string, unknown>> | undefined): boolean => {
  const value = spec?.[name]
  return typeof value === "object" && value !== null && Object.keys(value).length > 0
}
