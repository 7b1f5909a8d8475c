/**
 * Proves that it is still the same person: their password, or without one a code of the second factor.
 */
import { Show } from "solid-js"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { useAccount } from "~/components/AccountContext.tsx"
import { Field } from "~/components/Field.tsx"

/** The field that the account has something for; `ofFactor`, for what weakens the second factor: both that it has. */
export function ConfirmationField(props: { ofFactor?: boolean }) {
  const { account } = useAccount()
  return (
    <>
      <Show when={account()?.hasPassword}>
        <PasswordField name="currentPassword" label="Current password" />
      </Show>
      <Show when={account()?.hasSecondFactor && (props.ofFactor || !account()?.hasPassword)}>
        <Field
          name="code"
          label="Code of your authenticator app"
          hint="Or a recovery code."
          autocomplete="one-time-code"
          maxlength={40}
          required
        />
      </Show>
    </>
  )
}
