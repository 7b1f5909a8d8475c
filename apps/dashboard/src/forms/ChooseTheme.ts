/**
 * Light, dark, or as the system says, for browsers without JavaScript; with it the button does the same at once.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { samePage } from "~/forms/SamePage.ts"
import { themeCookie } from "~/server/Theme.ts"

/** `theme`: `light`, `dark`, or anything else to forget the choice. */
export const chooseTheme: NamedForm = {
  send: async ({ fields, page }) => {
    const theme = fields.text("theme")
    return {
      redirect: samePage(page),
      cookies: [themeCookie(theme === "light" || theme === "dark" ? theme : undefined)]
    }
  }
}
