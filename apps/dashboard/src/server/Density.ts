/**
 * How much room rows have, as somebody chose it.
 */

/** `comfortable` is what holds without a choice. */
export type Density = "comfortable" | "compact"

const name = "openseer_density"

/** The cookie that remembers it, as a `Set-Cookie` header. Scripts may read it: it is no secret. */
export const densityCookie = (density: Density): string =>
  `${name}=${density === "compact" ? "compact; Max-Age=31536000" : "; Max-Age=0"}; Path=/; SameSite=Lax`

/** The density that a `Cookie` header names. */
export const densityOf = (cookie: string | null): Density =>
  new RegExp(`(?:^|;\\s*)${name}=compact(?:;|$)`).test(cookie ?? "") ? "compact" : "comfortable"
