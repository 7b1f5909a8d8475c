/**
 * Where to go after signing in: a path of this site, and nothing that leads elsewhere.
 */

const start = "/"

/** The path, or the start page for whatever is not one: another origin, another scheme, the sign-in page itself. */
export const nextPath = (text: string | null | undefined): string => {
  // Browsers drop tabs and line breaks, and read a backslash as a slash: `/\tevil` and `/\evil` are `//evil`.
  if (!text || !/^\/(?![/\\])[\x21-\x5B\x5D-\x7E]*$/.test(text)) return start
  const url = URL.parse(text, "http://here.invalid")
  if (url === null || url.host !== "here.invalid" || url.pathname.startsWith("//")) return start
  return /^\/(sign-in|second-factor|setup|api|_server)(\/|-|$)/.test(url.pathname) ? start : url.pathname + url.search
}
