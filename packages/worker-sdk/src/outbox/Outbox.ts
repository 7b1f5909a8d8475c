/**
 * Finished results until they have a verdict.
 *
 * A result leaves on `stored`, `duplicate`, `fenced` and `refused`, and on nothing else: it is submitted again, with the
 * same content, for as long as the control plane is away (the control plane knows repetitions). At any moment a lease has
 * at most one submission on its way, and its final one holds all results that are left, so that a completed tick never
 * overtakes its results.
 *
 * Senders: the first sends what completes a tick at once, the rest at 64 results or after 250 ms. While it waits for a
 * verdict the second sends whole batches only; so calls are few when little is to say and large when there is much.
 */
import { WorkerRpc } from "@openseer/core"
import { Context, Effect, Latch } from "effect"
import * as Backoff from "../Backoff.ts"
import { ControlPlane, ControlPlaneUnavailable } from "../ControlPlane.ts"
import { keyOf, type Lease } from "../lease/Lease.ts"
import * as WorkerMetrics from "../WorkerMetrics.ts"
import type { WorkerStopped } from "../WorkerStopped.ts"
import { WorkerToken } from "../WorkerToken.ts"
import { callBytesMax, fit, heldBytesMax, resultBytesLean, resultBytesMax, type SizedResult } from "./ResultSize.ts"

/** Results that are worth a call of their own. */
export const flushResultsMin = 64

/** The longest that a result waits for company, in milliseconds. */
export const flushMs = 250

/** The most results that are kept by default: at about 1 KB each, 20 MB; with much evidence, 75 MB. */
export const outboxResultsMax = 20_000

/** Results of one lease, in the order in which they finished. */
interface Entry {
  readonly lease: Lease
  readonly results: Array<SizedResult>
  /** When the oldest of them came in, by the monotonic clock in milliseconds. */
  oldestAt: number
  isFinal: boolean
  isSending: boolean
}

interface Part {
  readonly entry: Entry
  readonly submission: WorkerRpc.Submission
}

/** The results of this worker that have no verdict. */
export class Outbox extends Context.Service<
  Outbox,
  {
    /** How many results have no verdict. */
    readonly depth: () => number
    /** How many ticks or results wait for a verdict; 0 when everything has one. */
    readonly isEmpty: () => boolean
    /** Whether results of a lease wait for a verdict. */
    readonly holds: (lease: Lease) => boolean
    /** Takes an encoded `RunResult` in. */
    readonly add: (lease: Lease, result: unknown) => void
    /** Notes that all runs of a lease came to an end: its next submission is the final one. */
    readonly complete: (lease: Lease) => void
    /** Waits until everything that is in the outbox now, and whatever comes meanwhile, has a verdict. */
    readonly drained: Effect.Effect<void>
    /** Submits until interrupted. */
    readonly run: Effect.Effect<never, WorkerStopped>
  }
>()("@openseer/worker-sdk/Outbox") {
  /** `onFinal` is told when a tick was completed. */
  static readonly make = Effect.fnUntraced(function* (options: { readonly onFinal: (lease: Lease) => void }) {
    const controlPlane = yield* ControlPlane
    const token = yield* WorkerToken
    const context = yield* Effect.context<never>()
    const entries = new Map<string, Entry>()
    const wakes = [Latch.makeUnsafe(), Latch.makeUnsafe()] as const
    const empty = Latch.makeUnsafe(true)
    let depth = 0
    let heldBytes = 0
    // Results and finals that no sender took yet.
    let readyResults = 0
    let readyFinals = 0
    let readySince = 0
    let isFlushing = false

    const wake = () => {
      wakes[0].openUnsafe()
      if (readyResults >= flushResultsMin) wakes[1].openUnsafe()
    }

    const entryOf = (lease: Lease): Entry => {
      const key = keyOf(lease.ref)
      let entry = entries.get(key)
      if (entry === undefined) {
        entry = { lease, results: [], oldestAt: 0, isFinal: false, isSending: false }
        entries.set(key, entry)
        empty.closeUnsafe()
      }
      return entry
    }

    const count = (entry: Entry, sign: 1 | -1) => {
      if (readyResults === 0) readySince = performance.now()
      readyResults += sign * entry.results.length
      readyFinals += entry.isFinal ? sign : 0
    }

    /** The next batch, its entries marked as being on their way. */
    const take = (resultsMax: number): ReadonlyArray<Part> => {
      const parts: Array<Part> = []
      let room = resultsMax
      let bytesRoom = callBytesMax
      for (const entry of entries.values()) {
        if (room <= 0 || bytesRoom <= 0) break
        if (entry.isSending || (entry.results.length === 0 && !entry.isFinal)) continue
        const results: Array<unknown> = []
        for (const { bytes, result } of entry.results) {
          if (results.length === room || bytes > bytesRoom) break
          bytesRoom -= bytes
          results.push(result)
        }
        // Not even its first fits: it is the next batch's.
        if (results.length === 0 && entry.results.length > 0) break
        const final = entry.isFinal && results.length === entry.results.length
        // A final one without results is work too: the control plane makes gaps of its runs.
        room -= Math.max(1, results.length)
        count(entry, -1)
        entry.isSending = true
        const { lease } = entry
        const heldUs = results.length === 0 ? 0 : Math.round((performance.now() - entry.oldestAt) * 1_000)
        parts.push({ entry, submission: { ...lease.ref, tickAt: lease.tickAt, final, heldUs, results } })
      }
      return parts
    }

    /** The last ones of the next batches, so that a result that the control plane can't take holds up no others. */
    const putLast = (parts: ReadonlyArray<Part>) => {
      for (const { entry } of parts) {
        entries.delete(keyOf(entry.lease.ref))
        entries.set(keyOf(entry.lease.ref), entry)
      }
      giveBack(parts)
    }

    const giveBack = (parts: ReadonlyArray<Part>) => {
      for (const { entry } of parts) {
        entry.isSending = false
        count(entry, 1)
      }
      if (readyResults > 0 || readyFinals > 0) wake()
    }

    const settle = (parts: ReadonlyArray<Part>, answers: ReadonlyArray<WorkerRpc.SubmissionVerdict>) => {
      for (const [index, { entry, submission }] of parts.entries()) {
        for (const verdict of answers[index]?.verdicts ?? []) {
          WorkerMetrics.verdicts[verdict].updateUnsafe(1, context)
        }
        for (const { bytes } of entry.results.splice(0, submission.results.length)) heldBytes -= bytes
        depth -= submission.results.length
        if (submission.final) {
          entry.isFinal = false
          options.onFinal(entry.lease)
        }
        if (entry.results.length === 0 && !entry.isFinal) entries.delete(keyOf(entry.lease.ref))
      }
      giveBack(parts)
      WorkerMetrics.outboxDepth.updateUnsafe(depth, context)
      if (entries.size === 0) empty.openUnsafe()
    }

    /** Waits until there is a batch for this sender. */
    const due = (sender: 0 | 1): Effect.Effect<void> =>
      Effect.suspend(() => {
        const waitMs = readySince + flushMs - performance.now()
        if (readyResults >= flushResultsMin) return Effect.void
        if (sender === 0 && (readyFinals > 0 || (readyResults > 0 && (isFlushing || waitMs <= 0)))) return Effect.void
        wakes[sender].closeUnsafe()
        const woken = wakes[sender].await
        return Effect.andThen(
          sender === 0 && readyResults > 0 ? Effect.raceFirst(woken, Effect.sleep(waitMs)) : woken,
          due(sender)
        )
      })

    const submit = Effect.fn("Outbox.submit")(function* (parts: ReadonlyArray<Part>) {
      const submissions = parts.map(({ submission }) => submission)
      const answers = yield* token.authorized(controlPlane.submitResult(submissions)).pipe(
        Effect.flatMap((answered) => complete(submissions, answered)),
        Effect.onError(() => Effect.sync(() => putLast(parts)))
      )
      yield* logLosses(answers)
      settle(parts, answers)
    })

    const send = (sender: 0 | 1): Effect.Effect<never, WorkerStopped> =>
      Effect.gen(function* () {
        let failures = 0
        let resultsMax: number = WorkerRpc.submissionResultsMax
        while (true) {
          yield* due(sender)
          const parts = take(resultsMax)
          if (parts.length === 0) continue
          yield* submit(parts).pipe(
            Effect.andThen(
              Effect.sync(() => {
                failures = 0
                resultsMax = Math.min(resultsMax * 2, WorkerRpc.submissionResultsMax)
              })
            ),
            Effect.catchTag("ControlPlaneUnavailable", (error) => {
              failures++
              // Smaller batches pass where a large one is refused (a proxy's limit of body size).
              resultsMax = Math.ceil(resultsMax / 2)
              return Backoff.pause(controlPlane.reached, "submitting results", failures, error)
            })
          )
        }
      })

    return Outbox.of({
      depth: () => depth,
      isEmpty: () => entries.size === 0,
      holds: (lease) => entries.has(keyOf(lease.ref)),
      add: (lease, result) => {
        const entry = entryOf(lease)
        if (entry.results.length === 0) entry.oldestAt = performance.now()
        const sized = fit(result, heldBytes > heldBytesMax ? resultBytesLean : resultBytesMax)
        entry.results.push(sized)
        heldBytes += sized.bytes
        depth++
        if (entry.isSending) return
        if (readyResults++ === 0) readySince = performance.now()
        if (readyResults === 1 || readyResults >= flushResultsMin) wake()
      },
      complete: (lease) => {
        const entry = entryOf(lease)
        entry.isFinal = true
        if (entry.isSending) return
        readyFinals++
        wake()
      },
      drained: Effect.suspend(() => {
        isFlushing = true
        wake()
        return empty.await
      }),
      run: Effect.raceFirst(send(0), send(1))
    })
  })
}

/** An answer that leaves out verdicts is none: what has no verdict stays. */
const complete = (
  submissions: ReadonlyArray<WorkerRpc.Submission>,
  answers: ReadonlyArray<WorkerRpc.SubmissionVerdict>
): Effect.Effect<ReadonlyArray<WorkerRpc.SubmissionVerdict>, ControlPlaneUnavailable> =>
  submissions.every(({ results }, index) => answers[index]?.verdicts.length === results.length)
    ? Effect.succeed(answers)
    : Effect.fail(
        new ControlPlaneUnavailable({ message: "the control plane did not answer for every result", isAway: false })
      )

const logLosses = (answers: ReadonlyArray<WorkerRpc.SubmissionVerdict>): Effect.Effect<void> => {
  const verdicts = answers.flatMap((answer) => answer.verdicts)
  const fenced = verdicts.filter((verdict) => verdict === "fenced").length
  const refused = verdicts.filter((verdict) => verdict === "refused").length
  if (fenced === 0 && refused === 0) return Effect.void
  const refusal = answers.flatMap((answer) => answer.refusals)[0]?.message
  return Effect.logWarning("the control plane did not take all results").pipe(
    Effect.annotateLogs({ fenced, refused, ...(refusal === undefined ? {} : { refusal }) })
  )
}
