/**
 * What a check says to a server that is not HTTP, and what it waits to hear.
 */
import { Schema } from "effect"
import { compile, type CompiledPattern, isProblem, Pattern, patternLengthMax } from "./Pattern.ts"
import { Secret } from "./Secret.ts"

/** The most steps of a dialogue, and the longest text of one, in UTF-16 units. */
export const stepsMax = 16
export const stepLengthMax = 4_096

/** `^` and `$` of an expected pattern match at each line: how an answer is cut into packets makes no difference. */
const perLine = "(?m)"

/** The longest expected pattern, in UTF-16 units. */
export const expectedLengthMax = patternLengthMax - perLine.length

/**
 * Waits until what was received has the pattern somewhere, `^` and `$` meaning a line's. What was received up to the end
 * of the line where that was so is done with: the next step does not see it.
 */
export const Expect = Schema.Struct({
  expect: Pattern.check(
    Schema.isMaxLength(expectedLengthMax, { message: `must have at most ${expectedLengthMax} characters` })
  ).annotate({ description: "A pattern in RE2 syntax that what is received must match; ^ and $ are those of a line" })
})

/** An expected pattern, compiled. Throws of what {@link Expect} would not decode. */
export const compileExpected = (expect: string): CompiledPattern => {
  const compiled = compile(perLine + expect)
  if (isProblem(compiled)) throw new TypeError("an expected pattern has not been decoded")
  return compiled
}

/** Sends a text as it is: line ends are written out (`\r\n`). */
export const Send = Schema.Struct({
  send: Schema.Union([Schema.String.check(Schema.isMaxLength(stepLengthMax)), Secret])
})

/** Shakes hands on the open connection. */
export const StartTls = Schema.Struct({ startTls: Schema.Literal(true) })

const steps = <S extends Schema.Constraint>(step: S) =>
  Schema.Array(step).check(Schema.isMaxLength(stepsMax, { message: `must have at most ${stepsMax} steps` }))

/** Steps over a byte stream, in order: expect, send, or start TLS. */
export const StreamDialogue = steps(Schema.Union([Expect, Send, StartTls])).annotate({
  identifier: "StreamDialogue",
  description: 'Steps in order: { "expect": "^220" }, { "send": "QUIT\\r\\n" } or { "startTls": true }'
})
export type StreamDialogue = typeof StreamDialogue.Type

/** Steps over messages, in order: expect or send. */
export const MessageDialogue = steps(Schema.Union([Expect, Send])).annotate({
  identifier: "MessageDialogue",
  description: 'Steps in order: { "send": "ping" } or { "expect": "pong" }'
})
export type MessageDialogue = typeof MessageDialogue.Type
