/**
 * Name and email address. Another address needs the password, which is asked for when the address is changed.
 */
import { createSignal, onMount, Show } from "solid-js"
import type { SignedInAccount } from "~/api/Account.ts"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Field } from "~/components/Field.tsx"

/** The form of an account. */
export function ProfileForm(props: { account: SignedInAccount }) {
  // Without a script nobody tells that the address changes: the password can always be given then.
  const [isOther, setOther] = createSignal(false)
  const [hasScript, setHasScript] = createSignal(false)
  onMount(() => setHasScript(true))
  return (
    <ApiForm
      name="change-profile"
      hidden={{ emailBefore: props.account.email }}
      done="Profile saved"
      class="flex max-w-md flex-col gap-4"
      onDone={() => setOther(false)}
    >
      <FormProblem />
      <Field name="name" label="Name" value={props.account.name} autocomplete="name" maxlength={80} required />
      <Show
        when={props.account.hasPassword}
        fallback={
          <Field
            name="email"
            label="Email"
            type="email"
            value={props.account.email}
            readonly
            hint="It comes from the identity provider. Set a password under Security to change it here."
          />
        }
      >
        <Field
          name="email"
          label="Email"
          type="email"
          value={props.account.email}
          autocomplete="username"
          hint="You sign in with it. Another address needs your password."
          required
          onInput={(event) => setOther(event.currentTarget.value.trim() !== props.account.email)}
        />
        <Show when={isOther() || !hasScript()}>
          <PasswordField name="currentPassword" label="Current password" isOptional={!hasScript()} />
        </Show>
      </Show>
      <div>
        <SubmitButton>Save</SubmitButton>
      </div>
    </ApiForm>
  )
}
