/**
 * The built-in `grpc` check type: gRPC's own health protocol, `grpc.health.v1.Health/Check`.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { Host, IpFamily, Port, toUrlHost } from "./Host.ts"
import { HttpHeaders } from "./HttpHeaders.ts"
import { tlsDescription, TlsSettings, trustOf } from "./TlsSettings.ts"

/** Whom a `grpc` check asks, and for which service: an empty name is the server as a whole. */
export const GrpcSpec = Schema.Struct({
  host: Host,
  port: Port,
  service: Schema.String.check(Schema.isMaxLength(256))
    .annotate({ description: "The service to ask for; empty: the server as a whole" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
  encryption: Schema.Literals(["tls", "none"])
    .annotate({ description: "none: HTTP/2 in clear text" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("tls" as const))),
  metadata: HttpHeaders.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  tls: Schema.optionalKey(TlsSettings.annotate({ description: tlsDescription })),
  ipFamily: IpFamily
}).annotate({ identifier: "GrpcSpec" })
export type GrpcSpec = typeof GrpcSpec.Type

/** The `grpc` check type: up when the service answers SERVING. `detail` has `servingStatus` and `grpcStatus`. */
export const GrpcCheck = CheckType.make({
  kind: "grpc",
  version: 1,
  title: "gRPC health",
  description: "A call of gRPC's health protocol.",
  spec: GrpcSpec,
  example: { host: "orders.example.com", port: 443, service: "shop.v1.Orders" },
  target: ({ encryption, host, port, service }) =>
    `${encryption === "tls" ? "grpcs" : "grpc"}://${toUrlHost(host)}:${port}${service === "" ? "" : `/${service}`}`,
  origin: ({ encryption, host, port, tls }) => JSON.stringify([host, port, encryption, trustOf(tls)]),
  sources: ["header", "certificateDaysLeft", "tlsVersion", "address"]
})
