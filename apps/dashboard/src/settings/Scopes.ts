/**
 * Scopes in words.
 */
import type { Scope } from "@openseer/core/contract/Auth"

/** The scopes, from the least to the most. Each includes those before it. */
export const scopes: ReadonlyArray<Scope> = ["read", "write", "admin"]

/** What a scope allows. */
export const scopeMay: Readonly<Record<Scope, string>> = {
  read: "Read monitors, results and workers",
  write: "Read, and create, change, run and remove monitors",
  admin: "Everything, also enrolling workers and making API keys"
}

/** What a credential with these scopes may do, in few words: the widest counts. */
export const scopeWords = (granted: ReadonlyArray<string>): string => {
  const widest = scopes.findLast((scope) => granted.includes(scope))
  return widest === undefined ? "Nothing" : { read: "Read", write: "Read and write", admin: "Everything" }[widest]
}
