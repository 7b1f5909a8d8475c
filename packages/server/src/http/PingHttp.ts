/**
 * Ping URLs, `/ping/<token>`: where jobs say how they are. The token in the path is the whole credential; no cookie is
 * looked at, no body and no content type is refused, and of a body only what a failure says is read.
 */
import { type Expectation, Problem, Token } from "@openseer/core"
import { Clock, Effect, Latch, type Layer, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Heartbeats } from "../ingest/Heartbeats.ts"
import type { SignalDetail } from "../ingest/HeartbeatStore.ts"
import { PingLimit } from "./PingLimit.ts"
import { orUnavailable } from "./Unavailable.ts"

/** The most that is read of the body of a failing ping, in bytes. */
export const bodyBytesMax = 10_240

/** The most that is kept of it, in UTF-16 units. */
export const excerptLengthMax = 2_048

/** The longest that the body of a failing ping is waited for: what came until then is kept. */
const bodyTimeout = "2 seconds"

/** As long as the control plane's own server lets a request take. */
const drainTimeout = "15 seconds"

interface Signalled {
  readonly said: Expectation.Signal
  readonly exitCode?: number
}

/** What the last part of a ping URL says; `undefined` when it is none of ours. */
const signalOf = (word: string | undefined): Signalled | undefined => {
  if (word === undefined) return { said: "success" }
  if (word === "start" || word === "fail") return { said: word }
  if (!/^\d{1,3}$/.test(word) || Number(word) > 255) return undefined
  return Number(word) === 0 ? { said: "success" } : { said: "fail", exitCode: Number(word) }
}

/**
 * The beginning of a body, whatever it is; nothing when there is none. The rest is not kept, but taken off the connection
 * as it comes, for as long as the server allows a request to take: closing it instead could lose the answer.
 */
const excerptOf = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const enough = yield* Latch.make()
    yield* request.stream.pipe(
      Stream.runForEach((chunk) => {
        if (size < bodyBytesMax) chunks.push(chunk.subarray(0, bodyBytesMax - size))
        size += chunk.length
        return size < bodyBytesMax ? Effect.void : enough.open
      }),
      Effect.timeoutOption(drainTimeout),
      Effect.ignoreCause,
      Effect.ensuring(enough.open),
      Effect.forkDetach
    )
    yield* Effect.timeoutOption(enough.await, bodyTimeout)
    const text = new TextDecoder().decode(Buffer.concat(chunks)).trim()
    return text.slice(0, excerptLengthMax).toWellFormed()
  })

/** The routes of pings. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter | Heartbeats> = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const heartbeats = yield* Heartbeats
    const limit = new PingLimit()

    const take = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { signal: word, token = "" } = yield* HttpRouter.params
      const signalled = signalOf(word)
      if (signalled === undefined || !Token.isWellFormed("oshb", token)) return yield* new Problem.NotFound()
      const now = Number((yield* Clock.currentTimeNanos) / 1_000_000n)
      if (!limit.admits(token, now)) return yield* new Problem.TooManyRequests({ retryAfterSeconds: 1 })
      const { exitCode, said } = signalled
      let excerpt = ""
      if (said === "fail" && request.method === "POST") {
        // Who has no ping URL is not waited for: a few slow senders could else take all the room that jobs have.
        if (!(yield* orUnavailable(heartbeats.knows(token)))) return yield* new Problem.NotFound()
        excerpt = yield* excerptOf(request)
      }
      const detail: SignalDetail = {
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(excerpt === "" ? {} : { excerpt })
      }
      const isKnown = yield* orUnavailable(heartbeats.signal(token, said, detail))
      return isKnown ? HttpServerResponse.text("OK\n") : yield* new Problem.NotFound()
    })

    const answer = take.pipe(
      Effect.catch((problem) =>
        Effect.map(HttpServerRespondable.toResponse(problem), (response) =>
          response.status === 429 ? HttpServerResponse.setHeader(response, "retry-after", "1") : response
        )
      )
    )
    // HEAD is served by GET.
    for (const method of ["GET", "POST"] as const) {
      yield* router.add(method, "/ping/:token", answer)
      yield* router.add(method, "/ping/:token/:signal", answer)
    }
  })
)
