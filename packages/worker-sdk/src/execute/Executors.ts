/**
 * All that a worker can execute, and the frame around each run: decode the spec, bound the time, judge what came.
 */
import {
  type Assertion,
  CheckFailure,
  type CheckType,
  CompiledAssertion,
  Judgement,
  type Observation,
  Secret,
  type WorkerRpc
} from "@openseer/core"
import { Cause, Clock, type Context, Effect, Exit, Schema, SchemaIssue } from "effect"
import type * as Executor from "./Executor.ts"
import { LoopBound } from "./LoopBound.ts"
import * as Overruns from "./Overruns.ts"
import * as Redaction from "./Redaction.ts"

/** What a run needs of a job's member: the encoded spec, the assertions and the timeout. */
export type RunMember = Pick<WorkerRpc.JobMember, "spec" | "assertions" | "timeoutMs">

/** A judged run, with how much of its time may be the worker's own event loop. */
export interface ExecutedRun extends Judgement.Judgement {
  readonly errorBoundUs: number
}

/**
 * Executes members of jobs. `prepare` gives an effect that may be run any number of times, once a tick; spec and
 * assertions are decoded and compiled on the first. It never fails and never dies: whatever goes wrong is an outcome with
 * a reason. No secret of the spec is in what it gives.
 */
export interface Executors {
  readonly checkTypes: ReadonlyArray<CheckType.CheckTypeRef>
  readonly prepare: (checkType: CheckType.CheckTypeRef, member: RunMember) => Effect.Effect<ExecutedRun>
}

/** How long after its timeout an executor may still be busy ending, in milliseconds. */
export const graceMs = 1_000

/**
 * A registry of executors, one a kind and version, that runs them with the services of the surrounding effect.
 *
 * @example
 * ```ts
 * import { Egress, Executors, HttpExecutor } from "@openseer/worker-sdk"
 * import { Effect } from "effect"
 *
 * const executors = Executors.make([HttpExecutor.httpExecutor]).pipe(Effect.provide(Egress.layer()))
 * ```
 */
export const make = <R = never>(executors: ReadonlyArray<Executor.Any<R>>): Effect.Effect<Executors, never, R> =>
  Effect.contextWith((context: Context.Context<R>) => {
    const byRef = new Map(executors.map((executor) => [keyOf(executor.checkType), executor]))
    return Effect.succeed({
      checkTypes: executors.map(({ checkType: { kind, version } }) => ({ kind, version })),
      prepare: (ref, member) => {
        const executor = byRef.get(keyOf(ref))
        return executor === undefined ? Effect.succeed(unsupported(ref)) : prepare(executor, context, member)
      }
    })
  })

const keyOf = ({ kind, version }: CheckType.CheckTypeRef): string => `${kind}@${version}`

const prepare = <R>(
  { checkType, execute }: Executor.Any<R>,
  context: Context.Context<R>,
  { assertions, spec, timeoutMs }: RunMember
): Effect.Effect<ExecutedRun> => {
  let plan: Plan | ExecutedRun | undefined
  return Effect.suspend(() => {
    plan ??= planOf(checkType, spec, assertions)
    if ("outcome" in plan) return Effect.succeed(plan)
    const { assertionSources, compiled, decoded, redaction } = plan
    const bound = new LoopBound()
    const execution = Effect.suspend(() =>
      execute(decoded, { timeoutMs, mark: bound.mark, assertionSources, redact: redaction.redact })
    ).pipe(Effect.provideContext(context))
    return Overruns.within(execution, timeoutMs + graceMs, () => overran(checkType)).pipe(
      Effect.flatMap((observed) => judge(compiled, observed, redaction)),
      Effect.catchCause((cause) => judgementOf(checkType, cause, redaction)),
      Effect.map((judgement): ExecutedRun => {
        bound.mark()
        const totalUs = judgement.observation?.totalUs ?? Number.POSITIVE_INFINITY
        return { ...judgement, errorBoundUs: Math.min(bound.boundUs, totalUs) }
      })
    )
  })
}

/** What is the same for all runs of a member. */
interface Plan {
  readonly decoded: unknown
  readonly compiled: ReadonlyArray<CompiledAssertion.CompiledAssertion>
  readonly assertionSources: ReadonlySet<Assertion.AssertionSource>
  readonly redaction: Redaction.Redaction
}

const planOf = (
  checkType: CheckType.Any,
  spec: Schema.Json,
  assertions: ReadonlyArray<Schema.Json>
): Plan | ExecutedRun => {
  const unopened = Secret.placesIn(spec).find(({ value }) => Secret.isSealed(value))
  if (unopened !== undefined) return failed("invalid_spec", lockedOf(unopened))
  const decoded = Schema.decodeUnknownExit(checkType.spec)(spec)
  if (Exit.isFailure(decoded)) return failed("invalid_spec", problemOf(checkType, decoded.cause))
  const stated: ReadonlyArray<unknown> = assertions.length > 0 ? assertions : checkType.defaultAssertions
  const compiled: Array<CompiledAssertion.CompiledAssertion> = []
  for (const [index, one] of stated.entries()) {
    const assertion = CompiledAssertion.decode(one)
    if (assertion === undefined) return failed("unsupported_assertion", `this worker does not know assertion ${index}`)
    compiled.push(assertion)
  }
  return {
    decoded: decoded.value,
    compiled,
    assertionSources: new Set(compiled.map(({ assertion }) => assertion.source)),
    redaction: Redaction.ofSpec(spec)
  }
}

/** Judged when the effect is run, so that whatever is thrown here is a defect like any other. */
const judge = (
  compiled: Plan["compiled"],
  observed: Observation.Observed,
  { ofJudgement, redact }: Redaction.Redaction
): Effect.Effect<Judgement.Judgement> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    ofJudgement(Judgement.ofObservation(compiled, observed, { now, redact }))
  )

const failed = (reason: CheckFailure.CheckError["reason"], message: string): ExecutedRun => ({
  ...Judgement.ofFailure(new CheckFailure.CheckError({ reason, message })),
  errorBoundUs: 0
})

const unsupported = (ref: CheckType.CheckTypeRef): ExecutedRun =>
  failed("unsupported_check", `this worker cannot execute ${keyOf(ref)}`)

const overran = (checkType: CheckType.CheckTypeRef): CheckFailure.CheckError =>
  new CheckFailure.CheckError({
    reason: "executor_defect",
    message: `the executor of ${keyOf(checkType)} did not keep its deadline and was stopped`
  })

/** Where the spec is wrong. What stands there is left out: it may be a secret. */
const problemOf = (checkType: CheckType.CheckTypeRef, cause: Cause.Cause<Schema.SchemaError>): string => {
  const { issues } = formatIssue(cause.reasons.find(Cause.isFailReason)!.error.issue)
  const path = issues[0]?.path?.join(".") ?? ""
  return `this worker's ${keyOf(checkType)} does not accept the spec${path === "" ? "" : `: see ${path}`}`
}

/** A secret that arrived as the control plane stores it, with the key's id: nothing may be sent in its place. */
const lockedOf = ({ path, value }: Secret.Place): string =>
  `the control plane can't open the secret ${["spec", ...path].join(".")}${"sealed" in value ? `, which the key ${value.sealed} sealed` : ""}: see openseer doctor`

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** An expected failure is judged; anything else is the executor's defect. */
const judgementOf = (
  checkType: CheckType.CheckTypeRef,
  cause: Cause.Cause<CheckFailure.CheckFailure>,
  { ofJudgement, redact }: Redaction.Redaction
): Effect.Effect<Judgement.Judgement> => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure !== undefined) return Effect.succeed(ofJudgement(Judgement.ofFailure(failure.error, redact)))
  const defect = Cause.squash(cause)
  const name = defect instanceof Error ? defect.name : typeof defect
  return Effect.as(
    Effect.logWarning(`the executor of ${keyOf(checkType)} died: ${name}`, placesOf(defect)),
    failed("executor_defect", `the executor of ${keyOf(checkType)} died: ${name}`)
  )
}

/** Where it died. The message is left out: it may quote a secret of the spec. */
const placesOf = (defect: unknown): ReadonlyArray<string> =>
  defect instanceof Error ? (defect.stack?.match(/^ {4}at .*$/gm) ?? []).map((place) => place.trim()) : []
