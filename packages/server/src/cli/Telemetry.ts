/**
 * How a process of ours logs and traces: to the console, and to OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
 */
import { Layer, Logger, Option, References } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import type { ServerConfig } from "../ServerConfig.ts"
import { serverVersion } from "../ServerVersion.ts"

/** Structured logs with run and trace ids. Secrets are `Redacted` wherever they are held, so none is printed. */
export const layer = (config: ServerConfig) =>
  Layer.mergeAll(
    Layer.succeed(References.MinimumLogLevel, config.logLevel),
    Logger.layer([config.logFormat === "json" ? Logger.consoleJson : Logger.consolePretty()]),
    Option.match(config.otlpEndpoint, {
      onNone: () => Layer.empty,
      onSome: (baseUrl) =>
        Otlp.layerJson({ baseUrl, resource: { serviceName: "openseer-server", serviceVersion: serverVersion } }).pipe(
          Layer.provide(FetchHttpClient.layer)
        )
    })
  )
