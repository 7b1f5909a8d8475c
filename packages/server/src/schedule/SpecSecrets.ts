/**
 * SCHEDULE: secrets on their way into a stored spec. They come clear or as the mask that keeps what is stored, and are
 * sealed when everything else is known to be right.
 */
import { Problem, Secret } from "@openseer/core"
import { Effect, Option, type Schema } from "effect"
import type { CheckTypes } from "../CheckTypes.ts"
import type { SecretBox, SpecOwner } from "../secrets/SecretBox.ts"
import * as SecretKeysFile from "../secrets/SecretKeysFile.ts"

/** A spec that is to be decoded, with its secrets clear, and the stored ones that stand where it kept them. */
export interface ClearSpec {
  readonly spec: Schema.Json
  readonly kept: ReadonlyMap<string, KeptSecret>
}

interface KeptSecret {
  readonly sealed: string
  /** The mask, when it can't be opened: what is wrong with the keys must not keep anybody from renaming a monitor. */
  readonly secret: string
}

/** A monitor as it is stored. */
export interface StoredSpec {
  readonly owner: SpecOwner
  readonly kind: string
  readonly spec: Schema.Json
}

const nothingKept: ReadonlyMap<string, KeptSecret> = new Map()

/** The spec of a new monitor. Fails with `BadInput` when a secret can't be one. */
export const ofNew = (box: SecretBox["Service"], given: Schema.Json): Effect.Effect<ClearSpec, Problem.BadInput> =>
  refused(problems(box, given, nothingKept)) ?? Effect.succeed({ spec: given, kept: nothingKept })

/** The stored spec as it is, for a change of something else. */
export const ofStored = (box: SecretBox["Service"], { owner, spec }: StoredSpec): ClearSpec => {
  const kept = sealedIn(box, owner, spec)
  return { spec: fill(spec, kept), kept }
}

/**
 * The spec of a change: where it holds the mask, it keeps what is stored at the same path. Fails with `BadInput` when
 * nothing is.
 */
export const ofChange = (
  box: SecretBox["Service"],
  { owner, spec }: StoredSpec,
  given: Schema.Json
): Effect.Effect<ClearSpec, Problem.BadInput> => {
  const stored = sealedIn(box, owner, spec)
  const masked = new Set(Secret.placesIn(given).filter(isMasked).map(keyOf))
  const kept = new Map([...stored].filter(([key]) => masked.has(key)))
  return refused(problems(box, given, kept)) ?? Effect.succeed({ spec: fill(given, kept), kept })
}

/**
 * Refuses to keep secrets for a target of another origin. Who may change a monitor but not read its secrets could else
 * have them sent to a server of her own.
 */
export const sameOrigin = (
  checkTypes: CheckTypes["Service"],
  box: SecretBox["Service"],
  stored: StoredSpec,
  changed: ClearSpec
): Effect.Effect<void, Problem.BadInput> => {
  if (changed.kept.size === 0) return Effect.void
  const before = checkTypes.originOf(stored.kind, ofStored(box, stored).spec)
  if (before !== undefined && before === checkTypes.originOf(stored.kind, changed.spec)) return Effect.void
  const errors = Secret.placesIn(changed.spec)
    .filter((place) => changed.kept.has(keyOf(place)))
    .map(({ path }) => ({ path: nameOf(path), message: "must be given anew, since the check goes to another target" }))
  return Effect.fail(new Problem.BadInput({ errors }))
}

/**
 * A decoded spec as it is stored. Secrets that were kept stay the very text that is stored. Fails with `BadInput` when
 * there are secrets and no keys.
 */
export const seal = (
  box: SecretBox["Service"],
  owner: SpecOwner,
  spec: Schema.Json,
  kept: ClearSpec["kept"]
): Effect.Effect<Schema.Json, Problem.BadInput> => {
  const errors: Array<Problem.ProblemIssue> = []
  const stored = Secret.replace(spec, (place) => {
    const { path, value } = place
    if ("sealed" in value) {
      errors.push({ path: nameOf(path), message: mayNotBeSealed })
      return null
    }
    const before = kept.get(keyOf(place))
    if (before !== undefined && before.secret === value.secret) return { sealed: before.sealed }
    // A check type that moved it while decoding: it must never be stored as if it were a secret.
    if (value.secret === Secret.mask) errors.push({ path: nameOf(path), message: nothingToKeep })
    const sealed = box.seal(owner, path, value.secret)
    if (Option.isNone(sealed)) errors.push({ path: nameOf(path), message: needsKeys })
    return { sealed: Option.getOrElse(sealed, () => "") }
  })
  return refused(errors) ?? Effect.succeed(stored)
}

const mayNotBeSealed = 'is how secrets are stored: write { "secret": "…" }'
const nothingToKeep = "must be a secret: *** keeps one that is stored here, and there is none"
const needsKeys = `can't be stored: set ${SecretKeysFile.setting} (or secretKeys, when embedding) on the control plane`

const problems = (box: SecretBox["Service"], given: Schema.Json, kept: ClearSpec["kept"]) =>
  Secret.placesIn(given).flatMap((place): ReadonlyArray<Problem.ProblemIssue> => {
    const path = nameOf(place.path)
    if ("sealed" in place.value) return [{ path, message: mayNotBeSealed }]
    if (isMasked(place)) return kept.has(keyOf(place)) ? [] : [{ path, message: nothingToKeep }]
    return box.keyIds.length === 0 ? [{ path, message: needsKeys }] : []
  })

const refused = (errors: ReadonlyArray<Problem.ProblemIssue>): Effect.Effect<never, Problem.BadInput> | undefined =>
  errors.length === 0 ? undefined : Effect.fail(new Problem.BadInput({ errors }))

const isMasked = ({ value }: Secret.Place): boolean => "secret" in value && value.secret === Secret.mask

const sealedIn = (box: SecretBox["Service"], owner: SpecOwner, spec: Schema.Json): ClearSpec["kept"] =>
  new Map(
    Secret.placesIn(spec).flatMap((place) => {
      const { path, value } = place
      if (!("sealed" in value)) return []
      const secret = Option.getOrElse(box.open(owner, path, value.sealed), () => Secret.mask)
      return [[keyOf(place), { sealed: value.sealed, secret }] as const]
    })
  )

const fill = (spec: Schema.Json, kept: ClearSpec["kept"]): Schema.Json =>
  Secret.replace(spec, (place) => {
    const secret = kept.get(keyOf(place))?.secret
    return secret === undefined ? { ...place.value } : { secret }
  })

const keyOf = ({ path }: Pick<Secret.Place, "path">): string => JSON.stringify(path)

const nameOf = (path: ReadonlyArray<string>): string => ["spec", ...path].join(".")
