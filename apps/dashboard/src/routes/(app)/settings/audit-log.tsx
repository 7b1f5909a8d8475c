/**
 * What was changed in the organization.
 */
import { PageTitle } from "~/components/PageTitle.tsx"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { AuditLog } from "~/settings/AuditLog.tsx"

export default function AuditLogPage() {
  return (
    <>
      <PageTitle words="Audit log" />
      <AdminsOnly what="The audit log is read">
        <AuditLog />
      </AdminsOnly>
    </>
  )
}
