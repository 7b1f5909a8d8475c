/**
 * How often somebody may be wrong. Each attempt counts as failed before it is looked at, so that a thousand at once are
 * no way around, and what succeeds is taken back. What may be done only so often at all is counted the other way round.
 */
import { Problem } from "@openseer/core"
import { Context, Effect, Layer } from "effect"
import { Database } from "../db/Database.ts"
import type { DatabaseBusy } from "../db/DatabaseError.ts"
import { networkOf } from "./ClientNetwork.ts"
import { hashOf } from "./TokenHash.ts"

/** What is counted: its name, and how often that may be in a minute and in an hour. */
export interface Subject {
  readonly name: string
  readonly perMinute: number
  readonly perHour: number
}

const ofAccount = (name: string): Subject => ({ name, perMinute: 5, perHour: 20 })

/**
 * Whoever tries an email address, whether there is an account or not. Where there is one it is to be the account's own: what
 * finds it is what PostgreSQL sees as the same.
 */
export const ofEmail = (email: string): Subject => ofAccount(`email:${hashOf(email.toLowerCase())}`)

/** A browser in which the account was signed in before: counted apart, so that nobody else can use it up. */
export const ofDevice = (deviceHash: string, userKey: number): Subject => ofAccount(`device:${deviceHash}:${userKey}`)

/** Codes of the second factor of an account. */
export const ofCodes = (userKey: number): Subject => ofAccount(`code:${userKey}`)

/** Passwords and codes that confirm what somebody does who is signed in. */
export const ofConfirmations = (userKey: number): Subject => ofAccount(`confirm:${userKey}`)

/** An address, by its network. Nothing is counted when it is not known. */
export const ofAddress = (address: string | undefined): ReadonlyArray<Subject> =>
  address === undefined ? [] : [{ name: `address:${networkOf(address)}`, perMinute: 50, perHour: 50 }]

/** Accounts that were made from an address by nobody's invitation, by its network. */
export const ofSignUps = (address: string | undefined): ReadonlyArray<Subject> =>
  address === undefined
    ? []
    : [{ name: `sign-up:${networkOf(address)}`, perMinute: signUpsPerHour, perHour: signUpsPerHour }]

/** How many accounts may be made from one address in an hour where registration is open. */
export const signUpsPerHour = 20

/** Counts attempts. */
export class Attempts extends Context.Service<
  Attempts,
  {
    /**
     * Counts an attempt of each subject and runs it; one that succeeds does not count in the end, nor does one that ends
     * because too much is going on. Fails with `TooManyAttempts`, and does not run it, when a subject has no more.
     */
    readonly counted: <A, E, R>(
      subjects: ReadonlyArray<Subject>,
      attempt: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | DatabaseBusy | Problem.TooManyAttempts, R>
    /** The same for what may succeed only so often: it is an attempt that fails that does not count in the end. */
    readonly rationed: <A, E, R>(
      subjects: ReadonlyArray<Subject>,
      attempt: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | DatabaseBusy | Problem.TooManyAttempts, R>
    /** Deletes what does not count any more. */
    readonly forget: Effect.Effect<void, DatabaseBusy>
  }
>()("@openseer/server/Attempts") {
  static readonly layer: Layer.Layer<Attempts, never, Database> = Layer.effect(
    Attempts,
    Effect.gen(function* () {
      const { api } = yield* Database
      const { run, sql } = api

      /** Locks the row of the minute, which makes its limit exact; that of the hour may be passed by those at once. */
      const take = ({ name, perHour, perMinute }: Subject) => sql<Taken>`
        with past as (
          select coalesce(sum(failures), 0)::int as hour,
                 coalesce(sum(failures) filter (where minute = date_trunc('minute', now())), 0)::int as minute,
                 min(minute) as oldest
            from auth.attempts where subject = ${name} and minute > now() - interval '1 hour'
        ), taken as (
          insert into auth.attempts as a (subject, minute, failures)
          select ${name}, date_trunc('minute', now()), 1 from past
           where past.hour < ${perHour} and past.minute < ${perMinute}
          on conflict (subject, minute) do update set failures = a.failures + 1 where a.failures < ${perMinute}
          returning minute
        )
        select (select minute from taken) as minute,
               ceil(extract(epoch from case when past.hour < ${perHour} then date_trunc('minute', now()) + interval '1 minute'
                                            else past.oldest + interval '1 hour' end - now()))::int as wait_s
          from past`

      /** Locks the row. */
      const giveBack = (name: string, minute: Date) => sql`
        update auth.attempts set failures = failures - 1
         where subject = ${name} and minute = ${minute} and failures > 0`

      /** Counts one of each subject; what takes them back. */
      const takeAll = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>) {
        const taken: Array<{ readonly name: string; readonly minute: Date }> = []
        for (const subject of subjects) {
          const [row] = yield* api.run(take(subject))
          if (row?.minute == null) {
            return yield* new Problem.TooManyAttempts({ retryAfterSeconds: Math.max(1, row?.wait_s ?? 60) })
          }
          taken.push({ name: subject.name, minute: row.minute })
        }
        return Effect.forEach(taken, ({ minute, name }) => run(giveBack(name, minute)), { discard: true })
      })

      const counted = Effect.fnUntraced(function* <A, E, R>(
        subjects: ReadonlyArray<Subject>,
        attempt: Effect.Effect<A, E, R>
      ) {
        const free = yield* takeAll(subjects)
        return yield* attempt.pipe(
          Effect.tapError((error) => (isBusy(error) ? Effect.ignore(free) : Effect.void)),
          Effect.tap(() => free)
        )
      })

      const rationed = Effect.fnUntraced(function* <A, E, R>(
        subjects: ReadonlyArray<Subject>,
        attempt: Effect.Effect<A, E, R>
      ) {
        const free = yield* takeAll(subjects)
        return yield* Effect.tapError(attempt, () => Effect.ignore(free))
      })

      return Attempts.of({
        counted,
        rationed,
        // Served by `attempts_minute`.
        forget: run(sql`delete from auth.attempts where minute < now() - interval '1 hour'`)
      })
    })
  )
}

interface Taken {
  readonly minute: Date | null
  readonly wait_s: number
}

const isBusy = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "_tag" in error &&
  (error._tag === "ServiceUnavailable" || error._tag === "DatabaseBusy")
