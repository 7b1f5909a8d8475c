import { assert, describe, it } from "@effect/vitest"
import { rule } from "./Boundaries.ts"
import { make } from "./Project.ts"

const found = (path: string, text: string) => rule(make({ [path]: text })).map(({ message }) => message)

const forbidden: ReadonlyArray<readonly [path: string, text: string]> = [
  ["packages/core/src/Grid.ts", `import { readFileSync } from "node:fs"`],
  ["packages/core/src/Grid.ts", `import { readFileSync } from "fs"`],
  ["packages/core/src/Grid.ts", `import type { Server } from "node:http"`],
  ["packages/core/src/Grid.ts", `import pg from "effective"`],
  ["packages/client/src/Client.ts", `export { OpenSeer } from "@openseer/server"`],
  ["packages/client/src/Client.ts", `import { setTimeout } from "node:timers/promises"`],
  ["packages/server/src/OpenSeer.ts", `import { Worker } from "@openseer/worker-sdk"`],
  ["packages/server/src/lease/Leases.test.ts", `import { Hostile } from "@openseer/worker-sdk/testing"`],
  ["packages/worker-sdk/src/Worker.ts", `import type { OpenSeer } from "@openseer/server"`],
  ["apps/dashboard/src/app.tsx", `const { OpenSeer } = await import("@openseer/server")`],
  ["packages/server/src/lease/Leases.ts", `import { PgClient } from "@effect/sql-pg"`],
  ["packages/server/src/lease/Leases.ts", `import * as PgClient from "@effect/sql-pg/PgClient"`],
  ["packages/server/src/query/Results.ts", `import { HttpRouter } from "effect/http"`],
  ["packages/server/src/query/Results.ts", `import * as HttpApi from "effect/http-api/HttpApi"`],
  ["packages/server/src/lease/Leases.ts", `import { Ingest } from "../ingest/Ingest.ts"`],
  ["packages/server/src/query/Results.ts", `export * from "../aggregate/Rollups.ts"`],
  ["packages/worker-sdk/src/execute/Tcp.ts", `import { connect } from "node:net"`],
  ["packages/worker-sdk/src/execute/Grpc.ts", `import * as http2 from "node:http2"`],
  ["packages/worker-sdk/src/execute/WebSocket.ts", `import { WebSocket } from "ws"`],
  ["packages/worker-sdk/src/execute/Ping.ts", `import { spawn } from "node:child_process"`],
  ["packages/worker-sdk/src/executor/Http.ts", `import { request } from "https"`],
  ["packages/server/src/aggregate/Webhooks.ts", `import { request } from "node:http"`],
  ["packages/server/src/http/Http.ts", `import { connect } from "node:tls"`],
  ["packages/server/src/OpenSeer.ts", `import { Grid } from "../../core/src/index.ts"`]
]

const allowed: ReadonlyArray<readonly [path: string, text: string]> = [
  ["packages/core/src/Grid.ts", `import { Schema } from "effect"\nimport * as Http from "./Http.ts"`],
  ["packages/core/src/contract/Api.ts", `import { HttpApi } from "effect/http-api"`],
  ["packages/core/src/Grid.test.ts", `import { readFileSync } from "node:fs"`],
  ["packages/client/src/Client.ts", `import { HttpClient } from "effect/http"\nimport { Api } from "@openseer/core"`],
  ["packages/server/src/db/Pool.ts", `import { PgClient } from "@effect/sql-pg"`],
  ["packages/server/src/http/Http.ts", `import { createServer } from "node:http"`],
  ["packages/server/src/http/Http.ts", `import { Leases } from "../lease/Leases.ts"`],
  ["packages/server/src/lease/Leases.ts", `import { LeaseError } from "./LeaseError.ts"`],
  ["packages/server/src/ingest/Ingest.test.ts", `import { Leases } from "../lease/Leases.ts"`],
  ["packages/server/src/embedded/Postgres.ts", `import { connect } from "node:net"`],
  ["packages/worker-sdk/src/egress/Dial.ts", `import { connect } from "node:net"`],
  ["packages/worker-sdk/src/executor/Http.ts", `import type { Socket } from "node:net"`],
  ["packages/worker-sdk/src/testing/Hostile.ts", `import { createServer } from "node:net"`],
  ["test/EndToEnd.ts", `import { OpenSeer } from "@openseer/server"\nimport { Worker } from "@openseer/worker-sdk"`]
]

describe("Boundaries", () => {
  it.each(forbidden)("forbids, in %s: %s", (path, text) => {
    assert.isAbove(found(path, text).length, 0)
  })

  it.each(allowed)("allows, in %s: %s", (path, text) => {
    assert.deepStrictEqual(found(path, text), [])
  })

  it("says where, what and why", () => {
    assert.deepStrictEqual(rule(make({ "packages/core/src/Grid.ts": `\nimport { readFileSync } from "fs"` })), [
      {
        path: "packages/core/src/Grid.ts",
        line: 2,
        message: "imports node:fs: core is pure and runs in a browser: effect and small pure libraries only"
      }
    ])
  })
})
