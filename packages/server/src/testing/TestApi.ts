/**
 * The REST API on a fresh database, called as fetch would call it, with keys of two organizations.
 */
import type { Auth, CheckType } from "@openseer/core"
import { Context, Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { ApiKeys } from "../accounts/ApiKeys.ts"
import { AuditLog } from "../accounts/AuditLog.ts"
import { EnrollmentTokens } from "../accounts/EnrollmentTokens.ts"
import { Invitations } from "../accounts/Invitations.ts"
import { Members } from "../accounts/Members.ts"
import { Organizations } from "../accounts/Organizations.ts"
import * as People from "../accounts/People.ts"
import { Principals } from "../accounts/Principal.ts"
import { Workers } from "../accounts/Workers.ts"
import { CheckTypes } from "../CheckTypes.ts"
import type { Database } from "../db/Database.ts"
import * as ApiHttp from "../http/ApiHttp.ts"
import { notePeer } from "../http/ClientAddress.ts"
import { routerConfig, untraced } from "../http/Guards.ts"
import { Heartbeats } from "../ingest/Heartbeats.ts"
import { EventFeed } from "../query/EventFeed.ts"
import { MonitorQueries } from "../query/MonitorQueries.ts"
import { Monitors } from "../schedule/Monitors.ts"
import { OneOffJobs } from "../schedule/OneOffJobs.ts"
import { PingTokens } from "../schedule/PingTokens.ts"
import type { SecretBox } from "../secrets/SecretBox.ts"
import { TestInstance } from "./TestInstance.ts"

/** An answer of the API. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON of the body, undefined when there is none. */
  // Tests look into answers of any shape.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

/** An event stream that has begun. */
export interface OpenStream {
  /** Waits until the server ends it. */
  readonly ended: Effect.Effect<void>
  readonly close: Effect.Effect<void>
}

/**
 * What a call differs in from a GET without a credential. `json` is sent as JSON, `body` as it is. Of an endless answer
 * (`endless`) only the head is taken.
 */
export interface Call {
  readonly key?: string
  readonly json?: unknown
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
  /** Of the peer of the connection. */
  readonly address?: string
  readonly endless?: boolean
}

const servicesWith = (checkTypes: ReadonlyArray<CheckType.Any>) =>
  Layer.mergeAll(
    Principals.layer.pipe(Layer.provideMerge(Layer.merge(ApiKeys.layer, People.layer))),
    EnrollmentTokens.layer,
    Organizations.layer,
    Members.layer,
    Invitations.layer,
    AuditLog.layer,
    Workers.layer({}),
    Layer.mergeAll(Monitors.layer, MonitorQueries.layer, OneOffJobs.layer).pipe(
      Layer.provideMerge(CheckTypes.layer(checkTypes))
    ),
    PingTokens.layer,
    Heartbeats.layer,
    EventFeed.layer
  )

/** The API under test. */
export class TestApi extends Context.Service<
  TestApi,
  {
    readonly call: (method: string, path: string, call?: Call) => Effect.Effect<Answer>
    /** Opens an event stream and waits for its first event; none when it is refused or ends before. */
    readonly open: (path: string, call?: Call) => Effect.Effect<Option.Option<OpenStream>>
    /** A new key of an organization. */
    readonly newKey: (organizationKey: number, ...scopes: ReadonlyArray<Auth.Scope>) => Effect.Effect<string>
    /** Another organization than that of `TestInstance`. */
    readonly otherKey: number
  }
>()("@openseer/server/TestApi") {
  static readonly #bare = (requestsPerMinute: number) =>
    Layer.effect(
      TestApi,
      Effect.gen(function* () {
        const { rows } = yield* TestInstance
        const apiKeys = yield* ApiKeys
        const services = yield* Effect.context<
          | ApiKeys
          | Principals
          | People.Services
          | EnrollmentTokens
          | Organizations
          | Members
          | Invitations
          | AuditLog
          | Workers
          | Monitors
          | MonitorQueries
          | CheckTypes
          | OneOffJobs
          | PingTokens
          | Heartbeats
          | EventFeed
          | Database
          | SecretBox
        >()
        const web = yield* Effect.acquireRelease(
          Effect.sync(() =>
            HttpRouter.toWebHandler(
              ApiHttp.layer({ metricsPublic: false, requestsPerMinute }).pipe(
                Layer.provide(Layer.succeedContext(services)),
                Layer.provide(untraced),
                Layer.provide(HttpServer.layerServices)
              ),
              { disableLogger: true, routerConfig }
            )
          ),
          ({ dispose }) => Effect.promise(() => dispose())
        )
        const ask = (method: string, path: string, { address, body, headers, json, key }: Call) => {
          const sent = json === undefined ? body : JSON.stringify(json)
          const request = new Request(new URL(path, "http://localhost"), {
            method,
            headers: {
              ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
              ...(json === undefined ? {} : { "content-type": "application/json" }),
              ...headers
            },
            ...(sent === undefined ? {} : { body: sent, duplex: "half" })
          })
          notePeer(request, address)
          return web.handler(request)
        }
        const open = (path: string, call: Call = {}) =>
          Effect.promise(async (): Promise<Option.Option<OpenStream>> => {
            const response = await ask("GET", path, call)
            const reader = response.body!.getReader()
            const first = await reader.read()
            if (response.status !== 200 || first.done) return Option.none()
            return Option.some({
              ended: Effect.promise(async () => {
                while (!(await reader.read()).done);
              }),
              close: Effect.promise(() => reader.cancel())
            })
          })
        const call = (method: string, path: string, details: Call = {}) =>
          Effect.promise(async (): Promise<Answer> => {
            const { endless } = details
            const response = await ask(method, path, details)
            if (endless === true) await response.body?.cancel()
            const text = endless === true ? "" : await response.text()
            const isJson = text !== "" && /json/.test(response.headers.get("content-type") ?? "")
            return {
              status: response.status,
              headers: response.headers,
              text,
              json: isJson ? JSON.parse(text) : undefined
            }
          })
        const [other] = yield* rows<{ key: number }>(
          "insert into auth.organizations (organization_id, name) values ('org_other', 'Other') returning organization_key as key"
        )
        return TestApi.of({
          call,
          open,
          newKey: (organizationKey, ...scopes) =>
            apiKeys.create(organizationKey, { name: "test", scopes }).pipe(
              Effect.map(({ token }) => token),
              Effect.orDie
            ),
          otherKey: other?.key ?? Number.NaN
        })
      })
    )

  /** Fresh for every layer, with the services behind it. */
  static readonly layer = TestApi.layerWith([])

  /** The same with check types of one's own, and where what is tested is how often a credential may come. */
  static layerWith(checkTypes: ReadonlyArray<CheckType.Any>, requestsPerMinute = Number.POSITIVE_INFINITY) {
    return TestApi.#bare(requestsPerMinute).pipe(
      Layer.provideMerge(servicesWith(checkTypes)),
      Layer.provideMerge(TestInstance.layer)
    )
  }
}
