/**
 * What a heartbeat monitor expects, and what follows from signals, from time that passes and from our own absence: pure
 * rules on instants in milliseconds since the epoch. Nothing here reads a clock.
 *
 * - **Waiting.** Nothing is expected before the first signal.
 * - **Expected.** With a period, the next signal is expected one period after the last one. With a cron expression, at
 *   each of its instants, whatever comes in between. An instant that is `graceMs` over ends `down` (`heartbeat_missed`).
 * - **Success** ends every instant that has come, as `up` with its lateness. Before its instant it ends that instant at
 *   once with a period; with a cron expression only when it is less than a minute early (clocks differ).
 * - **Fail**, and an exit code other than 0, do the same as `down` (`heartbeat_failed`).
 * - **Other signals** end nothing. They are a result of their own when they change what is known: a success after
 *   something else than a success, a fail after something else than a fail. With a period, a signal that says the same
 *   as the result less than half a period before it moves the expectation and is no result: so results are bounded.
 * - **Start** says that a run goes on: until `runMsMax` (without it, `graceMs`) after it, nothing is missed; then the
 *   instant ends `down` (`heartbeat_overran`). The signal that ends a run carries its duration. Another
 *   start while it goes on changes nothing: a job that starts and dies, again and again, is not up for ever.
 * - **Our own absence.** Signals could not arrive while no control plane was there. An instant whose time, from the
 *   grace before it to its end, overlaps an absence gets a new grace from our return on, once; what is not heard of by
 *   then is `unheard`: part of a gap, never down.
 *
 * Each expected instant ends exactly once: as one result, or unheard. Pausing, deleting and another schedule withdraw the
 * one that is open.
 */
import type { HeartbeatSchedule, HeartbeatSpec } from "../check/HeartbeatCheck.ts"
import * as CronTime from "./CronTime.ts"

/** The most that a signal may be early for an instant of a cron expression, in milliseconds. */
export const earlyMsMax = 60_000

/** A heartbeat's rules: its spec, and its interval as `HeartbeatCheck.intervalMs` gives it. */
export interface Rule {
  readonly spec: HeartbeatSpec
  readonly intervalMs: number
}

/** What is known of a heartbeat. */
export interface State {
  /** The oldest expected instant that has not ended; `undefined` before the first signal. */
  readonly dueAt: number | undefined
  /** When the run that goes on has started. */
  readonly startedAt: number | undefined
  /** The instant of the last result or unheard instant. */
  readonly endedAt: number | undefined
  /** What the last result said; `undefined` when there is none, or what was expected last is unheard. */
  readonly outcome: "up" | "down" | undefined
}

/** A time in which no control plane was there, both ends included. */
export interface Absence {
  readonly from: number
  readonly to: number
}

/** What a job says: it started, it ended well, it failed. */
export type Signal = "start" | "success" | "fail"

/** One end of an expected instant, or a signal that is a result of its own. */
export interface Result {
  readonly at: number
  readonly outcome: "up" | "down"
  readonly reason?: "heartbeat_missed" | "heartbeat_failed" | "heartbeat_overran"
  readonly latenessMs: number
  /** From the start signal to the one that ended the run. */
  readonly runMs?: number
}

/** What came of a step: the new state, and what has ended, in order of time. */
export interface Step {
  readonly state: State
  readonly results: ReadonlyArray<Result>
  /** Expected instants that nobody could hear of. */
  readonly unheard: ReadonlyArray<number>
  /** When time alone will end something next; `undefined`: never. */
  readonly wakeAt: number | undefined
  /** There was too much for one step: take another with the same input. A signal counts in the last one only. */
  readonly more: boolean
}

/** The state before the first signal. */
export const waiting: State = { dueAt: undefined, startedAt: undefined, endedAt: undefined, outcome: undefined }

/** The first instant that is expected after something happened at `at`. */
export const following = (schedule: HeartbeatSchedule, at: number): number =>
  "periodMs" in schedule ? at + schedule.periodMs : CronTime.next(schedule.cron, schedule.timeZone, at)

/** When time alone ends what is expected, were we always there; `undefined`: never. */
export const deadline = (spec: HeartbeatSpec, { dueAt, startedAt }: State): number | undefined =>
  startedAt === undefined
    ? dueAt === undefined
      ? undefined
      : dueAt + spec.graceMs
    : startedAt + (spec.runMsMax ?? spec.graceMs)

/** The state that expects anew from `at` on, after a pause or another schedule; still waiting when no signal came yet. */
export const anew = (spec: HeartbeatSpec, isWaiting: boolean, at: number): State =>
  isWaiting ? waiting : { ...waiting, dueAt: following(spec.schedule, at), endedAt: at }

/** What time that has passed ended, until `now`. */
export const elapse = (rule: Rule, state: State, absences: ReadonlyArray<Absence>, now: number): Step => {
  const { spec } = rule
  const ended = new Ended(state)
  for (let steps = 0; ; steps++) {
    const { dueAt, startedAt } = ended.state
    const own = deadline(spec, ended.state)
    if (own === undefined || dueAt === undefined) return ended.step(undefined)
    const from = startedAt === undefined ? dueAt : Math.min(dueAt, startedAt)
    const { isHit, until } = renewed(rule, from, own, absences)
    if (until > now) return ended.step(until)
    if (steps === stepsMax(spec.schedule)) return ended.step(until, true)
    const at = Math.min(dueAt, own)
    if (isHit) ended.unheard(at)
    else {
      const reason = startedAt === undefined ? "heartbeat_missed" : "heartbeat_overran"
      ended.result({ at, outcome: "down", reason, latenessMs: until - at })
    }
    // A run of a cron job that overran before its instant leaves the instant expected.
    const isExtra = at < dueAt && "cron" in spec.schedule
    ended.expect(isExtra ? dueAt : following(spec.schedule, at))
  }
}

/** What a signal at `at` does, and time until then. */
export const signal = (rule: Rule, state: State, absences: ReadonlyArray<Absence>, at: number, said: Signal): Step => {
  const before = elapse(rule, state, absences, at)
  if (before.more) return before
  const { spec } = rule
  const { schedule } = spec
  const ended = new Ended(before.state, before)
  const { dueAt, endedAt, startedAt } = before.state
  if (said === "start") {
    ended.state = { ...before.state, dueAt: dueAt ?? following(schedule, at), startedAt: startedAt ?? at }
    return ended.step(wakeOf(rule, ended.state, absences))
  }
  const outcome = said === "success" ? "up" : "down"
  const judged = {
    outcome,
    ...(said === "fail" ? { reason: "heartbeat_failed" as const } : {}),
    ...(startedAt === undefined ? {} : { runMs: at - startedAt })
  } as const
  const isNews = before.state.outcome !== outcome

  if (dueAt !== undefined && dueAt <= at) {
    let instant = dueAt
    for (let steps = 0; ; steps++) {
      const next = following(schedule, instant)
      if (next > at) break
      if (steps === stepsMax(schedule)) {
        ended.state = { ...ended.state, dueAt: instant }
        return ended.step(at, true)
      }
      if (renewed(rule, instant, instant + spec.graceMs, absences).isHit) ended.unheard(instant)
      else ended.result({ at: instant, ...judged, latenessMs: at - instant })
      instant = next
    }
    ended.result({ at: instant, ...judged, latenessMs: at - instant })
    ended.expect(following(schedule, at))
  } else if ("cron" in schedule) {
    const isEarly = dueAt !== undefined && dueAt - at <= earlyMs(rule)
    if (isEarly || isNews) ended.result({ at, ...judged, latenessMs: 0 })
    ended.expect(isEarly ? following(schedule, dueAt) : (dueAt ?? following(schedule, at)))
  } else {
    const isRepeated = !isNews && endedAt !== undefined && at < endedAt + schedule.periodMs / 2
    if (!isRepeated) ended.result({ at, ...judged, latenessMs: 0 })
    ended.expect(at + schedule.periodMs)
  }
  return ended.step(wakeOf(rule, ended.state, absences))
}

/** The most instants that one step ends. Finding one of a cron expression takes 0.1 to 0.3 ms. */
const stepsMax = (schedule: HeartbeatSchedule): number => ("periodMs" in schedule ? 10_000 : 100)

/** How early a signal may be for an instant, in milliseconds. */
const earlyMs = ({ intervalMs, spec }: Rule): number =>
  "cron" in spec.schedule ? Math.min(earlyMsMax, intervalMs / 2) : spec.graceMs

/**
 * Whether absences kept a signal from arriving in time, and until when it is waited for then. An absence within the new
 * grace gives no further one: we could else be away often enough for nothing ever to end.
 */
const renewed = (rule: Rule, dueAt: number, own: number, absences: ReadonlyArray<Absence>) => {
  const from = dueAt - earlyMs(rule)
  let until = own
  let isHit = false
  for (const absence of absences) {
    if (absence.to < from || absence.from > own) continue
    isHit = true
    until = Math.max(until, absence.to + rule.spec.graceMs)
  }
  return { isHit, until }
}

const wakeOf = (rule: Rule, state: State, absences: ReadonlyArray<Absence>): number | undefined => {
  const own = deadline(rule.spec, state)
  if (own === undefined || state.dueAt === undefined) return undefined
  return renewed(rule, Math.min(state.dueAt, state.startedAt ?? state.dueAt), own, absences).until
}

/** Collects what ends. Its instants only ever advance, so that no two are one. */
class Ended {
  state: State
  private readonly results: Array<Result>
  private readonly unheardAt: Array<number>

  constructor(state: State, before?: Step) {
    this.state = state
    this.results = [...(before?.results ?? [])]
    this.unheardAt = [...(before?.unheard ?? [])]
  }

  result(result: Result): void {
    const at = this.after(result.at)
    this.results.push({ ...result, at })
    this.state = { ...this.state, endedAt: at, outcome: result.outcome }
  }

  unheard(instant: number): void {
    const at = this.after(instant)
    this.unheardAt.push(at)
    this.state = { ...this.state, endedAt: at, outcome: undefined }
  }

  /** The run is over, and `dueAt` is next. */
  expect(dueAt: number): void {
    this.state = { ...this.state, dueAt, startedAt: undefined }
  }

  step(wakeAt: number | undefined, more = false): Step {
    return { state: this.state, results: this.results, unheard: this.unheardAt, wakeAt, more }
  }

  private after(at: number): number {
    return this.state.endedAt === undefined ? at : Math.max(at, this.state.endedAt + 1)
  }
}
