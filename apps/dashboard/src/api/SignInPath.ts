/**
 * The way to the sign-in page and back.
 */

/** The page to sign in on, which leads back to where one was. */
export const signInPath = (page: string): string =>
  page === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(page)}`
