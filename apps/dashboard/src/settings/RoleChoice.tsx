/**
 * A choice among roles, each with what it may do.
 */
import { For } from "solid-js"
import { useForm } from "~/components/FormContext.ts"
import { type Role, roleMay, roleWord } from "~/settings/Roles.ts"

/** Radio buttons with the name `role`. */
export function RoleChoice(props: { roles: ReadonlyArray<Role>; value: Role }) {
  const form = useForm()
  const chosen = () => form?.value("role") ?? props.value
  return (
    <fieldset class="flex flex-col gap-1">
      <legend class="mb-1 font-medium">Role</legend>
      <For each={props.roles}>
        {(role) => (
          <label class="flex cursor-pointer items-baseline gap-2.5 rounded-md border border-line px-3 py-1.5 hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft">
            <input type="radio" name="role" value={role} checked={role === chosen()} required />
            <span>
              <span class="font-medium">{roleWord[role]}</span> <span class="text-muted">{roleMay[role]}</span>
            </span>
          </label>
        )}
      </For>
    </fieldset>
  )
}
