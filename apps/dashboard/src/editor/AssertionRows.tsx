/**
 * The assertions builder: one row a condition, in words, from the sources that the check type has.
 */
import type { Assertion } from "@openseer/core"
import type { AssertionSourceInfo } from "@openseer/core/contract/CheckTypesApi"
import Plus from "lucide-solid/icons/plus"
import X from "lucide-solid/icons/x"
import { createSignal, For, Show } from "solid-js"
import { comparisonWords } from "~/checks/AssertionWords.ts"
import { Button } from "~/components/Button.tsx"
import { inputClass } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { assertionsMax, expectedHint, expectedText, takesExpected } from "~/editor/AssertionTexts.ts"
import { rowField } from "~/editor/SpecValues.ts"

const propertyPlaceholder = {
  "header name": "content-type",
  JSONPath: "$.status",
  phase: "ttfb",
  "record type": "MX"
}

/** `infos` are the sources of the check type. */
export function AssertionRows(props: {
  infos: ReadonlyArray<AssertionSourceInfo>
  assertions: ReadonlyArray<Assertion.Assertion>
}) {
  const form = useForm()
  const posted = Array.from({ length: assertionsMax }, (_, index) => index).filter(
    (index) => form?.value(rowField(`assertions.${index}`)) !== undefined
  )
  const first =
    posted.length > 0
      ? posted
      : Array.from({ length: Math.min(assertionsMax, props.assertions.length + 1) }, (_, index) => index)
  const [rows, setRows] = createSignal<ReadonlyArray<number>>(first)
  /** One to fill in without JavaScript; with it, one is added. */
  const spare = posted.length > 0 ? -1 : props.assertions.length
  return (
    <Show
      when={props.infos.length > 0}
      fallback={<p class="text-muted">Checks of this type have nothing for assertions to look at.</p>}
    >
      <div class="flex flex-col gap-2">
        <For each={rows()}>
          {(index) => (
            <AssertionRow
              path={`assertions.${index}`}
              number={index + 1}
              infos={props.infos}
              isSpare={index === spare}
              assertion={posted.length > 0 ? undefined : props.assertions[index]}
              remove={() => setRows((all) => all.filter((one) => one !== index))}
            />
          )}
        </For>
        <div>
          <Button
            class="script-only"
            disabled={rows().length >= assertionsMax}
            onClick={() => setRows((all) => [...all, Math.max(-1, ...all) + 1])}
          >
            <Plus size={14} aria-hidden="true" /> Add assertion
          </Button>
        </div>
      </div>
    </Show>
  )
}

function AssertionRow(props: {
  path: string
  number: number
  infos: ReadonlyArray<AssertionSourceInfo>
  isSpare: boolean
  assertion: Assertion.Assertion | undefined
  remove: () => void
}) {
  const form = useForm()
  form?.claim(props.path)
  const start = (name: string, initial: string | undefined) => form?.value(`${props.path}.${name}`) ?? initial ?? ""
  const [source, setSource] = createSignal(start("source", props.assertion?.source))
  const [comparison, setComparison] = createSignal(start("comparison", props.assertion?.comparison))
  const info = () => props.infos.find((one) => one.source === source())
  const comparisons = () => info()?.comparisons ?? []
  const chosen = () => {
    const now = comparison() as Assertion.Comparison
    return comparisons().includes(now) ? now : comparisons()[0]
  }
  const error = () => form?.error(props.path)
  const expectedId = `${props.path}-error`
  return (
    <fieldset class={`rounded-md border border-line p-2 ${props.isSpare ? "script-hidden" : ""}`}>
      <legend class="sr-only">Assertion {props.number}</legend>
      <input type="hidden" name={rowField(props.path)} value="1" />
      <div class="flex flex-wrap items-center gap-2">
        <select
          class={`${inputClass} max-w-40`}
          name={`${props.path}.severity`}
          aria-label={`Assertion ${props.number}: when it does not hold`}
        >
          <For each={["down", "degraded"] as const}>
            {(severity) => (
              <option value={severity} selected={severity === start("severity", props.assertion?.severity)}>
                {severity === "down" ? "Down unless" : "Degraded unless"}
              </option>
            )}
          </For>
        </select>
        <select
          class={`${inputClass} max-w-44`}
          name={`${props.path}.source`}
          aria-label={`Assertion ${props.number}: source`}
          title={info()?.description}
          aria-invalid={error() ? "true" : undefined}
          aria-describedby={error() ? expectedId : undefined}
          onChange={(event) => setSource(event.currentTarget.value)}
        >
          <option value="" selected={source() === ""}>
            nothing yet
          </option>
          <For each={props.infos}>
            {(one) => (
              <option value={one.source} selected={one.source === source()}>
                {one.label}
              </option>
            )}
          </For>
        </select>
        <Show when={info()?.property}>
          {(property) => (
            <input
              class={`${inputClass} max-w-40 font-mono`}
              name={`${props.path}.property`}
              aria-label={`Assertion ${props.number}: ${property().is}`}
              placeholder={propertyPlaceholder[property().is]}
              required={property().isRequired}
              value={start("property", props.assertion?.property)}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </Show>
        <Show when={info()}>
          {(known) => (
            <>
              <select
                class={`${inputClass} max-w-48`}
                name={`${props.path}.comparison`}
                aria-label={`Assertion ${props.number}: comparison`}
                onChange={(event) => setComparison(event.currentTarget.value)}
              >
                <For each={known().comparisons}>
                  {(one) => (
                    <option value={one} selected={one === chosen()}>
                      {comparisonWords[one]}
                    </option>
                  )}
                </For>
              </select>
              <Show when={chosen() !== undefined && takesExpected(chosen()!)}>
                <span class="flex min-w-32 flex-1 items-center gap-1.5">
                  <input
                    class={`${inputClass} font-mono`}
                    name={`${props.path}.expected`}
                    aria-label={`Assertion ${props.number}: expected`}
                    placeholder={expectedHint(chosen()!, known().kind)}
                    value={start(
                      "expected",
                      props.assertion?.source === source() ? expectedText(props.assertion?.expected, known().kind) : ""
                    )}
                    autocomplete="off"
                    spellcheck={false}
                  />
                  <span class="text-muted">{known().unit.trim()}</span>
                </span>
              </Show>
            </>
          )}
        </Show>
        <Button
          variant="quiet"
          class="script-only ml-auto"
          aria-label={`Remove assertion ${props.number}`}
          onClick={() => props.remove()}
        >
          <X size={14} aria-hidden="true" />
        </Button>
      </div>
      <Show when={error()}>
        <p id={expectedId} class="mt-1 text-down">
          {error()}
        </p>
      </Show>
    </fieldset>
  )
}
