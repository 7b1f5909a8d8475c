/**
 * Light or dark, as somebody chose it. Without a choice the system decides.
 */

/** What was chosen. */
export type Theme = "light" | "dark"

const name = "openseer_theme"

/** The cookie that remembers it, as a `Set-Cookie` header; undefined forgets it. Scripts may read it: it is no secret. */
export const themeCookie = (theme: Theme | undefined): string =>
  `${name}=${theme === undefined ? "; Max-Age=0" : `${theme}; Max-Age=31536000`}; Path=/; SameSite=Lax`

/** The theme that a `Cookie` header names. */
export const themeOf = (cookie: string | null): Theme | undefined => {
  const value = new RegExp(`(?:^|;\\s*)${name}=(light|dark)(?:;|$)`).exec(cookie ?? "")?.[1]
  return value as Theme | undefined
}
