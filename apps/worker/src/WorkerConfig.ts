/**
 * The configuration of a worker process: everything it takes from its environment, read once at the start.
 *
 * A wrong or unknown value stops the start with a sentence that says what to do; all problems are told at once. An empty
 * value counts as not set, which is what Compose makes of a variable without one.
 */
import { Region, Token } from "@openseer/core"
import { Canary, EgressRule } from "@openseer/worker-sdk"
import { Effect, Redacted, Schema } from "effect"
import { availableParallelism } from "node:os"

/** The control plane of a worker that was told of none: the one that `npm start` runs beside it. */
const controlPlaneUrlDefault = "http://127.0.0.1:8080"

/** Where the worker token is kept by default, below the working directory. */
const tokenFileDefault = ".openseer/worker.json"

const concurrencyDefault = 256
const concurrencyMax = 10_000
const shardsMax = 256

/** A core for each process that executes checks, and one for what speaks to the control plane. */
const shardsDefault = (): number => Math.max(1, availableParallelism() - 1)
const nameLengthMax = 120

const logLevels = { trace: "Trace", debug: "Debug", info: "Info", warning: "Warn", error: "Error" } as const
const logFormats = ["pretty", "json"] as const

/** See the table of variables in the README. */
export interface WorkerConfig {
  readonly controlPlaneUrl: string
  readonly enrollmentToken?: Redacted.Redacted
  readonly regionName?: string
  readonly tokenFile: string
  readonly concurrency: number
  /** How many processes execute checks; 1 is this one. */
  readonly shards: number
  readonly canaries: ReadonlyArray<Canary.CanaryTarget>
  readonly egressAllow: ReadonlyArray<string>
  readonly egressDeny: ReadonlyArray<string>
  readonly name?: string
  readonly reenroll: boolean
  readonly logLevel: (typeof logLevels)[keyof typeof logLevels]
  readonly logFormat: (typeof logFormats)[number]
  /** The `OTEL_*` variables; undefined when there is no `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otel: { readonly [variable: string]: string } | undefined
}

/** The environment cannot be used. The message has one sentence for each problem. */
export class WorkerConfigInvalid extends Schema.TaggedError<WorkerConfigInvalid>()("WorkerConfigInvalid", {
  message: Schema.String
}) {}

type Environment = { readonly [variable: string]: string | undefined }

/** Reads the environment of this process. */
export const read: Effect.Effect<WorkerConfig, WorkerConfigInvalid> = Effect.suspend(() => decode(process.env))

/**
 * Decodes an environment.
 *
 * @example
 * ```ts
 * decode({ OPENSEER_CONTROL_PLANE_URL: "https://openseer.example.com", OPENSEER_ENROLLMENT_TOKEN: "osen_…" })
 * ```
 */
export const decode = (environment: Environment): Effect.Effect<WorkerConfig, WorkerConfigInvalid> => {
  const problems: Array<string> = []
  const values = new Map(Object.entries(environment).filter((entry): entry is [string, string] => !!entry[1]?.trim()))

  const take = <A>(variable: keyof typeof variables, parse: (text: string) => A | undefined): A | undefined => {
    const text = values.get(variable)?.trim()
    if (text === undefined) return undefined
    const value = parse(text)
    // Never the value itself: it may be a token in the wrong place.
    if (value === undefined) problems.push(`${variable} ${variables[variable]}.`)
    return value
  }

  const takeRules = (variable: keyof typeof variables): ReadonlyArray<string> => {
    const rules = parseList(values.get(variable) ?? "")
    for (const [index, text] of rules.entries()) {
      const rule = EgressRule.parse(text)
      if ("problem" in rule) problems.push(`${variable} ${variables[variable]}: rule ${index + 1}, ${rule.problem}.`)
    }
    return rules
  }

  for (const variable of values.keys()) {
    if (variable.startsWith("OPENSEER_WORKER_") && !Object.hasOwn(variables, variable)) {
      problems.push(`${variable} is not a setting of a worker: correct its name or remove it.`)
    }
  }
  const url = take("OPENSEER_CONTROL_PLANE_URL", parseUrl)
  const enrollmentToken = take("OPENSEER_ENROLLMENT_TOKEN", (text) =>
    Token.isWellFormed("osen", text) ? Redacted.make(text) : undefined
  )
  const clusterToken = take("OPENSEER_CLUSTER_TOKEN", (text) => Redacted.make(text))
  const regionName = take("OPENSEER_REGION", (text) => (Schema.is(Region.RegionName)(text) ? text : undefined))
  if (enrollmentToken !== undefined && clusterToken !== undefined) {
    problems.push("OPENSEER_ENROLLMENT_TOKEN and OPENSEER_CLUSTER_TOKEN are both set: keep one of them.")
  }
  if (clusterToken !== undefined && !values.has("OPENSEER_REGION")) {
    problems.push("OPENSEER_REGION must be set with OPENSEER_CLUSTER_TOKEN, to a name like us-east-1.")
  }
  const token = enrollmentToken ?? clusterToken
  const name = take("OPENSEER_WORKER_NAME", (text) => (text.length <= nameLengthMax ? text : undefined))

  const config: WorkerConfig = {
    controlPlaneUrl: url ?? controlPlaneUrlDefault,
    ...(token === undefined ? {} : { enrollmentToken: token }),
    ...(regionName === undefined ? {} : { regionName }),
    tokenFile: take("OPENSEER_WORKER_TOKEN_FILE", (text) => text) ?? tokenFileDefault,
    concurrency: take("OPENSEER_WORKER_CONCURRENCY", parseCount(concurrencyMax)) ?? concurrencyDefault,
    shards: take("OPENSEER_WORKER_SHARDS", parseCount(shardsMax)) ?? shardsDefault(),
    canaries: take("OPENSEER_WORKER_CANARIES", parseCanaries) ?? [],
    egressAllow: takeRules("OPENSEER_EGRESS_ALLOW"),
    egressDeny: takeRules("OPENSEER_EGRESS_DENY"),
    ...(name === undefined ? {} : { name }),
    reenroll: take("OPENSEER_WORKER_REENROLL", (text) => booleans.get(text)) ?? false,
    logLevel: logLevels[take("OPENSEER_LOG_LEVEL", parseLogLevel) ?? "info"],
    logFormat: take("OPENSEER_LOG_FORMAT", (text) => logFormats.find((format) => format === text)) ?? "pretty",
    otel: values.has("OTEL_EXPORTER_OTLP_ENDPOINT")
      ? Object.fromEntries([...values].filter(([variable]) => variable.startsWith("OTEL_")))
      : undefined
  }
  return problems.length === 0
    ? Effect.succeed(config)
    : Effect.fail(new WorkerConfigInvalid({ message: problems.join("\n") }))
}

/** What is printed at the start: everything but secrets. `OTEL_*` may hold some in its headers. */
export const redacted = ({ enrollmentToken, otel, ...config }: WorkerConfig): Record<string, unknown> => ({
  ...config,
  enrollmentToken: enrollmentToken === undefined ? "not set" : "<redacted>",
  telemetry: otel?.["OTEL_EXPORTER_OTLP_ENDPOINT"] === undefined ? "off" : "otlp"
})

/** All variables of a worker, each with what its value must be. */
const variables = {
  OPENSEER_CONTROL_PLANE_URL: "must be the base URL of a control plane, like https://openseer.example.com",
  OPENSEER_ENROLLMENT_TOKEN: "must be an enrollment token (osen_…), copied whole from `openseer token create`",
  OPENSEER_CLUSTER_TOKEN: "must be the cluster token of the control plane",
  OPENSEER_REGION: "must be a region name: lower case letters, digits and dashes, at most 40, like us-east-1",
  OPENSEER_WORKER_TOKEN_FILE: "must be the path of a file",
  OPENSEER_WORKER_CONCURRENCY: `must be a whole number from 1 to ${concurrencyMax}`,
  OPENSEER_WORKER_SHARDS: `must be a whole number from 1 to ${shardsMax}`,
  OPENSEER_WORKER_CANARIES: "must be hosts with ports separated by commas, like 192.0.2.1:443,[2001:db8::1]:443",
  OPENSEER_EGRESS_ALLOW: "must be rules separated by commas, like 10.1.0.0/16,*.corp.example:443",
  OPENSEER_EGRESS_DENY: "must be rules separated by commas, like 10.1.9.0/24,*:25",
  OPENSEER_WORKER_NAME: `must have at most ${nameLengthMax} characters`,
  OPENSEER_WORKER_REENROLL: "must be true or false",
  OPENSEER_LOG_LEVEL: `must be one of ${Object.keys(logLevels).join(", ")}`,
  OPENSEER_LOG_FORMAT: `must be one of ${logFormats.join(", ")}`
}

const booleans = new Map([
  ["true", true],
  ["false", false]
])

const parseUrl = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { hash, href, password, protocol, search, username } = new URL(text)
  const isPlain = username === "" && password === "" && search === "" && hash === ""
  return isPlain && (protocol === "http:" || protocol === "https:") ? href.replace(/\/+$/, "") : undefined
}

const parseCount =
  (max: number) =>
  (text: string): number | undefined =>
    /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= max ? Number(text) : undefined

const parseCanaries = (text: string): ReadonlyArray<Canary.CanaryTarget> | undefined => {
  const targets = text.split(",").map((item) => Canary.parse(item.trim()))
  return targets.every((target) => target !== undefined) ? targets : undefined
}

const parseLogLevel = (text: string): keyof typeof logLevels | undefined =>
  Object.hasOwn(logLevels, text) ? (text as keyof typeof logLevels) : undefined

const parseList = (text: string): ReadonlyArray<string> =>
  text.trim() === "" ? [] : text.split(",").map((item) => item.trim())
