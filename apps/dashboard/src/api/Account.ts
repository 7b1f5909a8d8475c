/**
 * Who is signed in, and the ways to sign in.
 */
import type { Account } from "@openseer/core/contract/AccountApi"
import type { AuthOptions } from "@openseer/core/contract/AuthApi"
import type { Scope } from "@openseer/core/contract/Auth"
import { getRequestEvent, isServer } from "solid-js/web"
import { read, request } from "~/api/Request.ts"

/** Who is signed in. */
export type SignedInAccount = Account

/** Who is signed in. On the server the middleware has asked before. */
export const getAccount = read("account", async (): Promise<Account> => {
  const known = isServer ? getRequestEvent()?.locals.account : undefined
  return known ?? (await request<Account>("/account"))
})

/** The ways to sign in. */
export const getAuthOptions = read("auth-options", () => request<AuthOptions>("/auth/options"))

/** Whether somebody may do what needs a scope: a button that can't be used is not shown. */
export const may = (account: Account | undefined, needed: Scope): boolean => {
  const order: ReadonlyArray<Scope> = ["read", "write", "admin"]
  return account?.scopes.some((scope) => order.indexOf(scope) >= order.indexOf(needed)) ?? false
}
