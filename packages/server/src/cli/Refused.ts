/**
 * What an operator asked for and can't be done.
 */
import { Schema } from "effect"

/** The message says what to do instead. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {}
