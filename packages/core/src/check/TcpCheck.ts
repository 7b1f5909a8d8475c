/**
 * The built-in `tcp` check type: connect, shake hands if asked to, and hold a short dialogue.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { StreamDialogue } from "./Dialogue.ts"
import { Host, IpFamily, Port, toUrlHost } from "./Host.ts"
import { tlsDescription, TlsSettings, trustOf } from "./TlsSettings.ts"

/** What a `tcp` check connects to. `encryption` `tls` shakes hands first; a dialogue may do so later by `startTls`. */
export const TcpSpec = Schema.Struct({
  host: Host,
  port: Port,
  encryption: Schema.Literals(["none", "tls"])
    .annotate({ description: "tls: shake hands first; a dialogue may do so later" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  tls: Schema.optionalKey(TlsSettings.annotate({ description: tlsDescription })),
  dialogue: StreamDialogue.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  ipFamily: IpFamily
}).annotate({ identifier: "TcpSpec" })
export type TcpSpec = typeof TcpSpec.Type

/** The `tcp` check type: up when the connection is there and the dialogue went as written. */
export const TcpCheck = CheckType.make({
  kind: "tcp",
  version: 1,
  title: "TCP",
  description: "A connection to a port, with TLS or STARTTLS, and texts sent and expected.",
  spec: TcpSpec,
  example: {
    host: "mail.example.com",
    port: 25,
    dialogue: [
      { expect: "^220 " },
      { send: "EHLO monitor\r\n" },
      { expect: "250-STARTTLS" },
      { send: "STARTTLS\r\n" },
      { expect: "^220 " },
      { startTls: true },
      { send: "QUIT\r\n" }
    ]
  },
  target: ({ host, port }) => `tcp://${toUrlHost(host)}:${port}`,
  origin: ({ dialogue, encryption, host, port, tls }) =>
    JSON.stringify([host, port, encryption, dialogue.findIndex((step) => "startTls" in step), trustOf(tls)]),
  sources: ["banner", "sizeBytes", "certificateDaysLeft", "tlsVersion", "address"]
})
