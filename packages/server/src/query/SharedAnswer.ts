/**
 * QUERY: one answer for all who ask an organization's same question at the same moment, as hundreds of open pages do when
 * an event is told.
 *
 * Nobody is given an answer that was begun before they asked, so it is never older than what they would have read
 * themselves: who asks while one is on its way waits for the next, which begins when that one is done. At most one of a
 * question is on its way in a process. Nothing is kept.
 */
import { Deferred, Effect } from "effect"

/** What is on its way, and the answer that those wait for who asked since it was begun. */
interface Turn<A, E> {
  next: Deferred.Deferred<A, E> | undefined
}

/**
 * A question whose answers are shared by all who may ask it: those of one organization, which must be all that an answer
 * depends on besides the question itself. Whether somebody may ask is decided before this. It is read by the actor of
 * whoever asked first, and goes on when they leave.
 */
export const make = <Question, A, E, R>(
  read: (organizationKey: number, question: Question) => Effect.Effect<A, E, R>
): ((organizationKey: number, question: Question) => Effect.Effect<A, E, R>) => {
  const turns = new Map<string, Turn<A, E>>()

  const answer = (key: string, reading: Effect.Effect<A, E, R>, asked: Deferred.Deferred<A, E>) => {
    const turn: Turn<A, E> = { next: undefined }
    turns.set(key, turn)
    return Effect.flatMap(Effect.exit(reading), (exit): Effect.Effect<void, never, R> => {
      turns.delete(key)
      Deferred.doneUnsafe(asked, exit)
      return turn.next === undefined ? Effect.void : answer(key, reading, turn.next)
    })
  }

  return (organizationKey, question) =>
    Effect.contextWith((context) => {
      const key = JSON.stringify([organizationKey, question])
      const turn = turns.get(key)
      if (turn !== undefined) return Deferred.await((turn.next ??= Deferred.makeUnsafe<A, E>()))
      const asked = Deferred.makeUnsafe<A, E>()
      // At once and apart from whoever asks: they may leave, and others wait for it.
      Effect.runForkWith(context)(answer(key, read(organizationKey, question), asked))
      return Deferred.await(asked)
    })
}
