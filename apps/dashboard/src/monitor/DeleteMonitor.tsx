/**
 * Deletes the monitor, after its name was typed. A `<details>`, so that it works without JavaScript.
 */
import Trash from "lucide-solid/icons/trash"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { buttonClass } from "~/components/Button.tsx"
import { Field } from "~/components/Field.tsx"
import { useMonitor } from "~/monitor/MonitorContext.ts"

/** What cannot be undone is last on the page. */
export function DeleteMonitor() {
  const monitor = useMonitor()
  return (
    <section class="rounded-panel border border-down/40 bg-surface p-4">
      <h2 class="font-semibold">Delete this monitor</h2>
      <p class="mb-3 max-w-prose text-muted">
        It is no longer checked, and its history is gone with it. This can't be undone: to stop checking for a while,
        pause it instead.
      </p>
      <details>
        <summary class={buttonClass("danger")}>
          <Trash size={14} aria-hidden="true" /> Delete…
        </summary>
        <ApiForm
          name="delete-monitor"
          hidden={{ monitorId: monitor().id, name: monitor().name }}
          done="Deleted"
          class="mt-3 flex max-w-md flex-col gap-3"
        >
          <FormProblem />
          <Field
            name="typedName"
            label={`Type its name: ${monitor().name}`}
            autocomplete="off"
            spellcheck={false}
            required
          />
          <SubmitButton variant="danger" class="self-start">
            Delete this monitor for good
          </SubmitButton>
        </ApiForm>
      </details>
    </section>
  )
}
