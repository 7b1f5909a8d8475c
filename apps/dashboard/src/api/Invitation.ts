/**
 * An invitation, for whoever holds its link.
 */
import type { InvitationFacts } from "@openseer/core/contract/AuthApi"
import { query } from "@solidjs/router"
import { type Problem, problemOf } from "~/api/ApiProblem.ts"
import type { SignedInAccount } from "~/api/Account.ts"
import { request } from "~/api/Request.ts"

/** The invitation of a token, or why there is none. */
export const getInvitation = query(
  async (token: string): Promise<{ readonly facts: InvitationFacts } | { readonly problem: Problem }> => {
    try {
      return { facts: await request<InvitationFacts>("/auth/invitation", { method: "POST", body: { token } }) }
    } catch (error) {
      return { problem: problemOf(error) }
    }
  },
  "invitation"
)

/** Who opens it: somebody who is signed in, or null. */
export const getVisitor = query(
  (): Promise<SignedInAccount | null> => request<SignedInAccount>("/account").catch(() => null),
  "visitor"
)
