/**
 * The control plane: everything that OpenSeer does on a server, as one layer or as one function.
 *
 * Start it inside a program of your own with {@link start}, which gives a web-standard handler to mount, or compose
 * {@link routes} into an Effect program.
 */
import { type CheckType, HttpCheck } from "@openseer/core"
import { Effect, Layer, Option, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
export {}
void [HttpCheck, Effect, Layer, Option, Redacted, HttpRouter, HttpServer]
export type X = CheckType.Any
