/**
 * Answers that all of an organization share who ask for the same thing at the same moment, with their bytes: of what is
 * asked for by every open page after an event, encoding is most of the work.
 */
import { Effect, type Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import * as SharedAnswer from "../query/SharedAnswer.ts"

/** What {@link SharedAnswer.make} makes, as a response with the JSON of `schema`. */
export const make = <Question, A, E, R, Encoded, Services>(
  schema: Schema.Codec<A, Encoded, unknown, Services>,
  read: (organizationKey: number, question: Question) => Effect.Effect<A, E, R>
) => {
  const encode = HttpServerResponse.schemaJson(schema)
  return SharedAnswer.make((organizationKey: number, question: Question) =>
    Effect.flatMap(read(organizationKey, question), (answer) => Effect.orDie(encode(answer)))
  )
}
