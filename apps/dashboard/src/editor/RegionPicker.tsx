/**
 * Where a monitor is checked: the regions there are, and whether anybody is there to check.
 */
import type { Region } from "@openseer/core/contract/AccountsApi"
import { For, Show } from "solid-js"
import { useForm } from "~/components/FormContext.ts"
import { StateIcon } from "~/components/StatusPill.tsx"

/** The region whose jobs any worker executes. */
export const anyRegion = "global"

/** Checkboxes named `regions`. */
export function RegionPicker(props: {
  regions: ReadonlyArray<Region>
  chosen: ReadonlyArray<string>
  onChange: (chosen: ReadonlyArray<string>) => void
}) {
  const form = useForm()
  form?.claim("regions")
  const error = () => form?.error("regions")
  const healthy = () => props.regions.reduce((sum, { workersHealthy }) => sum + workersHealthy, 0)
  const choices = () => [
    {
      name: anyRegion,
      healthy: healthy(),
      note: healthy() > 0 ? "any worker, wherever it is" : "no worker is there yet: its state stays unknown"
    },
    ...props.regions
      .filter(({ name }) => name !== anyRegion)
      .map(({ name, workersHealthy, workersLost }) => ({
        name,
        healthy: workersHealthy,
        note:
          workersHealthy > 0
            ? `${workersHealthy} ${workersHealthy === 1 ? "worker" : "workers"}${workersLost > 0 ? `, ${workersLost} lost` : ""}`
            : "no worker: its state stays unknown"
      })),
    // Regions of the monitor that are not in the list any more.
    ...props.chosen
      .filter((name) => name !== anyRegion && !props.regions.some((region) => region.name === name))
      .map((name) => ({ name, healthy: 0, note: "no worker: its state stays unknown" }))
  ]
  return (
    <fieldset class="flex flex-col gap-1" aria-describedby={error() ? "regions-error" : undefined}>
      <legend class="mb-1 font-medium">Regions</legend>
      <div class="grid gap-2 sm:grid-cols-2">
        <For each={choices()}>
          {(choice) => (
            <label class="flex min-h-10 cursor-pointer items-center gap-2 rounded-md border border-line px-3 py-1.5 has-checked:border-accent has-checked:bg-accent-soft">
              <input
                type="checkbox"
                name="regions"
                value={choice.name}
                checked={(form?.values("regions") ?? props.chosen).includes(choice.name)}
                onChange={(event) =>
                  props.onChange(
                    event.currentTarget.checked
                      ? [...props.chosen, choice.name]
                      : props.chosen.filter((name) => name !== choice.name)
                  )
                }
              />
              <span class="min-w-0">
                <span class="block truncate font-medium">{choice.name}</span>
                <span class="flex items-center gap-1 text-muted">
                  <StateIcon state={choice.healthy > 0 ? "up" : "unknown"} size={12} />
                  {choice.note}
                </span>
              </span>
            </label>
          )}
        </For>
      </div>
      <Show when={error()}>
        <p id="regions-error" class="text-down">
          {error()}
        </p>
      </Show>
    </fieldset>
  )
}
