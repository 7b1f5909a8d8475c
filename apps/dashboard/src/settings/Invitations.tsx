/**
 * Inviting people, and the invitations that are open.
 */
import type { NewInvitation } from "@openseer/core/contract/OrganizationApi"
import { createAsyncStore } from "@solidjs/router"
import { For, Show } from "solid-js"
import { getInvitations } from "~/api/Organization.ts"
import { useAccount } from "~/components/AccountContext.tsx"
import { ApiForm, FormProblem, SubmitButton } from "~/components/ApiForm.tsx"
import { ConfirmForm } from "~/components/ConfirmForm.tsx"
import { Field, SelectField } from "~/components/Field.tsx"
import { Panel } from "~/components/Panel.tsx"
import { SecretOnce } from "~/components/SecretOnce.tsx"
import { SkeletonRows } from "~/components/Skeleton.tsx"
import { ActionCell, Cell, Row, StackTable } from "~/components/StackTable.tsx"
import { Time } from "~/components/Time.tsx"
import { expiryChoices } from "~/settings/Expiry.ts"
import { RoleChoice } from "~/settings/RoleChoice.tsx"
import { mayManage, roles, roleWord, withArticle } from "~/settings/Roles.ts"

/** Makes an invitation and shows its link, once. */
export function InviteMember() {
  const { account } = useAccount()
  return (
    <Panel title="Invite somebody">
      <ApiForm name="invite-member" class="flex flex-col gap-4">
        {(shown) => (
          <>
            <Show when={shown() as NewInvitation | undefined}>
              {(invitation) => (
                <SecretOnce label="Invitation link" secret={invitation().url}>
                  <p>
                    Send it to {invitation().email ?? "whoever shall join"}: it makes them{" "}
                    {withArticle(invitation().role)}. It expires <Time at={invitation().expiresAt} />, and works once.
                  </p>
                </SecretOnce>
              )}
            </Show>
            <FormProblem />
            <RoleChoice
              roles={roles.filter((role) => mayManage(account()?.organization?.role, role)).toReversed()}
              value="editor"
            />
            <div class="grid gap-4 sm:grid-cols-2">
              <Field
                name="email"
                label="Email (optional)"
                type="email"
                autocomplete="off"
                hint="Only this address may accept it. Without one, whoever has the link."
              />
              <SelectField
                name="expiry"
                label="Valid for"
                value="7d"
                options={expiryChoices("1d", "7d", "30d")}
                hint="No mail is sent: you hand over the link."
              />
            </div>
            <div>
              <SubmitButton>Create invitation</SubmitButton>
            </div>
          </>
        )}
      </ApiForm>
    </Panel>
  )
}

const columns = [
  { title: "For" },
  { title: "Role" },
  { title: "Invited by" },
  { title: "Expires" },
  { title: "Actions", hidden: true, end: true }
]

/** Those that nobody has accepted yet. */
export function OpenInvitations() {
  const invitations = createAsyncStore(() => getInvitations(), { deferStream: true })
  return (
    <Panel
      title="Open invitations"
      queries={getInvitations.key}
      fallback={<SkeletonRows rows={2} class="h-12" />}
      flush
    >
      <Show
        when={invitations()?.items.length}
        fallback={<p class="px-4 py-3 text-muted">None. Invitations are listed until they are accepted or expire.</p>}
      >
        <StackTable label="Open invitations" columns={columns}>
          <For each={invitations()?.items}>
            {(invitation) => (
              <Row>
                <Cell label="For" head>
                  {invitation.email ?? "Whoever has the link"}
                </Cell>
                <Cell label="Role">{roleWord[invitation.role]}</Cell>
                <Cell label="Invited by">{invitation.invitedBy ?? "–"}</Cell>
                <Cell label="Expires">
                  <Time at={invitation.expiresAt} />
                </Cell>
                <ActionCell>
                  <ConfirmForm
                    form="revoke-invitation"
                    id={invitation.id}
                    hidden={{ invitationId: invitation.id }}
                    trigger="Revoke"
                    label={`Revoke the invitation for ${invitation.email ?? "whoever has the link"}`}
                    title="Revoke the invitation?"
                    action="Revoke"
                    done="Invitation revoked"
                  >
                    <p>Its link is not valid any more.</p>
                  </ConfirmForm>
                </ActionCell>
              </Row>
            )}
          </For>
        </StackTable>
      </Show>
    </Panel>
  )
}
