/**
 * Light, dark, or as the system says, for browsers without JavaScript; with it the button does the same at once.
 */
import type { NamedForm } from "~/forms/NamedForm.ts"
import { themeCookie } from "~/server/Theme.ts"

/** `theme`: `light`, `dark`, or anything else to forget the choice. */
export const chooseTheme: NamedForm = {
  send: async ({ fields, page }) => {
    const theme = fields.text("theme")
    const life = theme === "light" || theme === "dark" ? `${theme}; Max-Age=31536000` : "; Max-Age=0"
    return { redirect: page.pathname + page.search, cookies: [`${themeCookie}=${life}; Path=/; SameSite=Lax`] }
  }
}
