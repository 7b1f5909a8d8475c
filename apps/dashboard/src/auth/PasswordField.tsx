/**
 * A field for a password, which can be looked at.
 */
import Eye from "lucide-solid/icons/eye"
import EyeOff from "lucide-solid/icons/eye-off"
import { createSignal, onMount, Show } from "solid-js"
import { FieldFrame, inputClass } from "~/components/Field.tsx"

/** The shortest password that the API takes. */
export const passwordLengthMin = 12

/** `isNew` for one that is chosen now: it says the rule, and password managers offer to make one. */
export function PasswordField(props: {
  name: string
  label: string
  isNew?: boolean
  isOptional?: boolean
  autofocus?: boolean
}) {
  return (
    <Show when={props.isNew} fallback={<Control {...props} autocomplete="current-password" />}>
      <Control
        {...props}
        autocomplete="new-password"
        minlength={passwordLengthMin}
        hint={`${passwordLengthMin} characters or more; a sentence is fine.`}
      />
    </Show>
  )
}

function Control(props: {
  name: string
  label: string
  autocomplete: string
  isOptional?: boolean
  autofocus?: boolean
  minlength?: number
  hint?: string
}) {
  const [isShown, setShown] = createSignal(false)
  // A button that needs a script is not there without one.
  const [hasScript, setHasScript] = createSignal(false)
  onMount(() => setHasScript(true))
  return (
    <FieldFrame name={props.name} label={props.label} {...(props.hint ? { hint: props.hint } : {})}>
      {(control) => (
        <div class="relative">
          <input
            id={control.id}
            name={props.name}
            type={isShown() ? "text" : "password"}
            autocomplete={props.autocomplete}
            minlength={props.minlength}
            autofocus={props.autofocus}
            autocapitalize="none"
            spellcheck={false}
            required={!props.isOptional}
            aria-invalid={control.invalid}
            aria-describedby={control.describedBy}
            class={`${inputClass} ${hasScript() ? "pr-10" : ""}`}
          />
          <Show when={hasScript()}>
            <button
              type="button"
              aria-label="Show what is typed"
              aria-pressed={isShown()}
              class="absolute inset-y-0 right-0 flex w-9 items-center justify-center rounded-md text-muted hover:text-text"
              onClick={() => setShown(!isShown())}
            >
              <Show when={isShown()} fallback={<Eye size={16} aria-hidden="true" />}>
                <EyeOff size={16} aria-hidden="true" />
              </Show>
            </button>
          </Show>
        </div>
      )}
    </FieldFrame>
  )
}
