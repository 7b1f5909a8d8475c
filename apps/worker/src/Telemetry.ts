/**
 * Logs to the console, and traces, metrics and logs to an OpenTelemetry collector when there is one.
 */
import { ConfigProvider, Layer, Logger, References } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp, OtlpSerialization } from "effect/observability"
import type { WorkerConfig } from "./WorkerConfig.ts"

/** What `OTEL_*` variables mean when only an endpoint is set: send everything there. */
const otelDefaults = {
  OTEL_SERVICE_NAME: "openseer-worker",
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_LOGS_EXPORTER: "otlp"
}

/** The telemetry of a worker process. */
export const layer = ({ logFormat, logLevel, otel }: WorkerConfig): Layer.Layer<never> => {
  const console = Layer.merge(
    Logger.layer([logFormat === "json" ? Logger.consoleJson : Logger.consolePretty()]),
    Layer.succeed(References.MinimumLogLevel, logLevel)
  )
  if (otel === undefined) return console
  const collector = Otlp.layerFromConfig().pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...otelDefaults, ...otel }))),
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(FetchHttpClient.layer)
  )
  return Layer.provideMerge(collector, console)
}

/** The telemetry of a shard: logs and traces. What it would count is counted by its supervisor. */
export const shardLayer = (config: WorkerConfig): Layer.Layer<never> =>
  layer(config.otel === undefined ? config : { ...config, otel: { ...config.otel, OTEL_METRICS_EXPORTER: "none" } })
