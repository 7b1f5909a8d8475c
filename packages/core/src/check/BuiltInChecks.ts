/**
 * The check types that come with OpenSeer.
 */
import type * as CheckType from "./CheckType.ts"
import { DnsCheck } from "./DnsCheck.ts"
import { GrpcCheck } from "./GrpcCheck.ts"
import { HeartbeatCheck } from "./HeartbeatCheck.ts"
import { HttpCheck } from "./HttpCheck.ts"
import { IcmpCheck } from "./IcmpCheck.ts"
import { TcpCheck } from "./TcpCheck.ts"
import { TlsCheck } from "./TlsCheck.ts"
import { WebSocketCheck } from "./WebSocketCheck.ts"

/** All built-in check types, in the order in which people are told of them. */
export const builtInChecks: ReadonlyArray<CheckType.Any> = [
  HttpCheck,
  TcpCheck,
  TlsCheck,
  DnsCheck,
  IcmpCheck,
  WebSocketCheck,
  GrpcCheck,
  HeartbeatCheck
]
