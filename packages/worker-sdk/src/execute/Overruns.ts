/**
 * Stops what does not keep its deadline: one sleeping fiber for all runs on a clock, since hardly any run is ever stopped.
 *
 * A race of each run against a sleep of its own (`Effect.timeout`) cost more than half of the frame around a run.
 */
import { Clock, type Context, Duration, Effect, type Fiber } from "effect"

interface Watched {
  readonly endsAt: number
  readonly stop: () => void
}

/** The runs on one clock. All instants are the clock's monotonic ones, in milliseconds. */
class Overruns {
  readonly #clock: Clock.Clock
  readonly #watched = new Set<Watched>()
  #wakesAt = Number.POSITIVE_INFINITY
  #sleeping: Fiber.Fiber<void> | undefined

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Calls `stop` after this time, unless what comes back is called before. */
  watch(limitMs: number, stop: () => void): () => void {
    const watched = { endsAt: this.#now + limitMs, stop }
    this.#watched.add(watched)
    if (watched.endsAt < this.#wakesAt) this.#sleepUntil(watched.endsAt)
    return () => this.#release(watched)
  }

  /** With the last run, the sleep ends: it would keep a process alive that has nothing left to do. */
  #release(watched: Watched): void {
    this.#watched.delete(watched)
    if (this.#watched.size > 0 || this.#sleeping === undefined) return
    this.#sleeping.interruptUnsafe()
    this.#sleeping = undefined
    this.#wakesAt = Number.POSITIVE_INFINITY
  }

  get #now(): number {
    return Number(this.#clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  #sleepUntil(at: number): void {
    this.#sleeping?.interruptUnsafe()
    this.#wakesAt = at
    const sleep = this.#clock.sleep(Duration.millis(Math.max(1, Math.ceil(at - this.#now))))
    this.#sleeping = Effect.runFork(Effect.andThen(sleep, Effect.sync(this.#wake)))
  }

  readonly #wake = (): void => {
    this.#sleeping = undefined
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = this.#now
    let next = Number.POSITIVE_INFINITY
    for (const watched of this.#watched) {
      if (watched.endsAt > now) next = Math.min(next, watched.endsAt)
      else {
        this.#watched.delete(watched)
        watched.stop()
      }
    }
    if (this.#watched.size > 0 && next < this.#wakesAt) this.#sleepUntil(next)
  }
}

const byClock = new WeakMap<Clock.Clock, Overruns>()

const overrunsOf = (clock: Clock.Clock): Overruns => {
  const known = byClock.get(clock)
  if (known !== undefined) return known
  const overruns = new Overruns(clock)
  byClock.set(clock, overruns)
  return overruns
}

/** The effect, interrupted after a time by the clock of who runs it: then it fails, without waiting for the end of it. */
export const within = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  limitMs: number,
  orElse: () => E2
): Effect.Effect<A, E | E2, R> =>
  Effect.contextWith((context: Context.Context<R>) =>
    Clock.clockWith((clock) =>
      Effect.callback<A, E | E2>((resume) => {
        const fiber = Effect.runForkWith(context)(effect)
        const release = overrunsOf(clock).watch(limitMs, () => {
          resume(Effect.fail(orElse()))
          fiber.interruptUnsafe()
        })
        fiber.addObserver((exit) => {
          release()
          resume(exit)
        })
        return Effect.callback<void>((done) => {
          fiber.addObserver(() => done(Effect.void))
          fiber.interruptUnsafe()
        })
      })
    )
  )
