/**
 * The field for what an authenticator app shows.
 */
import { Field } from "~/components/Field.tsx"

/** `code` in the form around it. `error` says what is wrong where that is not the form's to say. */
export function CodeField(props: { class?: string; error?: string | undefined }) {
  return (
    <Field
      name="code"
      label="Code"
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength={9}
      placeholder="6 digits"
      required
      autofocus
      {...props}
    />
  )
}
