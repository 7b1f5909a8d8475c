/**
 * The organization itself: its name, and making another one.
 */
import { createAsync } from "@solidjs/router"
import { Show } from "solid-js"
import { getOrganization } from "~/api/Organization.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { CopyButton } from "~/components/CopyButton.tsx"
import { Field } from "~/components/Field.tsx"
import { PageTitle } from "~/components/PageTitle.tsx"
import { Panel } from "~/components/Panel.tsx"
import { Time } from "~/components/Time.tsx"

export const route = { preload: () => void getOrganization() }

export default function OrganizationPage() {
  const { account, may } = useAccount()
  const organization = createAsync(() => getOrganization(), { deferStream: true })
  return (
    <>
      <PageTitle words="Organization" />
      <Panel title="Organization" queries={getOrganization.key}>
        <Show when={organization()}>
          {(one) => (
            <div class="flex max-w-md flex-col gap-5">
              <Show
                when={may("admin")}
                fallback={
                  <div>
                    <p class="font-medium wrap-anywhere">{one().name}</p>
                    <p class="text-muted">Admins and owners can rename it.</p>
                  </div>
                }
              >
                <ApiForm name="rename-organization" done="Renamed" class="flex flex-col gap-4">
                  <FormProblem />
                  <Field name="name" label="Name" value={one().name} maxlength={80} autocomplete="off" required />
                  <div>
                    <SubmitButton>Save</SubmitButton>
                  </div>
                </ApiForm>
              </Show>
              <dl class="grid grid-cols-[8rem_1fr] items-center gap-y-1">
                <dt class="text-muted">Identifier</dt>
                <dd class="flex items-center gap-2">
                  <code class="min-w-0 font-mono wrap-anywhere">{one().id}</code>
                  <CopyButton text={one().id} what="the identifier" />
                </dd>
                <dt class="text-muted">Monitors at most</dt>
                <dd>{one().monitorsMax.toLocaleString("en")}</dd>
                <dt class="text-muted">Created</dt>
                <dd>
                  <Time at={one().createdAt} />
                </dd>
              </dl>
            </div>
          )}
        </Show>
      </Panel>
      <Panel title="Another organization">
        <Show
          when={account()?.mayCreateOrganization}
          fallback={
            <p class="text-muted">
              Organizations are not made by everybody here. Whoever runs this instance can make one for you.
            </p>
          }
        >
          <ApiForm name="create-organization" class="flex max-w-md flex-col gap-4">
            <FormProblem />
            <Field
              name="name"
              label="Name"
              hint="It has monitors, workers and members of its own. You will be its owner, and look at it next."
              maxlength={80}
              autocomplete="off"
              required
            />
            <div>
              <SubmitButton variant="secondary">Create</SubmitButton>
            </div>
          </ApiForm>
        </Show>
      </Panel>
    </>
  )
}
