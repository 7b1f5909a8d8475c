/**
 * Proves that it is still the same person: their password, or without one a code of the second factor.
 */
import { Show } from "solid-js"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { useAccount } from "~/components/AccountContext.tsx"
import { Field } from "~/components/Field.tsx"

/** The field that the account has something for. */
export function ConfirmationField() {
  const { account } = useAccount()
  return (
    <Show
      when={account()?.hasPassword}
      fallback={
        <Show when={account()?.hasSecondFactor}>
          <Field name="code" label="Code of your authenticator app" autocomplete="one-time-code" required />
        </Show>
      }
    >
      <PasswordField name="currentPassword" label="Current password" />
    </Show>
  )
}
