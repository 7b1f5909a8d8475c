/**
 * Light or dark, as somebody chose it. Without a choice the system decides.
 */

/** What was chosen. */
export type Theme = "light" | "dark"

/** The cookie that remembers it. Scripts may read it: it is no secret. */
export const themeCookie = "openseer_theme"

/** The theme that a `Cookie` header names. */
export const themeOf = (cookie: string | null): Theme | undefined => {
  const value = new RegExp(`(?:^|;\\s*)${themeCookie}=(light|dark)(?:;|$)`).exec(cookie ?? "")?.[1]
  return value as Theme | undefined
}
