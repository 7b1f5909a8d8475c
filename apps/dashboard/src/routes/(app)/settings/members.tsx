/**
 * Members of the organization, and invitations.
 */
import { Title } from "@solidjs/meta"
import { getMembers } from "~/api/Organization.ts"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { InviteMember, OpenInvitations } from "~/settings/Invitations.tsx"
import { Members } from "~/settings/Members.tsx"

export const route = { preload: () => void getMembers() }

export default function MembersPage() {
  return (
    <>
      <Title>Members · OpenSeer</Title>
      <Members />
      <AdminsOnly what="Others are invited">
        <InviteMember />
        <OpenInvitations />
      </AdminsOnly>
    </>
  )
}
