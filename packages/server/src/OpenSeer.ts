/**
 * The control plane: everything that OpenSeer does on a server, as one layer or as one function.
 *
 * {@link start} gives a web-standard handler to mount in a program of any framework. {@link routes} is the same for
 * Effect programs: routes for their own HTTP server, with the duties that run in the background.
 */
import type { AuthApi, CheckType } from "@openseer/core"
import { Effect, Layer, Option, Redacted, References } from "effect"
import { ApiKeys } from "./accounts/ApiKeys.ts"
import { AuditLog } from "./accounts/AuditLog.ts"
import { EnrollmentTokens } from "./accounts/EnrollmentTokens.ts"
import { Invitations } from "./accounts/Invitations.ts"
import { Members } from "./accounts/Members.ts"
import { Organizations } from "./accounts/Organizations.ts"
import * as People from "./accounts/People.ts"
import { type EmbedderPrincipal, Principals, type RequestFacts } from "./accounts/Principal.ts"
import { type OidcProvider, Site, type SiteSettings } from "./accounts/Site.ts"
import { Workers } from "./accounts/Workers.ts"
import { Retention } from "./aggregate/Retention.ts"
import type { RetentionConfig } from "./aggregate/RetentionConfig.ts"
import { Rollups } from "./aggregate/Rollups.ts"
import { allWith, CheckTypes } from "./CheckTypes.ts"
import { Database } from "./db/Database.ts"
import { defaultConnections } from "./db/DatabaseConfig.ts"
import { migrate } from "./db/Migrations.ts"
import * as Duties from "./Duties.ts"
import * as ApiHttp from "./http/ApiHttp.ts"
import * as WebHandler from "./http/WebHandler.ts"
import * as WorkerHttp from "./http/WorkerHttp.ts"
import { Heartbeats } from "./ingest/Heartbeats.ts"
import { Ingest } from "./ingest/Ingest.ts"
import { OverdueTicks } from "./ingest/OverdueTicks.ts"
import { Leases } from "./lease/Leases.ts"
import { WorkerHealth } from "./lease/WorkerHealth.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { MonitorQueries } from "./query/MonitorQueries.ts"
import { Monitors } from "./schedule/Monitors.ts"
import { OneOffJobs } from "./schedule/OneOffJobs.ts"
import { PingTokens } from "./schedule/PingTokens.ts"
import { SecretBox } from "./secrets/SecretBox.ts"
import * as SecretKeys from "./secrets/SecretKeys.ts"

/** How a control plane differs from the default. */
export interface ControlPlaneOptions {
  /**
   * Check types of your own, besides the built-in ones, whose kinds they can't have. Their executors belong to your
   * workers.
   */
  readonly checkTypes?: ReadonlyArray<CheckType.Any>
  /** Whoever knows it may enroll workers that serve every organization of this instance. */
  readonly clusterToken?: Redacted.Redacted
  /** The keys that seal secrets of specs, the current one first. Without any, no monitor can have a secret. */
  readonly secretKeys?: SecretKeys.SecretKeys
  /** How long results and rollups are kept. Default: raw 30 days, hourly 13 months, daily 5 years. */
  readonly retention?: RetentionConfig
  /** Whether `/metrics` needs no API key. Default `false`. */
  readonly metricsPublic?: boolean
  /** Where people open the dashboard, without a slash at the end. Default `http://localhost:3000`. */
  readonly publicUrl?: string
  /** Who may make an account. Default `invitation`; with `authenticate`, which knows who your people are, `closed`. */
  readonly registration?: AuthApi.Registration
  /** Cookies for plain HTTP on a name other than localhost: without `Secure`. Default `false`. */
  readonly insecureCookies?: boolean
  /** An identity provider that people may sign in with. */
  readonly oidc?: OidcProvider
  /** Addresses and networks of proxies whose `X-Forwarded-*` headers count. Default: this machine. */
  readonly trustedProxies?: ReadonlyArray<string>
  /** The most requests of one API key or session in a minute; each replica counts for itself. Default 600. */
  readonly requestsPerMinute?: number
  /** The most requests of one address in a minute to what needs no credential, or without a valid one. Default 60. */
  readonly anonymousRequestsPerMinute?: number
  /** Your own sign-in: turns a request into a principal. API keys and sessions of this instance's users go on working. */
  readonly authenticate?: (request: RequestFacts) => Effect.Effect<Option.Option<EmbedderPrincipal>>
}

/**
 * All routes of a control plane (`/api/v1`, `/docs`, `/rpc/worker`, `/ping`, `/livez`, `/readyz`, `/metrics`), with its duties in
 * the background. Needs a migrated {@link Database}.
 */
export const routes = (options: ControlPlaneOptions = {}) => {
  const principals =
    options.authenticate === undefined ? Principals.layer : Principals.layerEmbedder(options.authenticate)
  const site = Layer.merge(
    Layer.succeed(Site, siteOf(options)),
    Layer.succeed(PublicUrl, new URL(options.publicUrl ?? "http://localhost:3000").origin)
  )
  const services = Layer.mergeAll(
    principals.pipe(Layer.provideMerge(Layer.merge(ApiKeys.layer, People.layer))),
    EnrollmentTokens.layer,
    Organizations.layer,
    Members.layer,
    Invitations.layer,
    AuditLog.layer,
    Workers.layer(options.clusterToken === undefined ? {} : { clusterToken: options.clusterToken }),
    Monitors.layer,
    OneOffJobs.layer,
    PingTokens.layer,
    Leases.layer,
    WorkerHealth.layer,
    Ingest.layer,
    Heartbeats.layer,
    MonitorQueries.layer
  ).pipe(Layer.provideMerge(Layer.merge(CheckTypes.layer(options.checkTypes), SecretBox.layer(options.secretKeys))))
  const duties = Duties.layer.pipe(
    Layer.provide([OverdueTicks.layer, Rollups.layer, Retention.layer(options.retention)])
  )
  return Layer.mergeAll(
    ApiHttp.layer({
      metricsPublic: options.metricsPublic ?? false,
      ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
      ...(options.requestsPerMinute === undefined ? {} : { requestsPerMinute: options.requestsPerMinute }),
      ...(options.anonymousRequestsPerMinute === undefined
        ? {}
        : { anonymousRequestsPerMinute: options.anonymousRequestsPerMinute })
    }),
    WorkerHttp.layer,
    duties
  ).pipe(Layer.provide(services), Layer.provide(site))
}

const siteOf = (options: ControlPlaneOptions): SiteSettings => ({
  registration: options.registration ?? (options.authenticate === undefined ? "invitation" : "closed"),
  insecureCookies: options.insecureCookies ?? false,
  ...(options.oidc === undefined ? {} : { oidc: options.oidc })
})

/** What {@link start} needs: a PostgreSQL 15 or newer. */
export interface StartOptions extends Omit<
  ControlPlaneOptions,
  "clusterToken" | "authenticate" | "secretKeys" | "oidc"
> {
  /** `postgres://user:password@host:5432/database`. Schemas `app`, `auth` and `ts` are made in it. */
  readonly databaseUrl: string
  /** See {@link ControlPlaneOptions.clusterToken}. */
  readonly clusterToken?: string
  /** See {@link ControlPlaneOptions.secretKeys}: lines of `<id>:<32 bytes in base64>`, as in a key file. */
  readonly secretKeys?: ReadonlyArray<string>
  /** See {@link ControlPlaneOptions.authenticate}; `null`: not signed in. */
  readonly authenticate?: (request: RequestFacts) => Promise<EmbedderPrincipal | null>
  /** See {@link ControlPlaneOptions.oidc}. */
  readonly oidc?: Omit<OidcProvider, "clientSecret"> & { readonly clientSecret?: string }
  /** What is logged to the console of the program. Default `Warn`. */
  readonly logLevel?: "Debug" | "Info" | "Warn" | "Error" | "None"
  /** Connections for worker traffic, the API and background duties. Default 6, 6 and 4. */
  readonly connections?: Partial<typeof defaultConnections>
}

/** A control plane inside a program. */
export interface RunningControlPlane extends WebHandler.WebHandler {
  /** Answers every path of the control plane. Paths that it doesn't know are 404. */
  readonly handler: (request: Request) => Promise<Response>
  /** Ends the duties and closes the connections. Requests in flight are interrupted. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a control plane in this process: migrates the database, starts the duties, and gives a handler.
 *
 * Rejects when the database can't be reached or is newer than this version, when a secret key is not one, and when a
 * check type has a kind that is built in or there twice.
 *
 * @example
 * ```ts
 * import { OpenSeer } from "@openseer/server"
 *
 * const openSeer = await OpenSeer.start({ databaseUrl: "postgres://localhost/openseer" })
 * const response = await openSeer.handler(new Request("http://localhost/livez"))
 * await openSeer.stop()
 * ```
 */
export const start = async (options: StartOptions): Promise<RunningControlPlane> => {
  const { authenticate, clusterToken, connections, databaseUrl, logLevel, oidc, secretKeys, ...rest } = options
  // Before the database is touched.
  await Effect.runPromise(allWith(options.checkTypes ?? []))
  const keys = secretKeys === undefined ? [] : await Effect.runPromise(SecretKeys.parse(secretKeys.join("\n")))
  const database = Database.layer({
    url: Redacted.make(databaseUrl),
    ...defaultConnections,
    ...connections
  }).pipe(Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, logLevel ?? "Warn")))
  const all = routes({
    ...rest,
    secretKeys: keys,
    ...(clusterToken === undefined ? {} : { clusterToken: Redacted.make(clusterToken) }),
    ...(oidc === undefined ? {} : { oidc: withRedacted(oidc) }),
    ...(authenticate === undefined
      ? {}
      : {
          authenticate: (request: RequestFacts) =>
            Effect.map(
              Effect.promise(() => authenticate(request)),
              Option.fromNullishOr
            )
        })
  })
  return WebHandler.make(database, migrate, all)
}

const withRedacted = ({ clientSecret, ...provider }: NonNullable<StartOptions["oidc"]>): OidcProvider => ({
  ...provider,
  ...(clientSecret === undefined ? {} : { clientSecret: Redacted.make(clientSecret) })
})
