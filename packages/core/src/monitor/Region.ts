/**
 * Where a check runs.
 */
import { Schema } from "effect"

/** The name of a region, like `us-east-1`. `global` means any worker. */
export const RegionName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, {
    message: "must be 1 to 40 lower case letters, digits and dashes, like us-east-1"
  })
).annotate({
  identifier: "RegionName",
  description: "Lower case letters, digits and dashes, at most 40, like us-east-1; global means any worker"
})
export type RegionName = typeof RegionName.Type

/** The region whose jobs any worker may execute. */
export const anyRegion: RegionName = "global"
