/**
 * What a monitor must be before it is stored: the rules that need the check types, or more than one member.
 */
import { type Assertion, CompiledAssertion, Grid, HeartbeatCheck, Monitor, Problem, Region } from "@openseer/core"
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
  const isHeartbeat = input.kind === HeartbeatCheck.HeartbeatCheck.kind
  const intervalMs =
    isHeartbeat && "version" in stored
      ? HeartbeatCheck.intervalMs(stored.spec as HeartbeatCheck.HeartbeatSpec)
      : (input.intervalMs ?? Monitor.intervalMsDefault)
  const timeoutMs = (isHeartbeat ? undefined : input.timeoutMs) ?? Monitor.timeoutMsFor(intervalMs)
  const timeoutMsMax = Grid.timeoutMsLimit(intervalMs)
  const errors = [
    ...("version" in stored ? [] : stored),
    ...(isHeartbeat ? heartbeatErrors(input) : "version" in stored ? assertionIssues(input, stored) : []),
    ...(timeoutMs <= timeoutMsMax
      ? []
      : [
          {
            path: "timeoutMs",
            message: `must be at most ${timeoutMsMax} with an interval of ${intervalMs} ms, so that a run ends before the next one`
          }
        ])
  ]
  if (!("version" in stored) || errors.length > 0) return Effect.fail(new Problem.BadInput({ errors }))
  return Effect.succeed({
    name: input.name,
    kind: input.kind,
    kindVersion: stored.version,
    spec: stored.spec,
    intervalMs,
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

/** What a heartbeat can't have: nothing of it is executed anywhere. */
const heartbeatErrors = ({ assertions, intervalMs, regions, timeoutMs }: Monitor.MonitorInput) => [
  ...(intervalMs === undefined
    ? []
    : [{ path: "intervalMs", message: "a heartbeat says in spec.schedule when it is expected: leave it out" }]),
  ...(timeoutMs === undefined
    ? []
    : [{ path: "timeoutMs", message: "a heartbeat says in spec.runMsMax how long a run may take: leave it out" }]),
  ...(regions.length === 1 && regions[0] === Region.anyRegion
    ? []
    : [{ path: "regions", message: "a heartbeat is executed nowhere: leave it out, or say global" }]),
  ...(assertions === undefined || assertions.length === 0
    ? []
    : [{ path: "assertions", message: "a heartbeat has none: its job says itself how it went" }])
]

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
