/**
 * Everything that the environment says to a control plane, decoded once. Unknown `OPENSEER_*` names stop the start.
 */
import { Config, Effect, Option, Redacted, Schema } from "effect"
import { retentionConfig } from "./aggregate/RetentionConfig.ts"
import { toIssues } from "./CheckTypes.ts"
import { connectionsConfig } from "./db/DatabaseConfig.ts"
import { anonymousRequestsPerMinuteDefault, requestsPerMinuteDefault } from "./http/RateLimit.ts"
import { objectionTo, siteConfig, siteNames } from "./SiteConfig.ts"

/** The environment says something that a control plane can't do; the message names the variable and the fix. */
export class ServerConfigInvalid extends Schema.TaggedError<ServerConfigInvalid>()("ServerConfigInvalid", {
  message: Schema.String
}) {}

/** Whoever guesses it enrolls workers that see every spec: 32 characters are beyond guessing if they are random. */
export const clusterTokenLengthMin = 32

/** Names that belong to the worker and the dashboard, which may be started from the same environment. */
const othersNames = [
  "OPENSEER_DASHBOARD_HOST",
  "OPENSEER_DASHBOARD_PORT",
  "OPENSEER_CONTROL_PLANE_URL",
  "OPENSEER_ENROLLMENT_TOKEN",
  "OPENSEER_REGION",
  "OPENSEER_EGRESS_ALLOW"
]

/** The names of log levels, which are those of the worker: both may be started from one environment. */
const logLevels = { trace: "Trace", debug: "Debug", info: "Info", warning: "Warn", error: "Error" } as const

/** Names in a list, separated by commas. */
function names(text: string): ReadonlyArray<string> {
  return text.split(",").flatMap((item) => item.trim() || [])
}

const settings = Config.all({
  databaseUrl: Config.option(Config.Redacted("DATABASE_URL")),
  dataDir: Config.String("OPENSEER_DATA_DIR").pipe(Config.withDefault(".openseer")),
  host: Config.String("OPENSEER_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.Port("OPENSEER_PORT").pipe(Config.withDefault(8080)),
  checkTypes: Config.String("OPENSEER_CHECK_TYPES").pipe(Config.withDefault(""), Config.map(names)),
  secretKeysFile: Config.option(Config.String("OPENSEER_SECRET_KEYS_FILE")),
  clusterToken: Config.option(Config.Redacted("OPENSEER_CLUSTER_TOKEN")),
  metricsPublic: Config.Boolean("OPENSEER_METRICS_PUBLIC").pipe(Config.withDefault(false)),
  requestsPerMinute: Config.Int("OPENSEER_REQUESTS_PER_MINUTE").pipe(Config.withDefault(requestsPerMinuteDefault)),
  anonymousRequestsPerMinute: Config.Int("OPENSEER_ANONYMOUS_REQUESTS_PER_MINUTE").pipe(
    Config.withDefault(anonymousRequestsPerMinuteDefault)
  ),
  logLevel: Config.Literals(["trace", "debug", "info", "warning", "error"], "OPENSEER_LOG_LEVEL").pipe(
    Config.withDefault("info"),
    Config.map((name) => logLevels[name])
  ),
  logFormat: Config.Literals(["pretty", "json"], "OPENSEER_LOG_FORMAT").pipe(Config.withDefault("pretty")),
  retention: retentionConfig,
  otlpEndpoint: Config.option(Config.String("OTEL_EXPORTER_OTLP_ENDPOINT")),
  connections: connectionsConfig,
  site: siteConfig
})

const ownNames = new Set([
  "OPENSEER_DATA_DIR",
  "OPENSEER_HOST",
  "OPENSEER_PORT",
  "OPENSEER_CHECK_TYPES",
  "OPENSEER_SECRET_KEYS_FILE",
  "OPENSEER_CLUSTER_TOKEN",
  "OPENSEER_METRICS_PUBLIC",
  "OPENSEER_REQUESTS_PER_MINUTE",
  "OPENSEER_ANONYMOUS_REQUESTS_PER_MINUTE",
  "OPENSEER_LOG_LEVEL",
  "OPENSEER_LOG_FORMAT",
  "OPENSEER_RETENTION_RAW_DAYS",
  "OPENSEER_RETENTION_HOURLY_MONTHS",
  "OPENSEER_RETENTION_DAILY_YEARS",
  "OPENSEER_DATABASE_WORKER_CONNECTIONS",
  "OPENSEER_DATABASE_API_CONNECTIONS",
  "OPENSEER_DATABASE_BACKGROUND_CONNECTIONS",
  ...siteNames,
  ...othersNames
])

/** The decoded environment. Days and connections are whole numbers, `host` and `port` are where HTTP is served. */
export type ServerConfig = Config.Success<typeof settings>

/** Reads the environment. Fails with {@link ServerConfigInvalid}. */
export const load: Effect.Effect<ServerConfig, ServerConfigInvalid> = Effect.gen(function* () {
  const unknown = Object.keys(process.env).filter(
    (name) =>
      name.startsWith("OPENSEER_") &&
      !ownNames.has(name) &&
      !name.startsWith("OPENSEER_WORKER_") &&
      !name.startsWith("OPENSEER_TEST_")
  )
  if (unknown.length > 0) {
    return yield* new ServerConfigInvalid({
      message: `${unknown.join(", ")}: no such setting; known are ${[...ownNames].join(", ")}`
    })
  }
  const config = yield* settings.pipe(
    Effect.mapError((error) => new ServerConfigInvalid({ message: messageOf(error) }))
  )
  if (Option.exists(config.clusterToken, (token) => Redacted.value(token).length < clusterTokenLengthMin)) {
    return yield* new ServerConfigInvalid({
      message: `OPENSEER_CLUSTER_TOKEN must have at least ${clusterTokenLengthMin} characters; make one with: openssl rand -base64 32`
    })
  }
  if (config.requestsPerMinute < 1 || config.anonymousRequestsPerMinute < 1) {
    return yield* new ServerConfigInvalid({
      message: "OPENSEER_REQUESTS_PER_MINUTE and OPENSEER_ANONYMOUS_REQUESTS_PER_MINUTE must be whole numbers from 1 on"
    })
  }
  const objection = objectionTo(config.site)
  if (objection !== undefined) return yield* new ServerConfigInvalid({ message: objection })
  return config
})

/** What is wrong, by the name of the variable; never its value, which may be a secret in the wrong place. */
const messageOf = ({ cause, message }: Config.ConfigError): string =>
  cause._tag === "SchemaError"
    ? toIssues(cause.issue)
        .map((issue) => `${issue.path}: ${issue.message}`)
        .join("\n")
    : message

/** The settings as they may be printed: no secret, and the database without its password. */
export const printable = (config: ServerConfig): Record<string, string> => ({
  database: Option.match(config.databaseUrl, { onNone: () => "embedded", onSome: withoutPassword }),
  dataDir: config.dataDir,
  listen: `http://${config.host}:${config.port}`,
  publicUrl: config.site.publicUrl,
  registration: config.site.registration,
  checkTypes: config.checkTypes.length === 0 ? "built in" : `built in and ${config.checkTypes.join(", ")}`,
  secretKeys: Option.getOrElse(config.secretKeysFile, () =>
    Option.isSome(config.databaseUrl) ? "not set" : "in the data folder"
  ),
  clusterToken: Option.isSome(config.clusterToken) ? "set" : "not set",
  retention: `raw ${config.retention.rawDays} d, hourly ${config.retention.hourlyMonths} months, daily ${config.retention.dailyYears} years`,
  logLevel: config.logLevel,
  otlp: Option.isSome(config.otlpEndpoint) ? "set" : "not set"
})

const withoutPassword = (url: Redacted.Redacted): string => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) return "set, but not a URL like postgres://user:password@host:5432/openseer"
  const { host, pathname, username } = new URL(text)
  return `postgres://${username}@${host}${pathname}`
}
