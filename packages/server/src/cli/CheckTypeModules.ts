/**
 * Check types of one's own for a control plane that runs as a process: the modules that `OPENSEER_CHECK_TYPES` names.
 *
 * A module is a path (`./checks/RedisCheck.ts`) or the name of an installed package; every check type among its exports
 * is taken. It runs with all that this process may do, so only the operator can name one.
 */
import type { CheckType } from "@openseer/core"
import { Effect, Predicate, Schema } from "effect"
import { createRequire, registerHooks } from "node:module"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { ServerConfigInvalid } from "../ServerConfig.ts"

/** All check types that these modules export. Fails when one can't be loaded or exports none. */
export const load = (
  modules: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<CheckType.Any>, ServerConfigInvalid> =>
  Effect.suspend(() => {
    if (modules.length > 0) shareOwnCopies()
    return Effect.map(Effect.forEach(modules, loadOne), (loaded) => loaded.flat())
  })

/**
 * Gives modules of the operator's the `effect` and `@openseer/core` of this process. They may have copies of their own
 * installed, and a schema of one copy is not understood by another: every check of it would fail.
 */
const shareOwnCopies = (): void => {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        /^(?:effect|@openseer\/core)(?:\/|$)/.test(specifier) ? { ...context, parentURL: import.meta.url } : context
      )
  })
}

const loadOne = Effect.fnUntraced(function* (name: string) {
  const exported: unknown = yield* Effect.tryPromise({
    try: () => import(urlOf(name)),
    catch: (error) => invalid(`${name} can't be loaded: ${error instanceof Error ? error.message : String(error)}`)
  })
  const found = Object.values(exported as object).filter(isCheckType)
  if (found.length === 0) return yield* invalid(`${name} exports no check type (CheckType.make of @openseer/core)`)
  return found
})

/** Paths and packages alike are those of the working directory, where the operator stands. */
const urlOf = (name: string): string => {
  const isPath = name.startsWith(".") || name.startsWith("/")
  const path = isPath ? resolve(name) : createRequire(join(process.cwd(), "package.json")).resolve(name)
  return pathToFileURL(path).href
}

const isCheckType = (value: unknown): value is CheckType.Any =>
  Predicate.hasProperty(value, "kind") &&
  typeof value.kind === "string" &&
  Predicate.hasProperty(value, "version") &&
  typeof value.version === "number" &&
  Predicate.hasProperty(value, "target") &&
  typeof value.target === "function" &&
  Predicate.hasProperty(value, "spec") &&
  Schema.isSchema(value.spec)

const invalid = (problem: string): ServerConfigInvalid =>
  new ServerConfigInvalid({ message: `OPENSEER_CHECK_TYPES: ${problem}` })
