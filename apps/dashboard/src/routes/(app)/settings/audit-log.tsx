/**
 * What was changed in the organization.
 */
import { Title } from "@solidjs/meta"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { AuditLog } from "~/settings/AuditLog.tsx"

export default function AuditLogPage() {
  return (
    <>
      <Title>Audit log · OpenSeer</Title>
      <AdminsOnly what="The audit log is read">
        <AuditLog />
      </AdminsOnly>
    </>
  )
}
