import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as SharedAnswer from "./SharedAnswer.ts"

/** A question that is answered by how often it was read, each time when it is let. */
const counting = () => {
  const readings: Array<{ readonly of: string; readonly let: Deferred.Deferred<void, string> }> = []
  const ask = SharedAnswer.make((organizationKey: number, question: string) =>
    Effect.gen(function* () {
      const reading = { of: `${organizationKey} ${question}`, let: yield* Deferred.make<void, string>() }
      const n = readings.push(reading)
      yield* Deferred.await(reading.let)
      return n
    })
  )
  const begin = (organizationKey: number, question = "rows") =>
    Effect.forkChild(Effect.exit(ask(organizationKey, question)), { startImmediately: true })
  const end = (n: number) => Deferred.succeed(readings[n - 1]!.let, undefined)
  return { begin, end, readings }
}

const answers = (fibers: ReadonlyArray<Fiber.Fiber<Exit.Exit<number, string>>>) =>
  Effect.forEach(fibers, (fiber) => Effect.flatMap(Fiber.join(fiber), (exit) => exit))

it.effect("is read once more for all who ask while it is being read, and is never one that was begun before", () =>
  Effect.gen(function* () {
    const { begin, end, readings } = counting()
    const first = yield* begin(1)
    const second = [yield* begin(1), yield* begin(1), yield* begin(1)]
    assert.strictEqual(readings.length, 1)
    yield* end(1)
    assert.deepStrictEqual(yield* answers([first]), [1])
    yield* Effect.yieldNow
    const third = [yield* begin(1), yield* begin(1)]
    yield* end(2)
    assert.deepStrictEqual(yield* answers(second), [2, 2, 2])
    yield* Effect.yieldNow
    yield* end(3)
    assert.deepStrictEqual(yield* answers(third), [3, 3])
    yield* Effect.yieldNow
    const later = yield* begin(1)
    yield* end(4)
    assert.deepStrictEqual(yield* answers([later]), [4])
    assert.strictEqual(readings.length, 4)
  })
)

it.effect("is shared by nobody of another organization, and by nobody who asked something else", () =>
  Effect.gen(function* () {
    const { begin, end, readings } = counting()
    const fibers = [yield* begin(1), yield* begin(2), yield* begin(1, "tags")]
    assert.deepStrictEqual(
      readings.map((reading) => reading.of),
      ["1 rows", "2 rows", "1 tags"]
    )
    yield* Effect.forEach([3, 2, 1], end)
    assert.deepStrictEqual(yield* answers(fibers), [1, 2, 3])
  })
)

it.effect("goes on for the others when the one who asked first leaves, and ends for all when it fails", () =>
  Effect.gen(function* () {
    const { begin, end, readings } = counting()
    const leaving = yield* begin(1)
    const staying = [yield* begin(1), yield* begin(1)]
    yield* Fiber.interrupt(leaving)
    yield* end(1)
    yield* Effect.yieldNow
    yield* Deferred.fail(readings[1]!.let, "busy")
    const exits = yield* Effect.forEach(staying, Fiber.join)
    assert.deepStrictEqual(exits, [Exit.fail("busy"), Exit.fail("busy")])
    yield* Effect.yieldNow
    const again = yield* begin(1)
    yield* end(3)
    assert.deepStrictEqual(yield* answers([again]), [3])
  })
)
