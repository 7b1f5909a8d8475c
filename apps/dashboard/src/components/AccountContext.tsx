/**
 * Who is signed in, for every page of the app.
 */
import type { Scope } from "@openseer/core/contract/Auth"
import { createContext, useContext } from "solid-js"
import { may, type SignedInAccount } from "~/api/Account.ts"

/** Set by the layout of the app. */
export const AccountContext = createContext<() => SignedInAccount | undefined>(() => undefined)

/** Who is signed in, and whether they may do what needs a scope: what they may not do is not offered. */
export const useAccount = () => {
  const account = useContext(AccountContext)
  return { account, may: (needed: Scope): boolean => may(account(), needed) }
}
