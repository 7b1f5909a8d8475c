/**
 * A kind of check, defined once with one Schema: the same value gives the server validation, storage and API, and gives
 * workers the decoded spec.
 */
import { Schema } from "effect"
import type { Assertion } from "./Assertion.ts"
import type { AssertionSource } from "./AssertionSource.ts"

/** The name of a check type: lower case letters, digits and dashes, `http` or `acme-ledger`. */
export const CheckKind = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,31}$/, { message: "must be lower case letters, digits and dashes, like http" })
).annotate({
  identifier: "CheckKind"
})

/** What a worker can execute, and what a job needs: kind and version of a check type. */
export const CheckTypeRef = Schema.Struct({
  kind: CheckKind,
  version: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 32_767 }))
}).annotate({ identifier: "CheckTypeRef" })
export type CheckTypeRef = typeof CheckTypeRef.Type

/** A schema that decodes and encodes without services: what a spec must be. */
export type SpecSchema<Spec> = Schema.Codec<Spec, unknown>

/**
 * A check type. `title`, `description` and `example` (an encoded spec) are for people; `target` gives the one line that lists and tables show for a
 * spec; `sources` are what assertions may look at, {@link commonSources} included; `defaultAssertions` hold where a monitor
 * states none. An `inbound` type is not executed by workers: the target itself calls the control plane.
 *
 * `origin` says to whom a check tells its secrets: two specs with the same origin trust the same party. Whoever changes a
 * spec to another origin must give its secrets anew, so that nobody can have a stored one sent to a server of her own.
 * Without it, every change of `target` counts as one.
 */
export interface CheckType<out Kind extends string, in out Spec> {
  readonly kind: Kind
  readonly version: number
  readonly title: string
  readonly description: string
  readonly spec: SpecSchema<Spec>
  readonly example: Schema.Json | undefined
  readonly target: (spec: Spec) => string
  readonly origin: (spec: Spec) => string
  readonly sources: ReadonlyArray<AssertionSource>
  readonly defaultAssertions: ReadonlyArray<Assertion>
  readonly inbound: boolean
}

/** What every executed check has: its times, and the facts of its own in `detail`. */
export const commonSources: ReadonlyArray<AssertionSource> = ["responseTimeMs", "phaseMs", "detail"]

/** Any check type, whatever its spec. */
// The spec type is invariant: only `any` admits every check type into one registry.
// eslint-disable-next-line typescript/no-explicit-any
export type Any = CheckType<string, any>

/**
 * Defines a check type.
 *
 * @example
 * ```ts
 * import { CheckType } from "@openseer/core"
 * import { Schema } from "effect"
 *
 * export const LedgerCheck = CheckType.make({
 *   kind: "acme-ledger",
 *   version: 1,
 *   title: "Ledger",
 *   spec: Schema.Struct({ account: Schema.String }),
 *   target: (spec) => spec.account
 * })
 * ```
 */
export const make = <const Kind extends string, Spec, Encoded>(options: {
  readonly kind: Kind
  readonly version: number
  readonly title?: string
  readonly description?: string
  readonly spec: Schema.Codec<Spec, Encoded>
  readonly example?: NoInfer<Encoded>
  readonly target: (spec: Spec) => string
  readonly origin?: (spec: Spec) => string
  readonly sources?: ReadonlyArray<AssertionSource>
  readonly defaultAssertions?: ReadonlyArray<Assertion>
  readonly inbound?: boolean
}): CheckType<Kind, Spec> => ({
  kind: options.kind,
  version: options.version,
  title: options.title ?? options.kind,
  description: options.description ?? "",
  spec: options.spec,
  // A spec is stored as JSON, so its encoded form is.
  example: options.example as Schema.Json | undefined,
  target: options.target,
  origin: options.origin ?? options.target,
  sources: [...(options.inbound === true ? [] : commonSources), ...(options.sources ?? [])],
  defaultAssertions: options.defaultAssertions ?? [],
  inbound: options.inbound ?? false
})
