/**
 * Making an account and an organization, where registration is open.
 */
import { A, createAsync } from "@solidjs/router"
import { Show } from "solid-js"
import { getAuthOptions } from "~/api/Account.ts"
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { OwnerFields } from "~/auth/OwnerFields.tsx"
import { ProviderLink } from "~/auth/ProviderLink.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { ButtonLink } from "~/components/Button.tsx"

export const route = { preload: () => void getAuthOptions() }

export default function SignUpPage() {
  const options = createAsync(() => getAuthOptions(), { deferStream: true })
  return (
    <Show
      when={options()?.registration === "open"}
      fallback={
        <>
          <AuthHeading title="An invitation is needed">
            {options()?.registration === "closed"
              ? "Nobody can make an account here now. Ask an administrator of your organization."
              : "Accounts are made by invitation here. An administrator of your organization can send you a link."}
          </AuthHeading>
          <ButtonLink href="/sign-in" class="w-full">
            Sign in
          </ButtonLink>
        </>
      }
    >
      <AuthHeading title="Make an account">With an organization of your own.</AuthHeading>
      <ProviderLink provider={options()?.oidc} verb="Continue with" />
      <ApiForm name="sign-up" class="flex flex-col gap-4">
        <FormProblem />
        <OwnerFields />
        <SubmitButton class="min-h-9">Make the account</SubmitButton>
      </ApiForm>
      <p class="mt-5 text-muted">
        Have an account?{" "}
        <A href="/sign-in" class="text-accent underline">
          Sign in
        </A>
      </p>
    </Show>
  )
}
