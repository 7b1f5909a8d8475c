/**
 * The executor of the built-in `http` check type: one attempt, a fresh connection, each hop judged by the egress policy.
 */
import { type CheckFailure, HttpCheck, HttpHeaders, type Observation, Secret } from "@openseer/core"
import { Context, Effect } from "effect"
import { Dial } from "../egress/Dial.ts"
import { Resolver } from "../egress/Resolver.ts"
import { version } from "../Version.ts"
import * as Executor from "./Executor.ts"
import { HttpRun } from "./HttpRun.ts"
import type { HopRequest } from "./Redirect.ts"

/**
 * Executes `http` checks. Phases are microseconds from events of the socket and add up to the total, over redirects,
 * too. Fails with a named reason, and for what the egress policy refuses with `egress_denied`.
 */
export const httpExecutor: Executor.Executor<"http", HttpCheck.HttpSpec, Dial | Resolver> = Executor.make(
  HttpCheck.HttpCheck,
  (spec, { mark, timeoutMs }) =>
    Effect.contextWith((services: Context.Context<Dial | Resolver>) =>
      Effect.callback<Observation.Observation, CheckFailure.CheckFailure>((resume) => {
        const run = new HttpRun(requestOf(spec), {
          dial: Context.get(services, Dial),
          resolver: Context.get(services, Resolver),
          timeoutMs,
          redirectsMax: spec.redirectsMax,
          mark,
          onEnd: (result) => resume("_tag" in result ? Effect.fail(result) : Effect.succeed(result))
        })
        return Effect.sync(run.abort)
      })
    )
)

/** Bodies are not inflated: the wire's bytes are counted, so plain ones are asked for. */
const ownHeaders = {
  "user-agent": `OpenSeer/${version}`,
  accept: "*/*",
  "accept-encoding": "identity"
}

const requestOf = ({ auth, body, headers, method, url }: HttpCheck.HttpSpec): HopRequest => {
  const content = body === undefined ? undefined : contentOf(body)
  return {
    url: new URL(url),
    method,
    headers: {
      ...ownHeaders,
      ...(content?.type === undefined ? {} : { "content-type": content.type }),
      ...(auth === undefined ? {} : { authorization: HttpHeaders.authorization(auth) }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Secret.reveal(value)]))
    },
    body: content?.text
  }
}

const contentOf = (body: HttpCheck.HttpBody): { readonly text: string; readonly type?: string } => {
  if (typeof body === "string") return { text: body }
  if ("secret" in body) return { text: Secret.reveal(body) }
  if ("json" in body) return { text: JSON.stringify(body.json), type: "application/json" }
  const fields = Object.entries(body.form).map(([name, value]) => [name, Secret.reveal(value)])
  return { text: new URLSearchParams(fields).toString(), type: "application/x-www-form-urlencoded" }
}
