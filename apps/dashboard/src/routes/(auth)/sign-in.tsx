/**
 * Signing in. `?next=` says where to go then, `?error=` why the identity provider led back here.
 */
import { A, createAsync, useSearchParams } from "@solidjs/router"
import { Match, Show, Suspense, Switch } from "solid-js"
import { getAuthOptions } from "~/api/Account.ts"
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { PasswordField } from "~/auth/PasswordField.tsx"
import { providerError } from "~/auth/ProviderError.ts"
import { ProviderLink } from "~/auth/ProviderLink.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Field } from "~/components/Field.tsx"

export const route = { preload: () => void getAuthOptions() }

export default function SignInPage() {
  const [search] = useSearchParams<{ next?: string; error?: string }>()
  const options = createAsync(() => getAuthOptions().catch(() => undefined), { deferStream: true })
  return (
    <>
      <AuthHeading title="Sign in" />
      <Show when={providerError(search.error)}>
        {(sentence) => (
          <p role="alert" class="mb-4 rounded-md bg-down-soft px-3 py-2 text-down">
            {sentence()}
          </p>
        )}
      </Show>
      <Suspense>
        <ProviderLink provider={options()?.oidc} verb="Sign in with" next={search.next} />
      </Suspense>
      <ApiForm name="sign-in" hidden={{ next: search.next ?? "/" }} class="flex flex-col gap-4">
        <FormProblem />
        <Field name="email" label="Email" type="email" autocomplete="username" required autofocus />
        <PasswordField name="password" label="Password" />
        <SubmitButton class="min-h-9">Sign in</SubmitButton>
      </ApiForm>
      <Suspense>
        <p class="mt-5 text-muted">
          <Switch fallback="No account? An administrator of your organization can invite you.">
            <Match when={options()?.needsSetup}>
              Nobody has claimed this instance yet: open the setup link that the control plane printed on its console.{" "}
              <A href="/setup-needed" class="text-accent underline">
                What is that?
              </A>
            </Match>
            <Match when={options()?.registration === "open"}>
              No account?{" "}
              <A href="/sign-up" class="text-accent underline">
                Make one
              </A>
            </Match>
          </Switch>
        </p>
      </Suspense>
    </>
  )
}
