/**
 * API keys of the organization.
 */
import { PageTitle } from "~/components/PageTitle.tsx"
import { AdminsOnly } from "~/settings/AdminsOnly.tsx"
import { ApiKeys, CreateApiKey } from "~/settings/ApiKeys.tsx"

export default function ApiKeysPage() {
  return (
    <>
      <PageTitle words="API keys" />
      <AdminsOnly what="API keys are seen and made">
        <CreateApiKey />
        <ApiKeys />
      </AdminsOnly>
    </>
  )
}
