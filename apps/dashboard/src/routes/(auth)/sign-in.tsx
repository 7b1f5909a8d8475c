/**
 * Signing in. `?next=` says where to go then.
 */
import { Title } from "@solidjs/meta"
import { createAsync, useSearchParams } from "@solidjs/router"
import { Show, Suspense } from "solid-js"
import { getAuthOptions } from "~/api/Account.ts"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { buttonClass } from "~/components/Button.tsx"
import { Field } from "~/components/Field.tsx"

export const route = { preload: () => void getAuthOptions() }

export default function SignInPage() {
  const [search] = useSearchParams<{ next?: string }>()
  const options = createAsync(() => getAuthOptions().catch(() => undefined))
  return (
    <>
      <Title>Sign in · OpenSeer</Title>
      <h1 class="mb-4 text-lg font-semibold">Sign in</h1>
      <ApiForm name="sign-in" hidden={{ next: search.next ?? "/" }} class="flex flex-col gap-4">
        <FormProblem />
        <Field name="email" label="Email" type="email" autocomplete="username" required autofocus />
        <Field name="password" label="Password" type="password" autocomplete="current-password" required />
        <SubmitButton>Sign in</SubmitButton>
      </ApiForm>
      <Suspense>
        <Show when={options()?.oidc}>
          {(oidc) => (
            <a href={oidc().path} target="_self" class={buttonClass("secondary", "mt-3 w-full")}>
              Sign in with {oidc().name}
            </a>
          )}
        </Show>
        <Show when={options()?.needsSetup}>
          <p class="mt-4 text-muted">
            Nobody has claimed this instance yet. Open the setup link that the control plane printed on its console.
          </p>
        </Show>
      </Suspense>
    </>
  )
}
