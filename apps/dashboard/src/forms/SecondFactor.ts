/**
 * Setting up and taking away the second factor.
 */
import type { RecoveryCodes, SecondFactorOffer } from "@openseer/core/contract/AccountApi"
import { type Problem, problemOf } from "~/api/ApiProblem.ts"
import type { Fields } from "~/forms/Fields.ts"
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"
import { type QrCode, qrCode } from "~/server/QrCode.ts"

/** What the form has to show: a secret to confirm, with what was wrong with the code; or at the end recovery codes. */
export type SecondFactorStep =
  | { readonly step: "confirm"; readonly offer: SecondFactorOffer; readonly qr: QrCode; readonly problem?: Problem }
  | { readonly step: "codes"; readonly codes: ReadonlyArray<string> }

const confirmation = (fields: Fields) => ({
  currentPassword: fields.raw("currentPassword") || undefined,
  code: fields.optional("code")
})

/**
 * Two steps in one form. First `currentPassword`: it answers a secret. Then `code`, with `secret` and `uri` handed back,
 * so that a wrong code does not lose what the app has scanned.
 */
export const enableSecondFactor: NamedForm = {
  secrets: ["uri"],
  send: async ({ call, fields }) => {
    if (!fields.isOn("uri")) {
      const offer = await call<SecondFactorOffer>("POST", "/api/v1/account/second-factor", {
        currentPassword: fields.raw("currentPassword") || undefined
      })
      return { show: { step: "confirm", offer, qr: qrCode(offer.uri) } satisfies SecondFactorStep }
    }
    try {
      const body = { code: fields.text("code") }
      const { codes } = await call<RecoveryCodes>("POST", "/api/v1/account/second-factor/confirm", body)
      return { show: { step: "codes", codes } satisfies SecondFactorStep }
    } catch (error) {
      const offer = { secret: fields.raw("secret"), uri: fields.raw("uri") }
      const problem = problemOf(error)
      return { show: { step: "confirm", offer, qr: qrCode(offer.uri), problem } satisfies SecondFactorStep }
    }
  }
}

/** `code`, and `currentPassword` of whoever has one. */
export const removeSecondFactor: NamedForm = {
  send: async ({ call, fields, page }) => {
    await call("POST", "/api/v1/account/second-factor/remove", confirmation(fields))
    return { redirect: samePage(page) }
  }
}

/** `code`, and `currentPassword` of whoever has one. */
export const renewRecoveryCodes: NamedForm = {
  send: async ({ call, fields }) => {
    const { codes } = await call<RecoveryCodes>("POST", "/api/v1/account/recovery-codes", confirmation(fields))
    return { show: { step: "codes", codes } satisfies SecondFactorStep }
  }
}
