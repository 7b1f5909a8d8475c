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

/** The regions in which somebody checks now. `global` is any of the others: beside them it would say the same twice. */
export const workingRegions = (regions: ReadonlyArray<Region>): ReadonlyArray<Region> => {
  const able = regions.filter(({ workersHealthy }) => workersHealthy > 0)
  const named = able.filter(({ name }) => name !== "global")
  return named.length > 0 ? named : able
}
