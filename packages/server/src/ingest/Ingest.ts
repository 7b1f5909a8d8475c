/**
 * INGEST: stores results, records states, and completes ticks. Execution is at least once, the effect exactly once: a
 * submission counts only under the current lease of its tick, and a result only once under its key (monitor, region, due
 * instant). What is answered is committed.
 */
import { type Judgement, type Observation, WorkerRpc } from "@openseer/core"
import { Context, Effect, Exit, Layer, Metric, Option, Schema } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import * as IntegerArray from "../db/IntegerArray.ts"
import { storable } from "./Storable.ts"

/** Who submits: the worker and the regions that its token opens. */
export interface Submitter {
  readonly workerKey: number
  readonly regionKeys: ReadonlyArray<number>
}

/** A submission whose results are decoded. */
export interface DecodedSubmission extends Omit<WorkerRpc.Submission, "results"> {
  readonly results: ReadonlyArray<WorkerRpc.RunResult>
}

/** Stores what workers submit. */
export class Ingest extends Context.Service<
  Ingest,
  {
    /**
     * Decodes and stores submissions in one transaction, and answers one verdict a result, in order. A bad result is
     * `refused` by its index; it never sinks the others.
     */
    readonly submit: (
      submitter: Submitter,
      submissions: ReadonlyArray<WorkerRpc.Submission>
    ) => Effect.Effect<ReadonlyArray<WorkerRpc.SubmissionVerdict>, DatabaseBusy>
    /** As `submit`, for results that are known to be well formed. Answers the verdicts that are not `stored`. */
    readonly store: (
      submitter: Submitter,
      submissions: ReadonlyArray<DecodedSubmission>
    ) => Effect.Effect<ReadonlyArray<StoredVerdict>, DatabaseBusy>
  }
>()("@openseer/server/Ingest") {
  static readonly layer: Layer.Layer<Ingest, never, Database> = Layer.effect(
    Ingest,
    Effect.gen(function* () {
      const { run, sql } = (yield* Database).worker

      /** Locks, keys and why it is safe to run twice: see `app.submit` in `@openseer/sql`. */
      const submitTicks = (submitter: Submitter, columns: string) => sql<StoredVerdict>`
        select submission, monitor_key as "monitorKey", verdict
          from app.submit(${submitter.workerKey}, ${IntegerArray.literal(submitter.regionKeys)}::smallint[], ${columns}::json)`

      /** Completes one-off jobs of which this worker holds the lease. The second time it finds them finished. */
      const submitOneOffs = (submitter: Submitter, results: string) => sql<{ job_id: number }>`
        update app.one_off_jobs j set result = r.result, finished_at = now(), ready_at = 'infinity'
          from json_to_recordset(${results}::json) as r("jobId" int, "leaseId" bigint, result jsonb)
         where j.job_id = r."jobId" and j.lease_id = r."leaseId" and j.worker_key = ${submitter.workerKey}
           and j.finished_at is null
        returning j.job_id`

      const store = Effect.fn("Ingest.store")(function* (
        submitter: Submitter,
        submissions: ReadonlyArray<DecodedSubmission>
      ) {
        const startedAt = performance.now()
        const exceptions: Array<StoredVerdict> = []
        const oneOffs = submissions.flatMap((s, index) => (s.oneOff ? [{ s, index }] : []))
        if (oneOffs.length < submissions.length) {
          exceptions.push(...(yield* run(submitTicks(submitter, toColumns(submissions)))))
        }
        if (oneOffs.length > 0) {
          const finished = yield* run(
            submitOneOffs(
              submitter,
              JSON.stringify(
                oneOffs.flatMap(({ s }) =>
                  s.results.map((result) => ({
                    jobId: s.jobId,
                    leaseId: s.leaseId,
                    result: storable(JSON.parse(JSON.stringify(result)))
                  }))
                )
              )
            )
          )
          for (const { index, s } of oneOffs) {
            if (finished.some((row) => row.job_id === s.jobId)) continue
            exceptions.push(
              ...s.results.map(({ monitorKey }) => ({ submission: index, monitorKey, verdict: "fenced" as const }))
            )
          }
        }
        yield* recordMetrics(submissions, exceptions, performance.now() - startedAt)
        return exceptions
      })

      const submit = Effect.fn("Ingest.submit")(function* (
        submitter: Submitter,
        submissions: ReadonlyArray<WorkerRpc.Submission>
      ) {
        const decoded = submissions.map(decode)
        const exceptions = yield* store(
          submitter,
          decoded.map(({ submission }) => submission)
        )
        const byResult = new Map(exceptions.map((e) => [`${e.submission}:${e.monitorKey}`, e.verdict]))
        return decoded.map(({ keys, refusals }, submission) => ({
          verdicts: keys.map((key): WorkerRpc.Verdict =>
            key === undefined ? "refused" : (byResult.get(`${submission}:${key}`) ?? "stored")
          ),
          refusals
        }))
      })

      return Ingest.of({ submit, store })
    })
  )
}

/** The verdict of one result that was not stored. */
export interface StoredVerdict {
  readonly submission: number
  readonly monitorKey: number
  readonly verdict: "duplicate" | "fenced"
}

const resultsCounter = Metric.counter("openseer_ingest_results_total", {
  description: "Results by verdict",
  incremental: true
})
const outcomesCounter = Metric.counter("openseer_ingest_outcomes_total", {
  description: "Submitted results by outcome",
  incremental: true
})
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const latenessHistogram = Metric.histogram("openseer_run_lateness_seconds", {
  description: "From the due instant to the start of a run",
  boundaries
})
const storedHistogram = Metric.histogram("openseer_run_stored_seconds", {
  description: "From the due instant of a run to its result being stored, without the time on the network",
  boundaries
})

const recordMetrics = Effect.fnUntraced(function* (
  submissions: ReadonlyArray<DecodedSubmission>,
  exceptions: ReadonlyArray<StoredVerdict>,
  storingMs: number
) {
  const outcomes = new Map<Judgement.Outcome, number>()
  let results = 0
  for (const submission of submissions) {
    for (const result of submission.results) {
      results++
      outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1)
      yield* Metric.update(latenessHistogram, result.latenessUs / 1e6)
      const runUs = result.latenessUs + (result.observation?.totalUs ?? 0) + (submission.heldUs ?? 0)
      yield* Metric.update(storedHistogram, runUs / 1e6 + storingMs / 1e3)
    }
  }
  const verdicts = new Map<string, number>([["stored", results - exceptions.length]])
  for (const { verdict } of exceptions) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  for (const [verdict, n] of verdicts) yield* Metric.update(Metric.withAttributes(resultsCounter, { verdict }), n)
  for (const [outcome, n] of outcomes) yield* Metric.update(Metric.withAttributes(outcomesCounter, { outcome }), n)
})

const decodeResult = Schema.decodeUnknownExit(WorkerRpc.RunResult)

/** Keeps the good results of a submission, with the key of each in its place, and says why the others are refused. */
const decode = (submission: WorkerRpc.Submission) => {
  const results: Array<WorkerRpc.RunResult> = []
  const keys: Array<number | undefined> = []
  const refusals: Array<{ index: number; message: string }> = []
  submission.results.forEach((raw, index) => {
    const exit = decodeResult(raw)
    if (Exit.isSuccess(exit)) {
      results.push(exit.value)
      keys.push(exit.value.monitorKey)
    } else {
      keys.push(undefined)
      const error = Option.getOrUndefined(Exit.findErrorOption(exit))
      refusals.push({ index, message: String(error?.message ?? "not a result").slice(0, 300) })
    }
  })
  return { submission: { ...submission, results }, keys, refusals }
}

const outcomeCodes: Record<Judgement.Outcome, number> = { up: 0, degraded: 1, down: 2, error: 3 }

/**
 * The submissions of ticks as `app.submit` takes them: columns, each a PostgreSQL array literal, so that each name and
 * each JSON token is parsed once a submission and not once a result.
 */
const toColumns = (submissions: ReadonlyArray<DecodedSubmission>): string =>
  JSON.stringify(
    submissions.flatMap((submission, i) => {
      if (submission.oneOff) return []
      // In the order of the job's members, the usual one, PostgreSQL compares two arrays and has not to search.
      const results = submission.results.toSorted((a, b) => a.monitorKey - b.monitorKey)
      const details = results.flatMap(toDetails)
      const column = (value: (result: WorkerRpc.RunResult) => number) => `{${results.map(value).join(",")}}`
      const observed = (value: (observation: Observation.Observation) => number | undefined) =>
        column(({ observation }) => (observation === undefined ? 0 : (value(observation) ?? 0)))
      return [
        {
          i,
          j: submission.jobId,
          l: submission.leaseId,
          t: submission.tickAt,
          f: submission.final,
          k: column((r) => r.monitorKey),
          o: column((r) => outcomeCodes[r.outcome]),
          c: observed((o) => o.statusCode),
          s: observed((o) => o.sizeBytes),
          tt: observed((o) => o.totalUs),
          d: observed((o) => o.phases.dnsUs),
          n: observed((o) => o.phases.connectUs),
          x: observed((o) => o.phases.tlsUs),
          b: observed((o) => o.phases.ttfbUs),
          w: observed((o) => o.phases.downloadUs),
          y: column((r) => r.latenessUs),
          e: column((r) => r.errorBoundUs),
          ...(details.length === 0 ? {} : { v: details })
        }
      ]
    })
  )

/** The evidence of a result that is not up. */
const toDetails = (result: WorkerRpc.RunResult) => {
  if (result.outcome === "up") return []
  // What the row of the result holds already is left out.
  const { phases, sizeBytes, statusCode, totalUs, ...observed } = result.observation ?? {}
  const more = { ...observed, failedAssertions: result.failedAssertions }
  return [
    {
      k: result.monitorKey,
      m: result.reason ?? "assertion",
      g: storable(result.message ?? ""),
      ...(Object.values(more).some((value) => value !== undefined)
        ? { x: storable(JSON.parse(JSON.stringify(more))) }
        : {})
    }
  ]
}
