/**
 * What accepts an invitation: whoever is signed in, or a new account.
 */
import type { AuthOptions } from "@openseer/core/contract/AuthApi"
import { A } from "@solidjs/router"
import { Show } from "solid-js"
import type { SignedInAccount } from "~/api/Account.ts"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { ProviderLink } from "~/auth/ProviderLink.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Field } from "~/components/Field.tsx"

const here = (token: string): string => `/invite?token=${encodeURIComponent(token)}`

/** For whoever is signed in. An invitation for another address says so. */
export function AcceptInvitation(props: { token: string; email: string | undefined; account: SignedInAccount }) {
  const isOther = () => props.email !== undefined && props.email.toLowerCase() !== props.account.email.toLowerCase()
  return (
    <>
      <Show
        when={isOther()}
        fallback={
          <ApiForm name="accept-invitation" hidden={{ token: props.token }} class="flex flex-col gap-4">
            <FormProblem />
            <SubmitButton class="min-h-9 w-full whitespace-normal wrap-anywhere">
              Accept as {props.account.email}
            </SubmitButton>
          </ApiForm>
        }
      >
        <p class="mb-4 rounded-md bg-degraded-soft px-3 py-2 text-degraded">
          The invitation is for <strong class="wrap-anywhere">{props.email}</strong>, and you are signed in as{" "}
          <strong class="wrap-anywhere">{props.account.email}</strong>. Sign out, and accept it with that address; or
          ask for an invitation for yours.
        </p>
      </Show>
      <ApiForm name="sign-out" hidden={{ next: here(props.token) }} class="mt-3">
        <SubmitButton variant={isOther() ? "primary" : "quiet"} class="min-h-9 w-full">
          {isOther() ? "Sign out" : "Not you? Sign out"}
        </SubmitButton>
      </ApiForm>
    </>
  )
}

/** For whoever is not signed in. An invitation for one address can't be accepted with another. */
export function SignUpByInvitation(props: {
  token: string
  email: string | undefined
  options: AuthOptions | undefined
}) {
  return (
    <>
      <ProviderLink provider={props.options?.oidc} verb="Continue with" invitation={props.token} />
      <ApiForm name="sign-up" hidden={{ invitation: props.token }} class="flex flex-col gap-4">
        <FormProblem />
        <Field name="name" label="Your name" autocomplete="name" maxlength={80} required autofocus />
        <Show
          when={props.email}
          fallback={<Field name="email" label="Email" type="email" autocomplete="username" required />}
        >
          {(email) => (
            <Field
              name="email"
              label="Email"
              type="email"
              autocomplete="username"
              value={email()}
              readonly
              hint="The invitation is for this address."
            />
          )}
        </Show>
        <PasswordField name="password" label="Password" isNew />
        <SubmitButton class="min-h-9">Make the account and join</SubmitButton>
      </ApiForm>
      <p class="mt-5 text-muted">
        Have an account?{" "}
        <A href={`/sign-in?next=${encodeURIComponent(here(props.token))}`} class="text-accent underline">
          Sign in to accept
        </A>
      </p>
    </>
  )
}
