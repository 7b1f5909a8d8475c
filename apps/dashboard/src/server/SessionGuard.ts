/**
 * Lets whoever is signed in see the pages of the app, and leads everybody else to the page that they need first.
 */
import type { AuthOptions } from "@openseer/core/contract/AuthApi"
import type { SignedInAccount } from "~/api/Account.ts"
import { signInPath } from "~/api/SignInPath.ts"
import type { ControlPlane } from "~/server/ControlPlane.ts"

/** Who is signed in, with the cookies that renew their session; or where to go; or nothing when nobody can say now. */
export type Admission =
  | { readonly account: SignedInAccount; readonly cookies: ReadonlyArray<string> }
  | { readonly redirect: string }
  | undefined

/** Pages that need nobody to be signed in. */
const isOpen = (pathname: string): boolean =>
  /^\/(sign-in|sign-up|second-factor|setup|setup-needed|invite)(\/|$)/.test(pathname)

/** Finds out who asks for a page. */
export const admit = async (url: URL, controlPlane: ControlPlane): Promise<Admission> => {
  if (isOpen(url.pathname)) return undefined
  const response = await controlPlane("/api/v1/account")
  if (response.ok) {
    return { account: (await response.json()) as SignedInAccount, cookies: response.headers.getSetCookie() }
  }
  await response.body?.cancel()
  if (response.status !== 401) return undefined
  const options = await controlPlane("/api/v1/auth/options")
  if (options.ok && ((await options.json()) as AuthOptions).needsSetup) return { redirect: "/setup-needed" }
  return { redirect: signInPath(url.pathname + url.search) }
}
