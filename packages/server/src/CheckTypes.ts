/**
 * The check types that this control plane knows: the built-in ones, and those that the embedding program defines.
 */
import { type Assertion, BuiltInChecks, CheckType, type CheckTypesApi, type Problem } from "@openseer/core"
import { Context, Effect, Exit, Layer, Option, Schema, SchemaIssue } from "effect"

/** A spec as it is stored, with the check type that it is for. */
export interface StoredSpec {
  readonly version: number
  readonly spec: Schema.Json
  /** What assertions may look at. */
  readonly sources: ReadonlyArray<Assertion.AssertionSource>
  readonly defaultAssertions: ReadonlyArray<Assertion.Assertion>
}

/** Check types of one's own that can't be taken: the message names the kind and says what to do. */
export class CheckTypesInvalid extends Schema.TaggedError<CheckTypesInvalid>()("CheckTypesInvalid", {
  message: Schema.String
}) {}

/** Decodes and describes specs. */
export class CheckTypes extends Context.Service<
  CheckTypes,
  {
    /** The spec with its defaults filled in, or everything that is wrong with it, with paths like `spec.url`. */
    readonly decode: (kind: string, spec: unknown) => StoredSpec | ReadonlyArray<Problem.ProblemIssue>
    /** The line that lists show for a stored spec. */
    readonly targetOf: (kind: string, spec: unknown) => string
    /** Whom a spec with its secrets clear trusts with them; undefined when it can't be told. */
    readonly originOf: (kind: string, spec: unknown) => string | undefined
    /** All check types with the JSON Schema of their specs. */
    readonly list: ReadonlyArray<CheckTypesApi.CheckTypeInfo>
  }
>()("@openseer/server/CheckTypes") {
  /** The built-in check types and some more, if {@link allWith} takes them. */
  static readonly layer = (more: ReadonlyArray<CheckType.Any> = []): Layer.Layer<CheckTypes, CheckTypesInvalid> =>
    Layer.effect(CheckTypes, Effect.map(allWith(more), make))
}

/**
 * The built-in check types and some more. Fails when one of these has a kind that is built in or there already, since the
 * monitors of the one would be read and executed as the other's; when the API could not name it; and when it is inbound,
 * since no worker would execute it and nothing else takes its calls.
 */
export const allWith = (
  more: ReadonlyArray<CheckType.Any>
): Effect.Effect<ReadonlyArray<CheckType.Any>, CheckTypesInvalid> => {
  const all = [...BuiltInChecks.builtInChecks]
  for (const type of more) {
    // The very same one, by two names of a module or from two modules.
    if (all.includes(type)) continue
    const problem = problemOf(type, all)
    if (problem === undefined) all.push(type)
    else return Effect.fail(new CheckTypesInvalid({ message: `check type ${JSON.stringify(type.kind)}: ${problem}` }))
  }
  return Effect.succeed(all)
}

const isNameable = Schema.is(CheckType.CheckTypeRef)

const problemOf = ({ inbound, kind, version }: CheckType.Any, before: ReadonlyArray<CheckType.Any>) => {
  if (!isNameable({ kind, version })) {
    return "its kind must be up to 32 lower case letters, digits and dashes, its version 1 to 32767"
  }
  if (BuiltInChecks.builtInChecks.some((type) => type.kind === kind)) {
    return `this kind is built in: give yours a prefix, like acme-${kind}`
  }
  if (before.some((type) => type.kind === kind)) return "there are two of this kind: leave one out"
  return inbound ? "it is inbound, which only the built-in heartbeat can be: leave inbound out" : undefined
}

/** How deep the JSON of a request may be nested. */
export const jsonDepthMax = 32

const strict = { errors: "all", onExcessProperty: "error" } as const
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The issues of a failed decoding as problems name them, with paths below `root`. */
export const toIssues = (issue: SchemaIssue.Issue, root: string = ""): ReadonlyArray<Problem.ProblemIssue> =>
  format(issue).issues.map(({ message, path }) => ({
    path: [...(root === "" ? [] : [root]), ...(path ?? []).map(String)].join("."),
    message:
      message === "Missing key"
        ? "is required"
        : message === "Expected no excess property"
          ? "is not known here: leave it out"
          : message
  }))

const make = (types: ReadonlyArray<CheckType.Any>) => {
  const byKind = new Map(types.map((type) => [type.kind, type]))
  const lineOf = (line: "target" | "origin", kind: string, spec: unknown): string | undefined => {
    const type = byKind.get(kind)
    const decoded = type === undefined ? Option.none() : Schema.decodeUnknownOption(type.spec)(spec)
    if (type === undefined || Option.isNone(decoded)) return undefined
    // Somebody else's code: what it throws may quote a secret, and is no reason to show nothing at all.
    return Option.getOrUndefined(Option.liftThrowable(() => type[line](decoded.value))())
  }
  return CheckTypes.of({
    decode: (kind, spec) => {
      const type = byKind.get(kind)
      if (type === undefined) return [{ path: "kind", message: `must be one of ${[...byKind.keys()].join(", ")}` }]
      const unstorable = unstorablePath(spec, "spec")
      if (unstorable !== undefined) return [unstorable]
      const decoded = Schema.decodeUnknownExit(type.spec, strict)(spec)
      if (Exit.isFailure(decoded)) {
        const error = Option.getOrThrow(Exit.findErrorOption(decoded))
        return toIssues(error.issue, "spec")
      }
      return {
        version: type.version,
        spec: Schema.encodeUnknownSync(type.spec)(decoded.value) as Schema.Json,
        sources: type.sources,
        defaultAssertions: type.defaultAssertions
      }
    },
    // The spec may be of an older version of its type, or its type may be gone: it is shown all the same.
    targetOf: (kind, spec) => lineOf("target", kind, spec) ?? kind,
    originOf: (kind, spec) => lineOf("origin", kind, spec),
    list: [...byKind.values()].map(infoOf)
  })
}

const infoOf = (type: CheckType.Any): CheckTypesApi.CheckTypeInfo => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(type.spec, { onExcessProperty: "error" })
  return {
    kind: type.kind,
    version: type.version,
    title: type.title,
    description: type.description,
    inbound: type.inbound,
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      ...schema,
      $defs: definitions
    } as Schema.Json,
    ...(type.example === undefined ? {} : { example: type.example }),
    sources: type.sources,
    defaultAssertions: type.defaultAssertions
  }
}

/** Where a value holds what PostgreSQL's `jsonb` can't: a NUL or half of a surrogate pair in a text. */
const unstorablePath = (value: unknown, path: string): Problem.ProblemIssue | undefined => {
  if (typeof value === "string") {
    return value.includes("\0") || !value.isWellFormed()
      ? { path, message: "must not hold NUL or half of a surrogate pair" }
      : undefined
  }
  if (typeof value !== "object" || value === null) return undefined
  for (const [key, item] of Object.entries(value)) {
    const found = unstorablePath(key, path) ?? unstorablePath(item, `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
