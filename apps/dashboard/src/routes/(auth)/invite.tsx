/**
 * An invitation to an organization: `?token=`. Whoever is signed in accepts it as that; others make an account.
 */
import { createAsync, useSearchParams } from "@solidjs/router"
import { HttpStatusCode } from "@solidjs/start"
import { Match, Show, Switch } from "solid-js"
import { getAuthOptions } from "~/api/Account.ts"
import { getInvitation, getVisitor } from "~/api/Invitation.ts"
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { AcceptInvitation, SignUpByInvitation } from "~/auth/InvitationForms.tsx"
import { ButtonLink } from "~/components/Button.tsx"
import { Time } from "~/components/Time.tsx"
import { roleSentence, withArticle } from "~/settings/Roles.ts"

export default function InvitePage() {
  const [search] = useSearchParams<{ token?: string }>()
  const invitation = createAsync(() => getInvitation(search.token ?? ""), { deferStream: true })
  const visitor = createAsync(() => getVisitor(), { deferStream: true })
  const options = createAsync(() => getAuthOptions().catch(() => undefined), { deferStream: true })
  const facts = () => {
    const answer = invitation()
    return answer && "facts" in answer ? answer.facts : undefined
  }
  const problem = () => {
    const answer = invitation()
    return answer && "problem" in answer ? answer.problem : undefined
  }
  return (
    <Switch>
      <Match when={problem()}>
        {(why) => (
          <>
            <HttpStatusCode code={why().status} />
            <Show
              when={why().status < 500 && why().status !== 429}
              fallback={
                <AuthHeading title={why().title}>
                  The invitation is not lost: open the link again in a moment.
                </AuthHeading>
              }
            >
              <AuthHeading title="This invitation is not valid">
                It was accepted, revoked or has expired, or the link is not complete. Ask whoever invited you for a new
                one.
              </AuthHeading>
            </Show>
            <ButtonLink href="/" class="w-full">
              {visitor() ? "To the monitors" : "Sign in"}
            </ButtonLink>
          </>
        )}
      </Match>
      <Match when={facts()}>
        {(invited) => (
          <>
            <AuthHeading title={`Join ${invited().organizationName}`}>
              <Show when={invited().invitedBy} fallback="You are invited">
                {(name) => <>{name()} invites you</>}
              </Show>{" "}
              to be {withArticle(invited().role)}. {roleSentence[invited().role]} The invitation expires{" "}
              <Time at={invited().expiresAt} />.
            </AuthHeading>
            <Show
              when={visitor()}
              fallback={<SignUpByInvitation token={search.token ?? ""} email={invited().email} options={options()} />}
            >
              {(account) => <AcceptInvitation token={search.token ?? ""} email={invited().email} account={account()} />}
            </Show>
          </>
        )}
      </Match>
    </Switch>
  )
}
