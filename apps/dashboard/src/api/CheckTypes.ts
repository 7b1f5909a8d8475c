/**
 * The check types that this instance knows.
 */
import type { CheckTypes } from "@openseer/core/contract/CheckTypesApi"
import { read, request } from "~/api/Request.ts"

/** All check types, with the schema of their specs and what assertions may look at. */
export const getCheckTypes = read("check-types", () => request<CheckTypes>("/check-types"))

/** The kinds alone, for a page that needs nothing else: their schemas would outweigh it. */
export const getKinds = read("kinds", async () =>
  (await request<CheckTypes>("/check-types")).items.map(({ kind }) => kind)
)
