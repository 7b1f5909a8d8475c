#!/usr/bin/env node
/**
 * `openseer`: the control plane as a process, and the commands that an operator needs beside it.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { AccountsApi } from "@openseer/core"
import { Cause, Console, Effect, Exit, Layer, Option, Redacted, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Bootstrap from "../accounts/Bootstrap.ts"
import { EnrollmentTokens } from "../accounts/EnrollmentTokens.ts"
import * as Instance from "../accounts/Instance.ts"
import { allWith, toIssues } from "../CheckTypes.ts"
import { Actor } from "../db/Actor.ts"
import * as DatabaseStart from "../db/DatabaseStart.ts"
import { migrate } from "../db/Migrations.ts"
import * as NodeServer from "../http/NodeServer.ts"
import * as OpenSeer from "../OpenSeer.ts"
import * as SecretRotation from "../schedule/SecretRotation.ts"
import { SecretBox } from "../secrets/SecretBox.ts"
import * as SecretKeys from "../secrets/SecretKeys.ts"
import * as SecretKeysFile from "../secrets/SecretKeysFile.ts"
import * as ServerConfig from "../ServerConfig.ts"
import { toOptions } from "../SiteConfig.ts"
import { serverVersion } from "../ServerVersion.ts"
import * as CheckTypeModules from "./CheckTypeModules.ts"
import * as DatabaseChoice from "./DatabaseChoice.ts"
import * as Doctor from "./Doctor.ts"
import * as PeopleCommands from "./PeopleCommands.ts"
import { Refused } from "./Refused.ts"
import * as Telemetry from "./Telemetry.ts"

interface ServeFlags {
  readonly noSetupLink: boolean
}

const serveFlags = {
  noSetupLink: Flag.Boolean("no-setup-link").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Do not print the link that claims a fresh instance; openseer setup-link does")
  )
}

/** Serves until it is told to stop. Without a span: it would make one trace of all requests. */
const serveOn = Effect.fnUntraced(function* (config: ServerConfig.ServerConfig, { noSetupLink }: ServeFlags) {
  const secretKeys = yield* SecretKeysFile.load(config, { create: true })
  yield* Effect.logInfo("OpenSeer control plane").pipe(
    Effect.annotateLogs({ version: serverVersion, ...ServerConfig.printable(config) })
  )
  const routes = OpenSeer.routes({
    checkTypes: yield* Effect.tap(CheckTypeModules.load(config.checkTypes), allWith),
    metricsPublic: config.metricsPublic,
    requestsPerMinute: config.requestsPerMinute,
    anonymousRequestsPerMinute: config.anonymousRequestsPerMinute,
    retention: config.retention,
    secretKeys,
    ...toOptions(config.site),
    ...(Option.isSome(config.clusterToken) ? { clusterToken: config.clusterToken.value } : {})
  })
  const server = NodeServer.layer(routes, config).pipe(
    Layer.tap(() => Console.log(`OpenSeer API   http://${config.host}:${config.port}   (reference: /docs)`)),
    Layer.tap(() => (noSetupLink ? Effect.void : DatabaseStart.whenThere(PeopleCommands.announceSetup(config)))),
    Layer.provide(Layer.effectDiscard(DatabaseStart.whenThere(migrate))),
    Layer.provide(DatabaseChoice.owned(config))
  )
  return yield* Layer.launch(server).pipe(Effect.provide(Telemetry.layer(config)))
})

/** A command of the operator beside a running instance: its own log lines only when something is wrong. */
const besides = <A, E, R>(effect: (config: ServerConfig.ServerConfig) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const config = yield* ServerConfig.load
    return yield* effect(config).pipe(
      Effect.provideService(Actor, { kind: "operator" }),
      Effect.provide(
        DatabaseChoice.joined(config).pipe(Layer.provideMerge(Telemetry.layer({ ...config, logLevel: "Warn" })))
      )
    )
  })

const start = Command.make("start", serveFlags, (flags) =>
  Effect.flatMap(ServerConfig.load, (config) => serveOn(config, flags))
).pipe(Command.withDescription("Serve the control plane; without DATABASE_URL on an embedded PostgreSQL"))

const serve = Command.make("serve", serveFlags, (flags) =>
  Effect.gen(function* () {
    const config = yield* ServerConfig.load
    if (Option.isNone(config.databaseUrl)) {
      return yield* new ServerConfig.ServerConfigInvalid({
        message:
          "DATABASE_URL is not set: set it to a PostgreSQL 15 or newer, or use openseer start for an embedded one"
      })
    }
    return yield* serveOn(config, flags)
  })
).pipe(Command.withDescription("Serve the control plane on the database that DATABASE_URL names"))

const migrateCommand = Command.make("migrate", {}, () =>
  besides(() =>
    Effect.flatMap(migrate, ({ applied, version }) =>
      Console.log(applied.length === 0 ? `the schema is at ${version}, nothing to do` : `applied ${applied.join(", ")}`)
    )
  )
).pipe(Command.withDescription("Bring the database to the schema of this version"))

const bootstrap = Command.make(
  "bootstrap",
  {
    name: Flag.String("name").pipe(Flag.withDefault("OpenSeer"), Flag.withDescription("The organization's name")),
    newKey: Flag.Boolean("new-key").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Make another admin key for an instance that is claimed")
    )
  },
  ({ name, newKey }) =>
    besides(() =>
      Effect.gen(function* () {
        yield* migrate
        const made = yield* Bootstrap.bootstrap({ organizationName: name, newKey })
        yield* Console.log(`organization ${made.organizationId}`)
        yield* Console.log(`API key      ${Redacted.value(made.apiKey)}`)
        yield* Console.error("Keep the key: it is shown this once and stored as a hash.")
      })
    )
).pipe(Command.withDescription("Claim a fresh instance: make its organization and print an admin API key once"))

const setupLink = Command.make("setup-link", {}, () =>
  besides((config) => Effect.andThen(migrate, PeopleCommands.printSetupLink(config)))
).pipe(Command.withDescription("Print a link that claims an instance which nobody owns yet"))

const userPassword = Command.make(
  "password",
  {
    email: Argument.String("email").pipe(Argument.withDescription("Whose password it is")),
    dropSecondFactor: Flag.Boolean("drop-second-factor").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Remove the second factor and its recovery codes, too")
    )
  },
  ({ dropSecondFactor, email }) => besides(() => PeopleCommands.resetPassword(email, { dropSecondFactor }))
).pipe(Command.withDescription("Give somebody a new random password, print it once, and sign them out everywhere"))

const user = Command.make("user").pipe(
  Command.withDescription("People who sign in"),
  Command.withSubcommands([userPassword])
)

const operator = <A, E>(
  effect: (tokens: EnrollmentTokens["Service"], organizationKey: number) => Effect.Effect<A, E>
) =>
  besides(() =>
    Effect.gen(function* () {
      const organizationKey = yield* Instance.organizationKey
      return yield* effect(yield* EnrollmentTokens, organizationKey)
    }).pipe(Effect.provide(EnrollmentTokens.layer))
  )

const tokenCreate = Command.make(
  "create",
  {
    region: Argument.String("region").pipe(Argument.withDescription("The region of the workers, like us-east-1")),
    uses: Flag.Int("uses").pipe(Flag.withDefault(1), Flag.withDescription("How many workers may enroll; 0: any")),
    hours: Flag.Int("hours").pipe(Flag.withDefault(1), Flag.withDescription("How long it is valid"))
  },
  ({ hours, region, uses }) =>
    Effect.gen(function* () {
      const input = { region, uses: uses === 0 ? null : uses, expiresInMs: hours * 3_600_000 }
      const decoded = yield* Schema.decodeEffect(AccountsApi.EnrollmentTokenInput)(input).pipe(
        Effect.mapError(({ issue }) => {
          const problems = toIssues(issue).map(({ message, path }) => `${path}: ${message}`)
          return new Refused({ message: `no token was made. ${problems.join("; ")}` })
        })
      )
      yield* operator((tokens, organizationKey) =>
        Effect.flatMap(tokens.create(organizationKey, decoded), ({ token }) => Console.log(token))
      )
    })
).pipe(Command.withDescription("Make an enrollment token and print it once"))

const tokenList = Command.make("list", {}, () =>
  operator((tokens, organizationKey) =>
    Effect.flatMap(tokens.list(organizationKey), (list) =>
      Effect.forEach(list, (token) =>
        Console.log(
          [token.id, token.display, token.region, `uses left ${token.usesLeft ?? "any"}`, `until ${token.expiresAt}`]
            .concat(token.revokedAt === undefined ? [] : ["revoked"])
            .join("  ")
        )
      )
    )
  )
).pipe(Command.withDescription("List enrollment tokens"))

const tokenRevoke = Command.make("revoke", { id: Argument.String("id") }, ({ id }) =>
  operator((tokens, organizationKey) =>
    tokens.revoke(organizationKey, id).pipe(
      Effect.catchTag("NotFound", () =>
        Effect.fail(new Refused({ message: `there is no enrollment token ${id}: see openseer token list` }))
      ),
      Effect.andThen(Console.log(`revoked ${id}`))
    )
  )
).pipe(Command.withDescription("Revoke an enrollment token"))

const token = Command.make("token").pipe(
  Command.withDescription("Enrollment tokens for workers"),
  Command.withSubcommands([tokenCreate, tokenList, tokenRevoke])
)

/** A command that opens or seals what the instance does. */
const withKeys = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  besides((config) =>
    Effect.flatMap(SecretKeysFile.load(config, { create: false }), (keys) =>
      Effect.provide(effect, SecretBox.layer(keys))
    )
  )

const secretsRotate = Command.make("rotate", {}, () =>
  withKeys(
    Effect.gen(function* () {
      const { keyIds } = yield* SecretBox
      if (keyIds.length === 0) {
        return yield* new Refused({ message: `there are no keys: set ${SecretKeysFile.setting} to the key file` })
      }
      const { missing, old, resealed, secrets } = yield* SecretRotation.rotate
      yield* Console.log(`${secrets} secrets, ${resealed} sealed anew with ${keyIds[0]}`)
      if (old > 0) {
        return yield* new Refused({
          message: `${old} were changed meanwhile by a process without this key: run it again`
        })
      }
      if (missing.size > 0) {
        const each = [...missing].map(([id, count]) => `${count} of ${id}`).join(", ")
        return yield* new Refused({
          message: `some can't be opened with the keys that are given, and stay as they are: ${each}`
        })
      }
    })
  )
).pipe(Command.withDescription("Seal every secret anew with the first key of the key file; may be run at any moment"))

const secretsNewKey = Command.make("new-key", {}, () => Console.log(SecretKeys.newLine())).pipe(
  Command.withDescription("Print a new key as a line of a key file; it is stored nowhere")
)

const secrets = Command.make("secrets").pipe(
  Command.withDescription("The keys that seal secrets of monitors"),
  Command.withSubcommands([secretsRotate, secretsNewKey])
)

const doctor = Command.make("doctor", {}, () => withKeys(Doctor.examine)).pipe(
  Command.withDescription("Check configuration, database, version, secrets, clock and partitions")
)

const openseer = Command.make("openseer").pipe(
  Command.withDescription("OpenSeer: self-hosted monitoring"),
  Command.withSubcommands([start, serve, migrateCommand, setupLink, bootstrap, token, user, secrets, doctor])
)

/** Failures that are meant for the operator print their sentence; only defects print a trace. */
const explain = <A, E extends { readonly _tag: string; readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapCause(effect, (cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.void
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    // What is wrong has been printed: by the parser of commands, by doctor.
    if (error !== undefined && (error._tag === "ShowHelp" || error._tag === "DoctorFailed")) return Effect.void
    return error === undefined ? Effect.logError("openseer failed", cause) : Console.error(`openseer: ${error.message}`)
  })

openseer.pipe(
  Command.run({ version: serverVersion }),
  explain,
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)
  })
)
