/**
 * Members of the organization, and invitations.
 */
import { getMembers } from "~/api/Organization.ts"
import { PageTitle } from "~/components/PageTitle.tsx"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { InviteMember, OpenInvitations } from "~/settings/Invitations.tsx"
import { Members } from "~/settings/Members.tsx"

export const route = { preload: () => void getMembers() }

export default function MembersPage() {
  return (
    <>
      <PageTitle words="Members" />
      <Members />
      <AdminsOnly what="Others are invited">
        <InviteMember />
        <OpenInvitations />
      </AdminsOnly>
    </>
  )
}
