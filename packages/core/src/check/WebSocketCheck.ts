/**
 * The built-in `websocket` check type: an upgrade, and a short dialogue of messages.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { MessageDialogue } from "./Dialogue.ts"
import { IpFamily } from "./Host.ts"
import { UrlOf } from "./HttpCheck.ts"
import { HttpAuth, HttpHeaders } from "./HttpHeaders.ts"
import { tlsDescription, TlsSettings, trustOf } from "./TlsSettings.ts"

/** What a `websocket` check opens. */
export const WebSocketSpec = Schema.Struct({
  url: UrlOf("ws", "wss").annotate({
    identifier: "WebSocketUrl",
    description: "An absolute ws or wss URL without user name, password and fragment"
  }),
  headers: HttpHeaders.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  auth: Schema.optionalKey(HttpAuth),
  subprotocols: Schema.Array(
    Schema.String.check(
      Schema.isPattern(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, { message: "is not a subprotocol name" })
    )
  )
    .check(Schema.isMaxLength(8), Schema.isUnique())
    .annotate({ description: "Subprotocols that are offered, the preferred one first" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  tls: Schema.optionalKey(TlsSettings.annotate({ description: tlsDescription })),
  dialogue: MessageDialogue.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  ipFamily: IpFamily
}).annotate({ identifier: "WebSocketSpec" })
export type WebSocketSpec = typeof WebSocketSpec.Type

/** The `websocket` check type: up when the upgrade succeeds and the dialogue went as written. */
export const WebSocketCheck = CheckType.make({
  kind: "websocket",
  version: 1,
  title: "WebSocket",
  description: "An upgrade to WebSocket, and messages sent and expected.",
  spec: WebSocketSpec,
  example: { url: "wss://stream.example.com/v1", dialogue: [{ send: "ping" }, { expect: "^pong" }] },
  target: ({ url }) => url,
  origin: ({ tls, url }) => JSON.stringify([new URL(url).origin, trustOf(tls)]),
  sources: ["status", "header", "body", "json", "sizeBytes", "protocol", "certificateDaysLeft", "tlsVersion", "address"]
})
