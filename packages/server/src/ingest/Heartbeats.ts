/**
 * INGEST: what becomes of heartbeats. Signals of jobs, and time that passes without them, end expected instants as results
 * or, where we were away, as gaps. The rules are core's `Expectation`; here is what makes them happen once: a heartbeat is
 * one row, and who holds its lock decides. Whether time has ended something does not depend on when or by whom it is
 * asked, so any replica may ask at any moment.
 */
import { Expectation, Token } from "@openseer/core"
import { Context, Effect, Layer, Metric, Option } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { absentMs, type Change, heartbeatsMax, type SignalDetail, toHeartbeat } from "./HeartbeatStore.ts"
import * as HeartbeatStore from "./HeartbeatStore.ts"

const signalsCounter = Metric.counter("openseer_heartbeat_signals_total", {
  description: "Signals of jobs by kind",
  incremental: true
})
const endedCounter = Metric.counter("openseer_heartbeat_ended_total", {
  description: "Expected signals by what became of them: up, down, or unheard because no control plane was there",
  incremental: true
})

/** Takes signals and settles what is overdue. */
export class Heartbeats extends Context.Service<
  Heartbeats,
  {
    /** Takes a signal; answers whether the token is that of a heartbeat. What is answered is committed. */
    readonly signal: (
      token: string,
      said: Expectation.Signal,
      detail?: SignalDetail
    ) => Effect.Effect<boolean, DatabaseBusy>
    /** Whether a token is that of a heartbeat; it takes nothing. */
    readonly knows: (token: string) => Effect.Effect<boolean, DatabaseBusy>
    /** Settles all heartbeats that are overdue now and answers how many expected signals ended. Any replica may run it. */
    readonly settle: Effect.Effect<number, DatabaseBusy>
    /** Says that a control plane is here; to be said more often than every {@link absentMs}. */
    readonly markPresent: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/Heartbeats") {
  static readonly layer: Layer.Layer<Heartbeats, never, Database> = Layer.effect(
    Heartbeats,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { api, background } = yield* Database

  const signalOnce = (token: string, said: Expectation.Signal, detail: SignalDetail | undefined) =>
    api.run(
      api.sql.withTransaction(
        Effect.gen(function* () {
          const [row] = yield* HeartbeatStore.lockByToken(api.sql, token)
          if (row === undefined) return undefined
          if (row.is_paused) {
            yield* HeartbeatStore.noteSignal(api.sql, row.monitor_key, said)
            return { more: false, results: [], unheard: [] }
          }
          const heartbeat = toHeartbeat(row)
          const { absences, now, rule, state } = heartbeat
          const step = Expectation.signal(rule, state, absences, now, said)
          const signal = step.more ? undefined : { said, at: now, ...(detail === undefined ? {} : { detail }) }
          yield* HeartbeatStore.store(api.sql, [{ heartbeat, step, signal }])
          return step
        })
      )
    )

  const signal = Effect.fn("Heartbeats.signal")(function* (
    token: string,
    said: Expectation.Signal,
    detail?: SignalDetail
  ) {
    if (!Token.isWellFormed("oshb", token)) return false
    while (true) {
      const step = yield* signalOnce(token, said, detail)
      if (step === undefined) return false
      yield* count(step)
      if (!step.more) break
    }
    yield* Metric.update(Metric.withAttributes(signalsCounter, { signal: said }), 1)
    return true
  })

  const knows = Effect.fn("Heartbeats.knows")(function* (token: string) {
    if (!Token.isWellFormed("oshb", token)) return false
    const [row] = yield* api.run(HeartbeatStore.isKnown(api.sql, token))
    return row?.is_known === true
  })

  const settleSome = background.run(
    background.sql.withTransaction(
      Effect.gen(function* () {
        const rows = yield* HeartbeatStore.lockOverdue(background.sql)
        const changes: Array<Change> = []
        for (const row of rows) {
          const heartbeat = toHeartbeat(row)
          const { absences, now, rule, state } = heartbeat
          const step = yield* Effect.try(() => Expectation.elapse(rule, state, absences, now)).pipe(
            Effect.tapError((cause) => Effect.logError("a heartbeat can't be settled: it is left alone", cause)),
            Effect.annotateLogs({ monitorKey: row.monitor_key }),
            Effect.option
          )
          if (Option.isSome(step)) changes.push({ heartbeat, step: step.value, signal: undefined })
          // A time zone that this machine does not know, say: others are settled all the same.
          else yield* HeartbeatStore.postpone(background.sql, row.monitor_key)
          // Instants of cron expressions take their time; others want the loop as well.
          yield* Effect.yieldNow
        }
        if (changes.length > 0) yield* HeartbeatStore.store(background.sql, changes)
        return { rows: rows.length, changes }
      })
    )
  )

  const settle = Effect.gen(function* () {
    let ended = 0
    while (true) {
      const { changes, rows } = yield* settleSome
      for (const { step } of changes) ended += yield* count(step)
      if (rows < heartbeatsMax && !changes.some(({ step }) => step.more)) return ended
    }
  }).pipe(Effect.withSpan("Heartbeats.settle"))

  const markPresent = background
    .run(background.sql`select app.mark_present(${absentMs})`)
    .pipe(Effect.asVoid, Effect.withSpan("Heartbeats.markPresent"))

  return Heartbeats.of({ signal, knows, settle, markPresent })
})

const count = Effect.fnUntraced(function* ({ results, unheard }: Pick<Expectation.Step, "results" | "unheard">) {
  const ended = [...results.map(({ outcome }) => outcome as string), ...unheard.map(() => "unheard")]
  for (const outcome of ended) yield* Metric.update(Metric.withAttributes(endedCounter, { outcome }), 1)
  return ended.length
})
