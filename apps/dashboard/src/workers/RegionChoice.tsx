/**
 * A choice among the regions that there are, or the name of a new one.
 */
import type { Region } from "@openseer/core/contract/AccountsApi"
import { createUniqueId, For, Show } from "solid-js"
import { inputClass } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { StatusPill } from "~/components/StatusPill.tsx"
import { regionSaying } from "~/workers/HealthWords.ts"

const choiceClass =
  "flex cursor-pointer items-center gap-2.5 rounded-md border border-line px-3 py-1.5 hover:bg-hover " +
  "has-checked:border-accent has-checked:bg-accent-soft"

/** Radio buttons `region`, of which the empty one stands for `newRegion`. The organization's own regions alone. */
export function RegionChoice(props: { regions: ReadonlyArray<Region> }) {
  const form = useForm()
  form?.claim("region")
  const id = createUniqueId()
  const own = () => props.regions.filter(({ owner }) => owner === "organization")
  const chosen = () => form?.value("region") ?? own()[0]?.name ?? ""
  let another!: HTMLInputElement
  return (
    <fieldset class="flex flex-col gap-1" aria-describedby={form?.error("region") ? `${id}-error` : undefined}>
      <legend class="mb-1 font-medium">Region</legend>
      <For each={own()}>
        {(region) => (
          <label class={choiceClass}>
            <input type="radio" name="region" value={region.name} checked={region.name === chosen()} />
            <span class="min-w-0 flex-1 font-medium wrap-anywhere">{region.name}</span>
            <StatusPill
              state={regionSaying(region).state}
              word={regionSaying(region).sentence.replace(/[:.].*$/, "")}
              plain
            />
          </label>
        )}
      </For>
      <div class={choiceClass}>
        <input ref={another} id={`${id}-new`} type="radio" name="region" value="" checked={chosen() === ""} />
        <label for={`${id}-new`} class="shrink-0 font-medium">
          New region
        </label>
        <input
          name="newRegion"
          aria-label="Name of the new region"
          placeholder="eu-central-1"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxlength={63}
          value={form?.value("newRegion") ?? ""}
          aria-invalid={form?.error("region") ? "true" : undefined}
          class={`${inputClass} min-w-0 flex-1`}
          onInput={() => {
            another.checked = true
          }}
        />
      </div>
      <Show when={form?.error("region")}>
        <p id={`${id}-error`} class="text-down">
          {form?.error("region")}
        </p>
      </Show>
      <p class="text-muted">
        A place on the network, such as a data centre or an office. Monitors choose regions by name.
      </p>
    </fieldset>
  )
}
