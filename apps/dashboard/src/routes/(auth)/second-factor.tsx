/**
 * The second factor of signing in: a code of the authenticator app, or with `?with=recovery` a recovery code.
 */
import { A, useSearchParams } from "@solidjs/router"
import { Show } from "solid-js"
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { CodeField } from "~/auth/CodeField.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { Field } from "~/components/Field.tsx"

export default function SecondFactorPage() {
  const [search] = useSearchParams<{ next?: string; with?: string }>()
  const isRecovery = () => search.with === "recovery"
  const other = () => {
    const to = new URLSearchParams(search.next ? { next: search.next } : {})
    if (!isRecovery()) to.set("with", "recovery")
    return `/second-factor?${to}`
  }
  return (
    <>
      <AuthHeading title={isRecovery() ? "Use a recovery code" : "Second factor"}>
        {isRecovery()
          ? "One of those that you kept when you set up the second factor. Each works once."
          : "Open your authenticator app and type the code that it shows for OpenSeer."}
      </AuthHeading>
      <ApiForm name="second-factor" hidden={{ next: search.next ?? "/" }} class="flex flex-col gap-4">
        <FormProblem />
        <Show when={isRecovery()} fallback={<CodeField />}>
          <Field
            name="code"
            label="Recovery code"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxlength={40}
            required
            autofocus
          />
        </Show>
        <SubmitButton class="min-h-9">Sign in</SubmitButton>
      </ApiForm>
      <p class="mt-5 flex flex-wrap justify-between gap-2 text-muted">
        <A href={other()} class="text-accent underline">
          {isRecovery() ? "Use the authenticator app" : "Use a recovery code"}
        </A>
        <A href="/sign-in" class="text-accent underline">
          Start again
        </A>
      </p>
    </>
  )
}
