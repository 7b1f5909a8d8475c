/**
 * One run of an `http` check, from before DNS to the last byte: hop after hop, and one observation or failure in the end.
 *
 * One deadline stands over all hops and phases; a spec may set further ones for single phases.
 */
import { CheckFailure, Observation } from "@openseer/core"
import type { Dial } from "../egress/Dial.ts"
import type { Resolver } from "../egress/Resolver.ts"
import { Deadline } from "./Deadline.ts"
import { HttpContent } from "./HttpContent.ts"
import type { ResponseHead } from "./HttpExchange.ts"
import { type HopFault, type HopRun, HttpHop } from "./HttpHop.ts"
import type { HttpPlan } from "./HttpPlan.ts"
import { PhaseClock, type Times } from "./PhaseClock.ts"
import * as Redirect from "./Redirect.ts"
import * as SelectedHeaders from "./SelectedHeaders.ts"
import * as SocketFault from "./SocketFault.ts"

/** What a run needs. `onEnd` is called once, unless the run is aborted. */
export interface HttpRunOptions {
  readonly plan: HttpPlan
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  readonly timeoutMs: number
  readonly mark: () => void
  /** Takes secrets out of what is cut. */
  readonly redact: (text: string) => string
  readonly needsText: boolean
  readonly needsDecoded: boolean
  readonly onEnd: (result: Observation.Observed | CheckFailure.CheckFailure) => void
}

type Mutable<A> = { -readonly [Key in keyof A]: A[Key] }

const noTimes: Times = { totalUs: 0, phases: Observation.noPhases }

/** One run. Begins when it is made, and may end before the constructor returns. */
export class HttpRun implements HopRun {
  readonly plan: HttpPlan
  readonly dial: Dial["Service"]
  readonly resolver: Resolver["Service"]
  readonly mark: () => void
  readonly redact: (text: string) => string
  readonly needsText: boolean
  readonly needsDecoded: boolean
  readonly clock = new PhaseClock()
  readonly #timeoutMs: number
  readonly #onEnd: HttpRunOptions["onEnd"]
  readonly #deadline: Deadline
  #phaseDeadline: Deadline | undefined
  #hop: HttpHop
  /** The hops before this one. Made when there are any. */
  #hops: Array<Observation.Hop> | undefined
  #hopBegan = noTimes
  #redirectTarget: string | undefined
  #isOver = false

  constructor(options: HttpRunOptions) {
    this.plan = options.plan
    this.dial = options.dial
    this.resolver = options.resolver
    this.mark = options.mark
    this.redact = options.redact
    this.needsText = options.needsText
    this.needsDecoded = options.needsDecoded
    this.#timeoutMs = options.timeoutMs
    this.#onEnd = options.onEnd
    this.#deadline = new Deadline(options.timeoutMs, this.#onDeadline)
    this.#hop = new HttpHop(options.plan.first, this)
    this.#hop.begin()
  }

  /** Stops at once and leaves nothing open. */
  readonly abort = (): void => {
    this.#isOver = true
    this.#deadline.clear()
    this.#phaseDeadline?.clear()
    this.#hop.close()
  }

  readonly onPhase = (): void => {
    const { phaseTimeoutsMs } = this.plan
    if (phaseTimeoutsMs === undefined) return
    this.#phaseDeadline?.clear()
    const phase = this.clock.current
    const limitMs = phaseTimeoutsMs[phase]
    if (limitMs === undefined) return
    this.#phaseDeadline = new Deadline(limitMs, () =>
      this.#hop.expire(SocketFault.ofTimeout(phase, `${limitMs} ms, the limit for this phase`))
    )
  }

  readonly #onDeadline = (): void =>
    this.#hop.expire(SocketFault.ofTimeout(this.clock.current, `${this.#timeoutMs} ms, the timeout of the check`))

  readonly onHead = (hop: HttpHop, { rawHeaders, status }: ResponseHead): boolean => {
    if (!Redirect.isRedirect(status)) return false
    const location = locationIn(rawHeaders)
    if (location === undefined) return false
    const { request } = hop.plan
    this.#redirectTarget = this.#cutUrl(Redirect.targetOf(request.url, location)?.href ?? location)
    const { redirectsMax } = this.plan
    if (redirectsMax === 0) return false
    if ((this.#hops?.length ?? 0) === redirectsMax) {
      hop.onFault({ reason: "too_many_redirects", message: `there were more than ${redirectsMax} redirects` })
      return true
    }
    const next = Redirect.follow(request, status, location, this.redact)
    if (typeof next === "string") {
      hop.onFault({ reason: "redirect_invalid", message: `the redirect cannot be followed: ${next}` })
      return true
    }
    this.mark()
    this.clock.stop()
    hop.close()
    ;(this.#hops ??= []).push(this.#hopOf(hop))
    this.#hopBegan = this.clock.times
    this.#hop = new HttpHop(this.plan.hop(next), this)
    this.#hop.begin()
    return true
  }

  readonly onDone = (hop: HttpHop): void => {
    const observed: Mutable<Observation.Observed> = this.#observation(hop)
    const { body, contentType, head } = hop
    observed.content = new HttpContent({
      rawHeaders: head!.rawHeaders,
      contentType,
      pieces: body!.pieces,
      isWhole: body!.isWhole
    })
    this.#finish(observed)
  }

  readonly onFault = (hop: HttpHop, fault: HopFault): void =>
    this.#finish(
      fault instanceof CheckFailure.CheckError
        ? fault
        : new CheckFailure.TargetFailed({ ...fault, observation: this.#observation(hop) })
    )

  #finish(result: Observation.Observed | CheckFailure.CheckFailure): void {
    if (this.#isOver) return
    this.abort()
    this.#onEnd(result)
  }

  #observation(hop: HttpHop): Observation.Observation {
    const { address, body, head, tls } = hop
    const { phases, totalUs } = this.clock.times
    const observation: Mutable<Observation.Observation> = { totalUs, phases, redirects: this.#hops?.length ?? 0 }
    if (address !== undefined) {
      observation.address = address
      observation.family = address.includes(":") ? "ipv6" : "ipv4"
    }
    if (tls !== undefined) observation.tls = tls
    if (head !== undefined) {
      observation.statusCode = head.status
      observation.protocol = head.protocol
      observation.headers = SelectedHeaders.of(head.rawHeaders, this.redact)
    }
    if (body !== undefined) {
      observation.sizeBytes = body.sizeBytes
      observation.wireBytes = body.wireBytes
      if (body.isTruncated) observation.truncated = true
    }
    if (this.#redirectTarget !== undefined) observation.redirectTarget = this.#redirectTarget
    if (this.#hops !== undefined) observation.hops = [...this.#hops, this.#hopOf(hop)]
    return observation
  }

  #cutUrl(url: string): string {
    const { urlLengthMax } = Observation
    return url.length <= urlLengthMax ? url : this.redact(url).slice(0, urlLengthMax).toWellFormed()
  }

  #hopOf({ address, head, plan }: HttpHop): Observation.Hop {
    return {
      url: this.#cutUrl(plan.request.url.href),
      ...(address === undefined ? {} : { address }),
      ...(head === undefined ? {} : { statusCode: head.status }),
      ...this.clock.since(this.#hopBegan)
    }
  }
}

const locationIn = (rawHeaders: ReadonlyArray<string>): string | undefined => {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === "location") return rawHeaders[i + 1]
  }
  return undefined
}
