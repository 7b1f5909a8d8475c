/**
 * Fields for secrets: what is stored is never shown, and an empty field keeps it.
 */
import { createSignal, Match, Show, Switch } from "solid-js"
import { FieldFrame, inputClass } from "~/components/Field.tsx"
import { useForm } from "~/components/FormContext.ts"
import { isSecret, keptField, secretField, type SpecFieldProps, textOf } from "~/editor/SpecValues.ts"

/** One secret. */
export function SecretField(props: SpecFieldProps) {
  const isStored = isSecret(props.value)
  return (
    <FieldFrame
      name={props.path}
      label={props.label}
      {...(props.description === undefined ? {} : { hint: props.description })}
    >
      {(control) => (
        <>
          <input
            id={control.id}
            name={props.path}
            type="password"
            class={inputClass}
            autocomplete="new-password"
            placeholder={isStored ? "Stored; leave empty to keep it" : ""}
            aria-invalid={control.invalid}
            aria-describedby={control.describedBy}
          />
          <Show when={isStored}>
            <input type="hidden" name={keptField(props.path)} value="1" />
          </Show>
        </>
      )}
    </FieldFrame>
  )
}

/** A text that may be a secret from then on. `isBare`: in a row, without a label of its own. */
export function SecretText(props: SpecFieldProps & { isBare?: boolean }) {
  const form = useForm()
  const mayBeSecret = props.shape.is === "text" && props.shape.mayBeSecret
  const isStored = isSecret(props.value)
  const [hidden, setHidden] = createSignal(isStored || form?.value(secretField(props.path)) !== undefined)
  const input = (control?: {
    readonly id: string
    readonly invalid: "true" | undefined
    readonly describedBy: string | undefined
  }) => (
    <div class="flex items-center gap-2">
      <input
        {...(control === undefined
          ? { "aria-label": props.label }
          : { id: control.id, "aria-invalid": control.invalid, "aria-describedby": control.describedBy })}
        name={props.path}
        type={hidden() ? "password" : "text"}
        class={inputClass}
        autocomplete="off"
        spellcheck={false}
        value={form?.value(props.path) ?? (isStored ? "" : textOf(props.shape, props.value))}
        placeholder={isStored ? "Stored; leave empty to keep it" : props.isBare ? "Value" : ""}
      />
      <Show when={mayBeSecret}>
        <label class="flex min-h-6 items-center gap-1.5 whitespace-nowrap text-muted">
          <input
            type="checkbox"
            name={secretField(props.path)}
            checked={hidden()}
            onChange={(event) => setHidden(event.currentTarget.checked)}
          />
          Secret
        </label>
      </Show>
      <Show when={isStored}>
        <input type="hidden" name={keptField(props.path)} value="1" />
      </Show>
    </div>
  )
  return (
    <Switch>
      <Match when={props.isBare}>{input()}</Match>
      <Match when={true}>
        <FieldFrame
          name={props.path}
          label={props.label}
          {...(props.description === undefined ? {} : { hint: props.description })}
        >
          {(control) => input(control)}
        </FieldFrame>
      </Match>
    </Switch>
  )
}
