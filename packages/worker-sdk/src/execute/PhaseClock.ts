/**
 * Where the time of a run goes, in whole microseconds: every instant since the start belongs to exactly one phase.
 */
import type { Observation } from "@openseer/core"

const keys = { dns: "dnsUs", connect: "connectUs", tls: "tlsUs", ttfb: "ttfbUs", download: "downloadUs" } as const

/** The times of a run, or of a part of it. */
export type Times = Pick<Observation.Observation, "totalUs" | "phases">

/** A stopwatch with one hand and five dials. Starts when it is made. */
export class PhaseClock {
  /** The phase that is going on. */
  current: Observation.PhaseName = "dns"
  readonly #startedMs = performance.now()
  readonly #phases = { dnsUs: 0, connectUs: 0, tlsUs: 0, ttfbUs: 0, downloadUs: 0 }
  #totalUs = 0
  #isFrozen = false

  /** Ends the phase that is going on, which gets all time since the last end, and begins the next one. */
  end(next: Observation.PhaseName): void {
    this.stop()
    this.current = next
  }

  /** Gives all time since the last end to the phase that is going on. */
  stop(): void {
    if (this.#isFrozen) return
    const totalUs = Math.round((performance.now() - this.#startedMs) * 1_000)
    this.#phases[keys[this.current]] += totalUs - this.#totalUs
    this.#totalUs = totalUs
  }

  /** Stays at the last end or stop: what still comes is nobody's time. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** Up to the last end or stop. Phases that came several times, over redirects, are summed. */
  get times(): Times {
    return { totalUs: this.#totalUs, phases: { ...this.#phases } }
  }

  /** The times since an earlier reading of {@link times}. */
  since(earlier: Times): Times {
    const { phases, totalUs } = this.times
    return {
      totalUs: totalUs - earlier.totalUs,
      phases: {
        dnsUs: phases.dnsUs - earlier.phases.dnsUs,
        connectUs: phases.connectUs - earlier.phases.connectUs,
        tlsUs: phases.tlsUs - earlier.phases.tlsUs,
        ttfbUs: phases.ttfbUs - earlier.phases.ttfbUs,
        downloadUs: phases.downloadUs - earlier.phases.downloadUs
      }
    }
  }
}
