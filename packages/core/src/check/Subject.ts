/**
 * What assertions look at: one observation with its content, each part read when it is first asked for, and once.
 */
import { DateTime, type Schema } from "effect"
import type { AssertionSource } from "./AssertionSource.ts"
import type * as JsonPath from "./JsonPath.ts"
import * as JsonText from "./JsonText.ts"
import type { Observed, PhaseName } from "./Observation.ts"
import { Work } from "./Work.ts"

/** The value of a source, nothing, or why it can't be read. */
export type Reading = { readonly value: Schema.Json } | { readonly problem: string } | undefined

/** How a source is read, given its property and, for `json` and `detail`, the compiled one. */
export interface Reader {
  readonly source: AssertionSource
  readonly property: string | undefined
  readonly path: JsonPath.CompiledPath | undefined
}

const dayMs = 86_400_000

/** An observation as assertions see it. `now` is in milliseconds since the epoch. */
export class Subject {
  readonly work = new Work()
  readonly #observed: Observed
  readonly #now: number
  #json: JsonText.JsonReading | undefined

  constructor(observed: Observed, now: number) {
    this.#observed = observed
    this.#now = now
  }

  /** Reads a source. Throws `TooExpensive`. */
  read({ path, property, source }: Reader): Reading {
    const observed = this.#observed
    switch (source) {
      case "status":
        return of(observed.statusCode)
      case "header":
        return of(this.#header((property ?? "").toLowerCase()))
      case "body":
        return of(observed.content?.body)
      case "json":
        return this.#readJson(path)
      case "responseTimeMs":
        return of(observed.totalUs / 1_000)
      case "phaseMs":
        return of(observed.phases[`${property as PhaseName}Us`] / 1_000)
      case "sizeBytes":
        return of(observed.sizeBytes)
      case "certificateDaysLeft": {
        const certificate = observed.tls?.chain[0]
        if (certificate === undefined) return undefined
        return of(Math.floor((DateTime.toEpochMillis(certificate.validTo) - this.#now) / dayMs))
      }
      case "redirectTarget":
        return of(observed.redirectTarget)
      case "protocol":
        return of(observed.protocol)
      case "tlsVersion":
        return of(observed.tls?.version)
      case "address":
        return of(observed.address)
      case "dnsAnswers":
        return of(
          observed.dns?.answers.flatMap(({ data, type }) => (property === undefined || property === type ? [data] : []))
        )
      case "dnsRcode":
        return of(observed.dns?.rcode)
      case "banner":
        return of(observed.content?.banner)
      case "detail":
        return observed.detail === undefined ? undefined : this.#find(path, observed.detail)
    }
  }

  #header(name: string): string | undefined {
    const headers = this.#observed.content?.headers ?? this.#observed.headers
    return headers !== undefined && Object.hasOwn(headers, name) ? headers[name] : undefined
  }

  #readJson(path: JsonPath.CompiledPath | undefined): Reading {
    const body = this.#observed.content?.body
    if (body === undefined) return { problem: "there is no body" }
    this.#json ??= JsonText.read(body)
    return "problem" in this.#json
      ? { problem: `the body can't be read: ${this.#json.problem}` }
      : this.#find(path, this.#json.value)
  }

  #find(path: JsonPath.CompiledPath | undefined, root: Schema.Json): Reading {
    if (path === undefined) return undefined
    const found = path.find(root, this.work)
    return path.isSingular ? of(found[0]) : { value: found as ReadonlyArray<Schema.Json> }
  }
}

const of = (value: Schema.Json | undefined): Reading => (value === undefined ? undefined : { value })
