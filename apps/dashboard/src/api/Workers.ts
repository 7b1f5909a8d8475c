/**
 * Regions and workers.
 */
import type { EnrollmentToken, Region, Worker } from "@openseer/core/contract/AccountsApi"
import { read, request } from "~/api/Request.ts"

/** The regions that monitors may be checked in. */
export const getRegions = read("regions", () => request<{ readonly items: ReadonlyArray<Region> }>("/regions"))

/** The workers, revoked ones last. */
export const getWorkers = read("workers", () => request<{ readonly items: ReadonlyArray<Worker> }>("/workers"))

/** The enrollment tokens, newest first. For admins. */
export const getEnrollmentTokens = read("enrollment-tokens", () =>
  request<{ readonly items: ReadonlyArray<EnrollmentToken> }>("/enrollment-tokens")
)
