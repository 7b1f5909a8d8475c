/**
 * `openseer-worker check <target>`: one check now, from this machine, as a worker would make it.
 *
 * Who can start it could reach the same addresses by other means, so private ranges are open here. Metadata addresses
 * are not: nobody monitors them, and an output that is pasted somewhere should not hold credentials.
 */
import { BuiltInChecks, HttpCheck, Judgement, Observation } from "@openseer/core"
import { BuiltInExecutors, CheckReport, Egress, EgressPolicy, Executors } from "@openseer/worker-sdk"
import { Console, DateTime, Effect, Exit, FileSystem, Option, Result, Runtime, Schema } from "effect"
import { Argument, Command, Flag, TerminalCapabilities } from "effect/cli"

import * as CheckTarget from "./CheckTarget.ts"

/** A check whose outcome is not `up`. It has been printed; the exit code is 1, or 2 when we could not check. */
export class CheckNotUp extends Schema.TaggedError<CheckNotUp>()("CheckNotUp", { outcome: Judgement.Outcome }) {
  override readonly [Runtime.errorExitCode] = this.outcome === "error" ? 2 : 1
}

const timeoutMsDefault = 10_000
const timeoutMsMax = 60_000

const flags = {
  target: Argument.String("target").pipe(Argument.withDescription(`What to check: ${CheckTarget.forms.join(", ")}`)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print the judgement as JSON"), Flag.withDefault(false)),
  method: Flag.Literals("method", HttpCheck.HttpMethod.literals).pipe(
    Flag.withAlias("X"),
    Flag.withDescription("Request method"),
    Flag.optional
  ),
  header: Flag.String("header").pipe(
    Flag.withAlias("H"),
    Flag.withDescription('Request header, like "Accept: text/html"; may be given several times'),
    Flag.atLeast(0)
  ),
  body: Flag.String("body").pipe(Flag.withDescription("Request body"), Flag.optional),
  ca: Flag.File("ca").pipe(
    Flag.withDescription("A file with authorities to trust besides the usual ones, in PEM"),
    Flag.optional
  ),
  spec: Flag.String("spec").pipe(
    Flag.withDescription('More of the spec as JSON, like \'{"httpVersion":"auto"}\'; see docs/checks.md'),
    Flag.optional
  ),
  assertion: Flag.String("assertion").pipe(
    Flag.withAlias("a"),
    Flag.withDescription("An assertion as JSON instead of those of the check type; may be given several times"),
    Flag.atLeast(0)
  ),
  timeoutMs: Flag.Int("timeout-ms").pipe(
    Flag.withDescription(`All phases together must be over after this time, at most ${timeoutMsMax}`),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: timeoutMsMax }))),
    Flag.withDefault(timeoutMsDefault)
  )
}

/** The `check` command: exits with 0 for `up`, 1 for `degraded` and `down`, 2 for `error`. */
export const checkCommand = Command.make(
  "check",
  flags,
  Effect.fnUntraced(function* ({ json, target, timeoutMs, ...given }) {
    const planned = yield* Effect.result(plan({ target, ...given }))
    const executed = Result.isSuccess(planned) ? yield* execute(planned.success, timeoutMs) : invalid(planned.failure)
    if (json) yield* Console.log(JSON.stringify(encode(executed), undefined, 2))
    else {
      const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
      const title = Result.isSuccess(planned) ? planned.success.title : target
      yield* Console.log(CheckReport.render({ title, executed, now: yield* DateTime.now, canColor }))
    }
    if (executed.outcome !== "up") return yield* new CheckNotUp({ outcome: executed.outcome })
  })
).pipe(
  Command.withDescription("Check something now and show where the time goes"),
  Command.withExamples([
    { command: "openseer-worker check https://example.com", description: "Check a page" },
    {
      command: 'openseer-worker check http://localhost:3000/health -H "Authorization: Bearer …" --json',
      description: "Check a service on this machine, for a script"
    },
    {
      command: `openseer-worker check https://example.com -a '{"source":"certificateDaysLeft","comparison":"greaterThan","expected":30,"severity":"down"}'`,
      description: "Ask for more than 30 days of certificate"
    }
  ])
)

interface Given {
  readonly target: string
  readonly method: Option.Option<HttpCheck.HttpMethod>
  readonly header: ReadonlyArray<string>
  readonly body: Option.Option<string>
  readonly ca: Option.Option<string>
  readonly spec: Option.Option<string>
  readonly assertion: ReadonlyArray<string>
}

interface Plan {
  readonly kind: string
  readonly title: string
  readonly spec: Schema.Json
  readonly assertions: ReadonlyArray<Schema.Json>
}

/** What to execute. Fails with a sentence: here, the spec is the reader's own, and all of it may be shown. */
const plan = Effect.fnUntraced(function* (given: Given): Effect.fn.Return<Plan, string, FileSystem.FileSystem> {
  const found = CheckTarget.parse(given.target)
  if (found === undefined) {
    return yield* Effect.fail(`${JSON.stringify(given.target)} must be like ${CheckTarget.forms.join(", ")}`)
  }
  const fs = yield* FileSystem.FileSystem
  const ca = Option.isNone(given.ca)
    ? undefined
    : yield* fs.readFileString(given.ca.value).pipe(Effect.mapError(() => `--ca: ${given.ca} can't be read`))
  const more = Option.isNone(given.spec) ? {} : yield* parseJson("--spec", given.spec.value)
  const spec = {
    ...found.spec,
    ...(Option.isNone(given.method) ? {} : { method: given.method.value }),
    ...(given.header.length === 0 ? {} : { headers: Object.fromEntries(given.header.map(parseHeader)) }),
    ...(Option.isNone(given.body) ? {} : { body: given.body.value }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(more as object)
  }
  const type = BuiltInChecks.builtInChecks.find(({ kind }) => kind === found.kind)!
  const decoded = Schema.decodeUnknownExit(type.spec, { errors: "all", onExcessProperty: "error" })(spec)
  if (Exit.isFailure(decoded)) {
    return yield* Effect.fail(String(Option.getOrUndefined(Exit.findErrorOption(decoded))?.message))
  }
  const method = type.kind === "http" ? `${Option.getOrElse(given.method, () => "GET")}  ` : ""
  return {
    kind: type.kind,
    title: `${method}${type.target(decoded.value)}`,
    spec,
    assertions: yield* Effect.forEach(given.assertion, (text) => parseJson("--assertion", text))
  }
})

const parseJson = (flag: string, text: string): Effect.Effect<Schema.Json, string> =>
  Effect.try({
    try: () => JSON.parse(text) as Schema.Json,
    catch: (error) => `${flag} is not JSON: ${error instanceof Error ? error.message : ""}`
  })

const parseHeader = (text: string): readonly [name: string, value: string] => {
  const colon = text.indexOf(":")
  return colon === -1 ? [text, ""] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

const invalid = (message: string): Executors.ExecutedRun => ({
  outcome: "error",
  reason: "invalid_spec",
  message,
  errorBoundUs: 0
})

const execute = ({ assertions, kind, spec }: Plan, timeoutMs: number): Effect.Effect<Executors.ExecutedRun> =>
  Executors.make(BuiltInExecutors.builtInExecutors).pipe(
    Effect.flatMap(({ checkTypes, prepare }) =>
      prepare(
        checkTypes.find((type) => type.kind === kind)!,
        { spec, assertions, timeoutMs }
      )
    ),
    Effect.provide(Egress.layer({ allow: EgressPolicy.everything }))
  )

const encodeObservation = Schema.encodeSync(Observation.Observation)

const encode = ({ observation, ...judged }: Executors.ExecutedRun): unknown => ({
  ...judged,
  ...(observation === undefined ? {} : { observation: encodeObservation(observation) })
})
