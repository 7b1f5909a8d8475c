/**
 * Claiming a new instance, by the link that the control plane printed: `?token=`.
 */
import { createAsync, useSearchParams } from "@solidjs/router"
import { Match, Switch } from "solid-js"
import { getAuthOptions } from "~/api/Account.ts"
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { OwnerFields } from "~/auth/OwnerFields.tsx"
import { SetupCommand } from "~/auth/SetupCommand.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { ButtonLink } from "~/components/Button.tsx"

export const route = { preload: () => void getAuthOptions() }

export default function SetupPage() {
  const [search] = useSearchParams<{ token?: string }>()
  const options = createAsync(() => getAuthOptions().catch(() => undefined), { deferStream: true })
  return (
    <Switch fallback={<Claim token={search.token ?? ""} />}>
      <Match when={options()?.needsSetup === false}>
        <AuthHeading title="This instance has an owner">
          The setup link was used. Sign in, or ask the owner for an invitation.
        </AuthHeading>
        <ButtonLink href="/sign-in" variant="primary" class="w-full">
          Sign in
        </ButtonLink>
      </Match>
      <Match when={!search.token}>
        <AuthHeading title="The link is not complete">
          It ends in <code class="font-mono">?token=…</code>. Copy all of it from the console of the control plane.
        </AuthHeading>
        <SetupCommand />
      </Match>
    </Switch>
  )
}

function Claim(props: { token: string }) {
  return (
    <>
      <AuthHeading title="Set up OpenSeer">
        You become the owner of this instance. Others come by invitation.
      </AuthHeading>
      <ApiForm name="set-up" hidden={{ token: props.token }} class="flex flex-col gap-4">
        <FormProblem />
        <OwnerFields />
        <SubmitButton class="min-h-9">Create the organization</SubmitButton>
      </ApiForm>
      <SetupCommand />
    </>
  )
}
