/**
 * What lets services and workers in: API keys, enrollment tokens, and the workers that came by them.
 */
import type { ApiKey, EnrollmentToken } from "@openseer/core/contract/AccountsApi"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"
import { config } from "~/server/DashboardConfig.ts"
import { expiresInMs } from "~/settings/Expiry.ts"

/** A key with its secret, and the origin at which it is used. */
export interface NewApiKey extends ApiKey {
  readonly token: string
  readonly origin: string
}

/** An enrollment token with its secret, and the address of the control plane for the worker. */
export interface NewEnrollment extends EnrollmentToken {
  readonly token: string
  readonly controlPlaneUrl: string
}

/** `name`, `scope` and `expiry`. Shows the key. */
export const createApiKey: NamedForm = {
  send: async ({ call, fields, page }) => {
    const key = await call<Omit<NewApiKey, "origin">>("POST", "/api/v1/api-keys", {
      name: fields.text("name"),
      scopes: fields.all("scopes"),
      expiresInMs: expiresInMs(fields.text("expiry"))
    })
    return { show: { ...key, origin: config.publicUrl?.origin ?? page.origin } satisfies NewApiKey }
  }
}

/** `apiKeyId`. */
export const revokeApiKey: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/api-keys/${encodeURIComponent(fields.text("apiKeyId"))}`)
    return { redirect: samePage(page) }
  }
}

/** `region`, or empty with the name of a new one in `newRegion`; `uses`, or `any`; `expiry`. Shows the token. */
export const createEnrollment: NamedForm = {
  send: async ({ call, fields, page }) => {
    const uses = fields.text("uses")
    const token = await call<Omit<NewEnrollment, "controlPlaneUrl">>("POST", "/api/v1/enrollment-tokens", {
      region: fields.text("region") || fields.text("newRegion"),
      uses: uses === "any" ? null : fields.number("uses"),
      expiresInMs: expiresInMs(fields.text("expiry"))
    })
    const controlPlaneUrl = config.enrollmentUrl ?? config.publicUrl?.origin ?? page.origin
    return { show: { ...token, controlPlaneUrl } satisfies NewEnrollment }
  }
}

/** `enrollmentTokenId`. */
export const revokeEnrollment: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/enrollment-tokens/${encodeURIComponent(fields.text("enrollmentTokenId"))}`)
    return { redirect: samePage(page) }
  }
}

/** `workerId`. */
export const revokeWorker: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("DELETE", `/api/v1/workers/${encodeURIComponent(fields.text("workerId"))}`)
    return { redirect: samePage(page) }
  }
}
