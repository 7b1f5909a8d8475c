/**
 * The built-in `icmp` check type: echo requests, as `ping` sends them.
 */
import { Effect, Schema } from "effect"
import * as CheckType from "./CheckType.ts"
import { Host, IpFamily } from "./Host.ts"

/** Whom an `icmp` check asks for an echo, and how often. The time reported is the mean of the replies. */
export const IcmpSpec = Schema.Struct({
  host: Host,
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
    .annotate({ description: "How many echo requests are sent" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
  ipFamily: IpFamily
}).annotate({ identifier: "IcmpSpec" })
export type IcmpSpec = typeof IcmpSpec.Type

/** The `icmp` check type: up when a reply came. `detail` has `sent`, `received` and `lossRatio`. */
export const IcmpCheck = CheckType.make({
  kind: "icmp",
  version: 1,
  title: "Ping (ICMP)",
  description: "Echo requests: is the host there, and how far away is it.",
  spec: IcmpSpec,
  example: { host: "gateway.example.com", count: 3 },
  target: ({ host }) => `ping ${host}`,
  sources: ["address"]
})
