export type {
  AccountsApi,
  Assertion,
  CheckTypesApi,
  EventsApi,
  Monitor,
  MonitorsApi,
  Observation,
  Problem,
  ResultsApi
} from "@openseer/core"
export { type CallOptions, type Client, type ClientOptions, createClient } from "./Client.ts"
export type { EventsOptions, LiveEvent } from "./EventStream.ts"
export type { Failure } from "./Failure.ts"
export { OpenSeerError, type OpenSeerErrorKind } from "./OpenSeerError.ts"
export { type Page, paginate } from "./Pages.ts"
