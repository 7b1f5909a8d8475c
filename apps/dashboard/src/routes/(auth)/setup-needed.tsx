/**
 * What whoever opens an instance sees that nobody has claimed yet.
 */
import { AuthHeading } from "~/auth/AuthHeading.tsx"
import { SetupCommand } from "~/auth/SetupCommand.tsx"

export default function SetupNeededPage() {
  return (
    <>
      <AuthHeading title="This instance is new">Nobody has claimed it yet.</AuthHeading>
      <p>
        The control plane printed a <strong>setup link</strong> on its console when it started. Open that link to become
        the owner.
      </p>
      <SetupCommand />
    </>
  )
}
