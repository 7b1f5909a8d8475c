/**
 * Where people open OpenSeer: what links for them begin with.
 */
import { Context } from "effect"

/** The origin of the dashboard, without a slash at its end. */
export const PublicUrl = Context.Reference<string>("@openseer/server/PublicUrl", {
  defaultValue: () => "http://localhost:3000"
})
