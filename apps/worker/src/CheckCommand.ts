/**
 * `openseer-worker check <url>`: one check now, from this machine, as a worker would make it.
 *
 * Who can start it could reach the same addresses by other means, so private ranges are open here. Metadata addresses
 * are not: nobody monitors them, and an output that is pasted somewhere should not hold credentials.
 */
import { HttpCheck, Judgement, Observation } from "@openseer/core"
import { Egress, EgressPolicy, Executors, HttpExecutor } from "@openseer/worker-sdk"
import { Console, DateTime, Effect, Exit, Option, Runtime, Schema } from "effect"
import { Argument, Command, Flag, TerminalCapabilities } from "effect/cli"
import * as CheckReport from "./CheckReport.ts"

/** A check whose outcome is not `up`. It has been printed; the exit code is 1, or 2 when we could not check. */
export class CheckNotUp extends Schema.TaggedError<CheckNotUp>()("CheckNotUp", { outcome: Judgement.Outcome }) {
  override readonly [Runtime.errorExitCode] = this.outcome === "error" ? 2 : 1
}

const timeoutMsDefault = 10_000
const timeoutMsMax = 60_000

const flags = {
  url: Argument.String("url").pipe(Argument.withDescription("What to request, with http:// or https://")),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print the judgement as JSON"), Flag.withDefault(false)),
  method: Flag.Literals("method", HttpCheck.HttpMethod.literals).pipe(
    Flag.withAlias("X"),
    Flag.withDescription("Request method"),
    Flag.withDefault("GET" as const)
  ),
  header: Flag.String("header").pipe(
    Flag.withAlias("H"),
    Flag.withDescription('Request header, like "Accept: text/html"; may be given several times'),
    Flag.atLeast(0)
  ),
  body: Flag.String("body").pipe(Flag.withDescription("Request body"), Flag.optional),
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
  Effect.fnUntraced(function* ({ body, header, json, method, timeoutMs, url }) {
    const spec = {
      url,
      method,
      headers: Object.fromEntries(header.map(parseHeader)),
      ...Option.match(body, { onNone: () => ({}), onSome: (text) => ({ body: text }) })
    }
    const executed = yield* execute(spec, timeoutMs)
    if (json) yield* Console.log(JSON.stringify(encode(executed), undefined, 2))
    else {
      const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
      yield* Console.log(CheckReport.render({ method, url, executed, now: yield* DateTime.now, canColor }))
    }
    if (executed.outcome !== "up") return yield* new CheckNotUp({ outcome: executed.outcome })
  })
).pipe(
  Command.withDescription("Check a URL now and show where the time goes"),
  Command.withExamples([
    { command: "openseer-worker check https://example.com", description: "Check a page" },
    {
      command: 'openseer-worker check http://localhost:3000/health -H "Authorization: Bearer …" --json',
      description: "Check a service on this machine, for a script"
    }
  ])
)

const parseHeader = (text: string): readonly [name: string, value: string] => {
  const colon = text.indexOf(":")
  return colon === -1 ? [text, ""] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

const decodeSpec = Schema.decodeUnknownExit(HttpCheck.HttpSpec)

const execute = (spec: Schema.Json, timeoutMs: number): Effect.Effect<Executors.ExecutedRun> => {
  // Here, the spec is the reader's own: the whole message may be shown, unlike in a worker.
  const decoded = decodeSpec(spec)
  if (Exit.isFailure(decoded)) {
    const message = String(Option.getOrUndefined(Exit.findErrorOption(decoded))?.message)
    return Effect.succeed({ outcome: "error", reason: "invalid_spec", message, errorBoundUs: 0 })
  }
  return Executors.make([HttpExecutor.httpExecutor]).pipe(
    Effect.flatMap(({ prepare }) => prepare(HttpCheck.HttpCheck, { spec, assertions: [], timeoutMs })),
    Effect.provide(Egress.layer({ allow: EgressPolicy.everything }))
  )
}

const encodeObservation = Schema.encodeSync(Observation.Observation)

const encode = ({ observation, ...judged }: Executors.ExecutedRun): unknown => ({
  ...judged,
  ...(observation === undefined ? {} : { observation: encodeObservation(observation) })
})
