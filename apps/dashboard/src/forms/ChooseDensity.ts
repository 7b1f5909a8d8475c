/**
 * Rows with more or less room, for browsers without JavaScript; with it the button does the same at once.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"
import { densityCookie } from "~/server/Density.ts"

/** `density`: `compact`, or anything else to forget the choice. */
export const chooseDensity: NamedForm = {
  send: async ({ fields, page }) => ({
    redirect: samePage(page),
    cookies: [densityCookie(fields.text("density") === "compact" ? "compact" : "comfortable")]
  })
}
