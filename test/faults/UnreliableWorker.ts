/**
 * A worker that does everything wrong that a worker can do wrong by accident, and remembers each acknowledgement: it
 * repeats submissions, splits them, reorders them, forgets them, and sends some long after its lease has expired.
 */
import { type WorkerRpc } from "@openseer/core"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { ControlPlane } from "../../packages/worker-sdk/src/ControlPlane.ts"
import type { Random } from "./Random.ts"

/** A result that the control plane said it has. */
export interface Acknowledged {
  readonly monitorKey: number
  readonly dueAt: number
}

/** What an unreliable worker did. */
export interface Deeds {
  readonly acknowledged: Array<Acknowledged>
  readonly verdicts: Record<WorkerRpc.Verdict, number>
  late: number
}

interface Tick {
  readonly job: WorkerRpc.Job
  readonly submissions: ReadonlyArray<WorkerRpc.Submission>
}

const result = (monitorKey: number, random: Random): WorkerRpc.RunResult => ({
  monitorKey,
  outcome: "up",
  latenessUs: 0,
  errorBoundUs: 0,
  observation: {
    totalUs: 1_000 + Math.floor(random.next() * 1e6),
    phases: { dnsUs: 0, connectUs: 100, tlsUs: 0, ttfbUs: 900, downloadUs: 0 },
    statusCode: 200
  }
})

/** Works until it is interrupted. Uses one control plane after the other. */
export const work = Effect.fn("UnreliableWorker.work")(function* (options: {
  readonly urls: ReadonlyArray<string>
  readonly enrollmentToken: string
  readonly regionName: string
  readonly random: Random
  readonly deeds: Deeds
  /** How much of its work it submits only after its lease has expired. */
  readonly lateShare: number
}) {
  const { deeds, random, urls } = options
  const planes = yield* Effect.forEach(urls, (url) =>
    Effect.map(Layer.build(ControlPlane.layer(url)), (context) => Context.get(context, ControlPlane))
  )
  const plane = () => planes[Math.floor(random.next() * planes.length)]!
  const again = { schedule: Schedule.spaced("200 millis") }
  const enrolled = yield* Effect.suspend(() =>
    plane().enroll({
      protocol: 1,
      token: options.enrollmentToken,
      name: "unreliable",
      version: "0",
      regionName: options.regionName
    })
  ).pipe(Effect.retry(again))
  for (const each of planes) each.useToken(Redacted.make(enrolled.token))

  const known = new Map<number, { readonly version: number; readonly keys: ReadonlyArray<number> }>()
  const offsets = new Map<number, number>()
  const postponed: Array<{ readonly at: number; readonly tick: Tick }> = []

  const submit = Effect.fnUntraced(function* (tick: Tick) {
    for (const submission of tick.submissions) {
      const [answer] = yield* Effect.suspend(() => plane().submitResult([submission])).pipe(Effect.retry(again))
      submission.results.forEach((raw, index) => {
        const { monitorKey } = raw as WorkerRpc.RunResult
        const verdict = answer?.verdicts[index] ?? "refused"
        deeds.verdicts[verdict]++
        if (verdict === "stored" || verdict === "duplicate") {
          deeds.acknowledged.push({ monitorKey, dueAt: submission.tickAt + (offsets.get(monitorKey) ?? 0) })
        }
      })
    }
  })

  const tickOf = (job: WorkerRpc.Job): Tick => {
    if (job.members !== undefined) {
      known.set(job.jobId, { version: job.version, keys: job.members.map((m) => m.monitorKey) })
      for (const { monitorKey, offsetMs } of job.members) offsets.set(monitorKey, offsetMs)
    }
    const keys = known.get(job.jobId)?.keys ?? []
    const part = (some: ReadonlyArray<number>, final: boolean): WorkerRpc.Submission => ({
      jobId: job.jobId,
      oneOff: false,
      leaseId: job.leaseId,
      tickAt: job.tickAt,
      final,
      results: some.map((key) => result(key, random))
    })
    const dice = random.next()
    if (dice < 0.3) {
      const half = Math.floor(keys.length / 2)
      return { job, submissions: [part(keys.slice(0, half), false), part(keys.slice(half), true)] }
    }
    const whole = part(keys, true)
    return { job, submissions: dice < 0.45 ? [whole, whole] : dice < 0.5 ? [part(keys.toReversed(), true)] : [whole] }
  }

  while (true) {
    const { jobs } = yield* Effect.suspend(() =>
      plane().getJobs({
        protocol: 1,
        capacity: 1_000,
        horizonMs: 1_000,
        waitMs: 500,
        checkTypes: [{ kind: "http", version: 1 }],
        known: [...known].map(([jobId, { version }]) => [jobId, version] as const)
      })
    ).pipe(Effect.retry(again))
    for (const job of jobs) {
      const tick = tickOf(job)
      const dice = random.next()
      if (dice < 0.03) continue
      if (dice < 0.03 + options.lateShare)
        postponed.push({ at: performance.now() + job.leaseMs + random.next() * 3_000, tick })
      else yield* submit(tick)
    }
    for (const { tick } of postponed.filter(({ at }) => at <= performance.now())) {
      deeds.late++
      yield* submit(tick)
    }
    postponed.splice(0, postponed.length, ...postponed.filter(({ at }) => at > performance.now()))
  }
})
