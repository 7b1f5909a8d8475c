/**
 * One field of a form: label, input, hint and error, tied together for screen readers.
 */
import { type ComponentProps, createUniqueId, type JSX, Show, splitProps } from "solid-js"
import { useForm } from "~/components/FormContext.ts"

/** The looks of inputs, selects and text areas. */
export const inputClass =
  "min-h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 py-1 text-text aria-invalid:border-down " +
  "disabled:opacity-60"

/** What every field has. */
export interface FieldProps {
  /** Also the path of the member in the API's errors: `spec.url`. */
  name: string
  label: string
  hint?: JSX.Element
  /** An error that the form does not know of. */
  error?: string | undefined
  class?: string
}

/** Label, hint and error around a control. The control gets its id, whether it is invalid, and what describes it. */
export function FieldFrame(
  props: FieldProps & {
    children: (control: {
      readonly id: string
      readonly invalid: "true" | undefined
      readonly describedBy: string | undefined
    }) => JSX.Element
  }
) {
  const form = useForm()
  form?.claim(props.name)
  const id = createUniqueId()
  // Asked by name: reading it would make its elements once more.
  const hasHint = "hint" in props
  const error = () => props.error ?? form?.error(props.name)
  const describedBy = () => [error() && `${id}-error`, hasHint && `${id}-hint`].filter(Boolean).join(" ") || undefined
  return (
    <div class={`flex flex-col gap-1 ${props.class ?? ""}`}>
      <label for={id} class="font-medium">
        {props.label}
      </label>
      {props.children({
        id,
        get invalid() {
          return error() ? ("true" as const) : undefined
        },
        get describedBy() {
          return describedBy()
        }
      })}
      <Show when={error()}>
        <p id={`${id}-error`} class="text-down">
          {error()}
        </p>
      </Show>
      <Show when={hasHint}>
        <p id={`${id}-hint`} class="text-pretty text-muted">
          {props.hint}
        </p>
      </Show>
    </div>
  )
}

/** A field with one line of input. What was typed comes back when the form is refused. */
export function Field(props: FieldProps & Omit<ComponentProps<"input">, "name" | "id">) {
  const form = useForm()
  const [frame, input] = splitProps(props, ["name", "label", "hint", "error", "class"])
  return (
    <FieldFrame {...frame}>
      {(control) => (
        <input
          {...input}
          id={control.id}
          name={frame.name}
          value={form?.value(frame.name) ?? input.value ?? ""}
          aria-invalid={control.invalid}
          aria-describedby={control.describedBy}
          class={inputClass}
        />
      )}
    </FieldFrame>
  )
}

/** A field with lines of text. */
export function TextField(props: FieldProps & Omit<ComponentProps<"textarea">, "name" | "id">) {
  const form = useForm()
  const [frame, input] = splitProps(props, ["name", "label", "hint", "error", "class", "value"])
  return (
    <FieldFrame {...frame}>
      {(control) => (
        <textarea
          {...input}
          id={control.id}
          name={frame.name}
          aria-invalid={control.invalid}
          aria-describedby={control.describedBy}
          class={`${inputClass} font-mono`}
        >
          {form?.value(frame.name) ?? frame.value ?? ""}
        </textarea>
      )}
    </FieldFrame>
  )
}

/** A field that offers a choice. */
export function SelectField(
  props: FieldProps & {
    options: ReadonlyArray<{ readonly value: string; readonly label: string }>
    value?: string
    onChange?: (value: string) => void
  }
) {
  const form = useForm()
  const chosen = () => form?.value(props.name) ?? props.value
  return (
    <FieldFrame {...props}>
      {(control) => (
        <select
          id={control.id}
          name={props.name}
          aria-invalid={control.invalid}
          aria-describedby={control.describedBy}
          class={inputClass}
          onChange={(event) => props.onChange?.(event.currentTarget.value)}
        >
          {props.options.map(({ label, value }) => (
            <option value={value} selected={value === chosen()}>
              {label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  )
}
