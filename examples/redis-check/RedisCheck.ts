/**
 * The check type `redis`: what a monitor says of a Redis. Control plane, worker and forms share this one file.
 */
import { CheckType, Host, Secret } from "@openseer/core"
import { Effect, Schema } from "effect"

export const RedisCheck = CheckType.make({
  kind: "redis",
  version: 1,
  title: "Redis",
  description: "Signs in, sends a PING, and looks at how many clients there are.",
  spec: Schema.Struct({
    host: Host.Host,
    port: Host.Port.pipe(Schema.withDecodingDefaultKey(Effect.succeed(6379))),
    password: Schema.optionalKey(Secret.Secret)
  }),
  example: { host: "redis.example.com", password: { secret: "hunter2" } },
  target: ({ host, port }) => `redis://${host}:${port}`
})
