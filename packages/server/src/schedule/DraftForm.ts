/**
 * SCHEDULE: what a draft must be before it is run: the rules of monitors, without being one.
 */
import { type ChecksApi, Grid, Problem } from "@openseer/core"
import { Effect } from "effect"
import type { CheckTypes } from "../CheckTypes.ts"
import type { SecretBox, SpecOwner } from "../secrets/SecretBox.ts"
import * as HeartbeatRows from "./HeartbeatRows.ts"
import * as MonitorForm from "./MonitorForm.ts"
import * as SpecSecrets from "./SpecSecrets.ts"

/** A draft that can be run; secrets in its spec are sealed for the run alone. */
export type CheckedDraft = Pick<
  MonitorForm.CheckedMonitor,
  "kind" | "kindVersion" | "spec" | "assertions" | "timeoutMs" | "regions"
>

/** Whom its secrets are sealed for, and the monitor whose stored ones the mask stands for. */
export interface DraftOwner {
  readonly owner: SpecOwner
  readonly monitor: SpecSecrets.StoredSpec | undefined
}

/**
 * Checks a draft, filling in defaults. Fails with `BadInput` naming all that is wrong: also when it would take a stored
 * secret to another target, since whoever may not read it could have it sent to a server of her own.
 */
export const check = Effect.fn("DraftForm.check")(function* (
  checkTypes: CheckTypes["Service"],
  box: SecretBox["Service"],
  draft: ChecksApi.Draft,
  { monitor, owner }: DraftOwner
) {
  const { assertions, kind, regions, spec, timeoutMs } = draft
  if (HeartbeatRows.isHeartbeat(kind)) {
    return yield* refused("kind", "a heartbeat can't be run from here: its job calls the ping URL")
  }
  if (monitor !== undefined && monitor.kind !== kind) {
    return yield* refused("kind", `must be ${monitor.kind}, the kind of the monitor`)
  }
  const clear =
    monitor === undefined ? yield* SpecSecrets.ofNew(box, spec) : yield* SpecSecrets.ofChange(box, monitor, spec)
  const checked = yield* MonitorForm.check(checkTypes, {
    name: "draft",
    kind,
    spec: clear.spec,
    // It runs once: nothing comes after it that its timeout could reach into.
    intervalMs: Grid.intervalMsMax,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(assertions === undefined ? {} : { assertions }),
    regions,
    tags: []
  })
  if (monitor !== undefined) yield* SpecSecrets.sameOrigin(checkTypes, box, monitor, { ...clear, spec: checked.spec })
  // Stored ones are sealed anew as well: what is sealed opens in its place alone.
  const sealed = yield* SpecSecrets.seal(box, owner, checked.spec, new Map())
  return { ...checked, spec: sealed } satisfies CheckedDraft
})

const refused = (path: string, message: string) => Effect.fail(new Problem.BadInput({ errors: [{ path, message }] }))
