/**
 * What a monitor must be before it is stored: the rules that need the check types, or more than one member.
 */
import { type Assertion, CompiledAssertion, Grid, Monitor, Problem } from "@openseer/core"
import { Effect, type Schema } from "effect"
import type { CheckTypes, StoredSpec } from "../CheckTypes.ts"

/** A monitor whose members fit together; its regions are names still. */
export interface CheckedMonitor {
  readonly name: string
  readonly kind: string
  readonly kindVersion: number
  readonly spec: Schema.Json
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly regions: ReadonlyArray<string>
  readonly assertions: ReadonlyArray<Assertion.Assertion>
  readonly tags: ReadonlyArray<string>
}

/** Checks a monitor, filling in defaults. Fails with `BadInput` naming all that is wrong. */
export const check = (
  checkTypes: CheckTypes["Service"],
  input: Monitor.MonitorInput
): Effect.Effect<CheckedMonitor, Problem.BadInput> => {
  const stored = checkTypes.decode(input.kind, input.spec)
  const timeoutMs = input.timeoutMs ?? Monitor.timeoutMsFor(input.intervalMs)
  const timeoutMsMax = Grid.timeoutMsLimit(input.intervalMs)
  const errors = [
    ...("version" in stored ? assertionIssues(input, stored) : stored),
    ...(timeoutMs <= timeoutMsMax
      ? []
      : [
          {
            path: "timeoutMs",
            message: `must be at most ${timeoutMsMax} with an interval of ${input.intervalMs} ms, so that a run ends before the next one`
          }
        ])
  ]
  if (!("version" in stored) || errors.length > 0) return Effect.fail(new Problem.BadInput({ errors }))
  return Effect.succeed({
    name: input.name,
    kind: input.kind,
    kindVersion: stored.version,
    spec: stored.spec,
    intervalMs: input.intervalMs,
    timeoutMs,
    regions: input.regions,
    assertions: input.assertions === undefined ? stored.defaultAssertions : input.assertions,
    tags: input.tags
  })
}

/** What its schema could not tell: regular expressions, JSONPaths, and sources that checks of this kind do not have. */
const assertionIssues = (
  { assertions = [], kind }: Monitor.MonitorInput,
  { sources }: StoredSpec
): ReadonlyArray<Problem.ProblemIssue> =>
  assertions.flatMap((assertion, index) => {
    if (!sources.includes(assertion.source)) {
      const message = `is not something that a check of kind ${kind} has: it has ${sources.join(", ")}`
      return [{ path: `assertions.${index}.source`, message }]
    }
    const compiled = CompiledAssertion.compile(assertion)
    return CompiledAssertion.isProblem(compiled)
      ? [{ path: ["assertions", index, ...compiled.path].join("."), message: compiled.issue }]
      : []
  })

/** Fails with `BadInput` naming the regions that have no key: the same text for all that can't be used. */
export const knownRegions = (
  names: ReadonlyArray<string>,
  keys: ReadonlyArray<number | undefined>
): Effect.Effect<ReadonlyArray<number>, Problem.BadInput> => {
  const errors = names.flatMap((name, index) =>
    keys[index] === undefined
      ? [{ path: `regions.${index}`, message: `there is no region ${name}: see GET /api/v1/regions` }]
      : []
  )
  return errors.length > 0
    ? Effect.fail(new Problem.BadInput({ errors }))
    : Effect.succeed(keys.filter((key) => key !== undefined))
}
