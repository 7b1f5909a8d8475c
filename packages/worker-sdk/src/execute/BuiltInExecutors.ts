/**
 * The executors that come with OpenSeer: one for each check type that workers execute.
 */
import type { Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import type * as Executor from "./Executor.ts"
import { dnsExecutor } from "./DnsExecutor.ts"
import { grpcExecutor } from "./GrpcExecutor.ts"
import { httpExecutor } from "./HttpExecutor.ts"
import { icmpExecutor } from "./IcmpExecutor.ts"
import { tcpExecutor } from "./TcpExecutor.ts"
import { tlsExecutor } from "./TlsExecutor.ts"
import { webSocketExecutor } from "./WebSocketExecutor.ts"

/** All of them. */
export const builtInExecutors: ReadonlyArray<Executor.Any<Dial | Resolver>> = [
  httpExecutor,
  tcpExecutor,
  tlsExecutor,
  dnsExecutor,
  icmpExecutor,
  webSocketExecutor,
  grpcExecutor
]
