/**
 * API keys of the organization.
 */
import { Title } from "@solidjs/meta"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { ApiKeys, CreateApiKey } from "~/settings/ApiKeys.tsx"

export default function ApiKeysPage() {
  return (
    <>
      <Title>API keys · OpenSeer</Title>
      <AdminsOnly what="API keys are seen and made">
        <CreateApiKey />
        <ApiKeys />
      </AdminsOnly>
    </>
  )
}
