import { assert, layer } from "@effect/vitest"
import type { EventsApi } from "@openseer/core"
import { Clock, Effect, Fiber, Latch, Layer, Queue, Stream } from "effect"
import { EnrollmentTokens } from "../accounts/EnrollmentTokens.ts"
import { Workers } from "../accounts/Workers.ts"
import { Database } from "../db/Database.ts"
import { insertHistory, insertResults } from "../testing/TestHistory.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { EventFeed, type StreamRequest } from "./EventFeed.ts"

const fresh = { excludeTestServices: true } as const
const Live = EventFeed.layerOf(4, 3).pipe(Layer.provideMerge(TestInstance.layer))

/** Opens a stream and reads its hello; `next` waits for the next event of the kinds that matter. */
const connect = Effect.fnUntraced(function* (request: StreamRequest = {}) {
  const { organizationKey } = yield* TestInstance
  const events = yield* (yield* EventFeed).open(organizationKey, request)
  const queue = yield* Queue.unbounded<EventsApi.StreamEvent>()
  const fiber = yield* Effect.forkScoped(Stream.runForEach(events, (event) => Queue.offer(queue, event)))
  const next = Effect.timeout(Queue.take(queue), "5 seconds")
  const hello = yield* next
  assert.strictEqual(hello.event, "hello")
  return { hello, next, fiber }
})

const name = (n: number) => `insert into app.events (organization_key, kind, monitor_id, payload)
  select organization_key, 'monitor', 'mon_00000000000000000000', '{"change": "updated", "name": "${n}"}'
    from auth.organizations where organization_id = 'org_test'`

const tell = Effect.fnUntraced(function* (n: number) {
  yield* (yield* TestInstance).rows(name(n))
})

const nameOf = (event: EventsApi.StreamEvent): number =>
  event.event === "monitor" ? Number(event.data.name) : Number.NaN

layer(Live, fresh)("an event stream", (it) => {
  it.effect("begins with hello and tells what happens from then on, to each of its streams", () =>
    Effect.gen(function* () {
      yield* tell(1)
      const [a, b] = [yield* connect(), yield* connect()]
      assert.deepInclude(a.hello.data, { resumed: false })
      yield* tell(2)
      yield* tell(3)
      assert.deepStrictEqual([nameOf(yield* a.next), nameOf(yield* a.next)], [2, 3])
      assert.deepStrictEqual([nameOf(yield* b.next), nameOf(yield* b.next)], [2, 3])
    }).pipe(Effect.scoped)
  )

  it.effect("goes on after any event without losing or repeating one", () =>
    Effect.gen(function* () {
      const first = yield* connect()
      for (const n of [1, 2, 3, 4]) yield* tell(n)
      const seen = yield* Effect.all([first.next, first.next, first.next, first.next])
      for (const [i, { id }] of [first.hello, ...seen].entries()) {
        const again = yield* Effect.scoped(
          Effect.gen(function* () {
            const stream = yield* connect({ after: id! })
            assert.deepInclude(stream.hello.data, { resumed: true })
            const rest = yield* Effect.forEach(seen.slice(i), () => stream.next)
            yield* tell(100 + i)
            return [...rest, yield* stream.next].map(nameOf)
          })
        )
        const later = Array.from({ length: i }, (_, k) => 100 + k)
        const expected = [...[1, 2, 3, 4].slice(i), ...later, 100 + i]
        // What was told meanwhile comes first; the last is only reached when nothing was left out or told twice.
        assert.deepStrictEqual(again, expected.slice(0, again.length))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("tells an event of a transaction that commits late, once, whatever keys the others had", () =>
    Effect.gen(function* () {
      const { worker } = yield* Database
      const stream = yield* connect()
      const gate = yield* Queue.unbounded<void>()
      const inserted = yield* Queue.unbounded<void>()
      const late = yield* Effect.forkScoped(
        worker.run(
          worker.sql.withTransaction(
            Effect.gen(function* () {
              yield* worker.sql.unsafe(name(1))
              yield* Queue.offer(inserted, undefined)
              yield* Queue.take(gate)
            })
          )
        )
      )
      yield* Queue.take(inserted)
      yield* tell(2)
      yield* tell(3)
      // A reader that comes now must not be told 2 and 3 and then miss 1.
      const between = yield* connect({ after: stream.hello.id! })
      yield* Effect.sleep("700 millis")
      yield* Queue.offer(gate, undefined)
      yield* Fiber.join(late)
      for (const { next } of [stream, between]) {
        const told = [yield* next, yield* next, yield* next]
        assert.deepStrictEqual(told.map(nameOf), [1, 2, 3])
        const resumed = yield* connect({ after: told[0]!.id! })
        assert.deepStrictEqual([nameOf(yield* resumed.next), nameOf(yield* resumed.next)], [2, 3])
        yield* Fiber.interrupt(resumed.fiber)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("starts anew from a cursor that is too old, or of a future that a restore undid", () =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const [xid, key] = (yield* connect()).hello.id!.split(".")
      const old = yield* connect({ after: `${xid}.${key}.${Math.floor(now / 1_000) - 90_000}` })
      assert.deepInclude(old.hello.data, { resumed: false })
      const future = yield* connect({ after: `${Number(xid) + 1_000_000}.0.${Math.floor(now / 1_000)}` })
      assert.deepInclude(future.hello.data, { resumed: false })
    }).pipe(Effect.scoped)
  )

  it.effect("tells the new results of the one monitor that it was asked for", () =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const history = yield* insertHistory({
        from: now - 20_000,
        to: now - 10_000,
        intervalMs: 1_000,
        regions: 2,
        monitors: 2
      })
      const stream = yield* connect({ monitorId: history.monitorIds[0]! })
      const other = yield* connect({ monitorId: history.monitorIds[1]! })
      const { monitorKeys, regionKeys } = history
      const more = { from: now - 10_000, to: now - 7_000, intervalMs: 1_000 }
      const startedAt = yield* Clock.currentTimeMillis
      yield* insertResults({ monitorKeys: [monitorKeys[0]!], regionKeys, ...more })
      const told = yield* Effect.all(Array.from({ length: 6 }, () => stream.next))
      assert.isBelow((yield* Clock.currentTimeMillis) - startedAt, 1_500)
      const runs = told.map((event) => (event.event === "result" ? event.data.runId : ""))
      assert.strictEqual(new Set(runs).size, 6)
      assert.isTrue(runs.every((run) => run.startsWith(history.monitorIds[0]!)))
      yield* tell(9)
      assert.deepStrictEqual([nameOf(yield* stream.next), nameOf(yield* other.next)], [9, 9])
    }).pipe(Effect.scoped)
  )

  it.effect("tells the organization of a worker that it was enrolled, and once that it was revoked", () =>
    Effect.gen(function* () {
      const { organizationKey } = yield* TestInstance
      const stream = yield* connect()
      const { token } = yield* EnrollmentTokens.use(({ create }) => create(organizationKey, { region: "attic" }))
      const workers = yield* Workers
      const { workerId } = yield* workers.enroll({ token, name: "w" })
      yield* workers.revoke(organizationKey, workerId)
      yield* workers.revoke(organizationKey, workerId)
      yield* tell(3)
      const about = { workerId, region: "attic" }
      assert.deepStrictEqual((yield* stream.next).data, { ...about, change: "enrolled" })
      assert.deepStrictEqual((yield* stream.next).data, { ...about, change: "revoked" })
      assert.strictEqual(nameOf(yield* stream.next), 3)
    }).pipe(Effect.scoped, Effect.provide([EnrollmentTokens.layer, Workers.layer({})]))
  )

  it.effect("is closed when its reader is too slow, and others are not", () =>
    Effect.gen(function* () {
      const { organizationKey, rows } = yield* TestInstance
      const quick = yield* connect()
      const events = yield* (yield* EventFeed).open(organizationKey, {})
      const gate = yield* Latch.make()
      const pulled = yield* Queue.unbounded<EventsApi.StreamEvent>()
      const slow = yield* Effect.forkScoped(
        Stream.runForEach(events, (event) => Effect.andThen(Queue.offer(pulled, event), gate.await))
      )
      yield* Queue.take(pulled)
      yield* rows(`insert into app.events (organization_key, kind, monitor_id, payload)
        select ${organizationKey}, 'monitor', 'mon_00000000000000000000', jsonb_build_object('change', 'updated', 'name', i::text)
          from generate_series(1, 1000) i`)
      for (let n = 1; n <= 1000; n++) assert.strictEqual(nameOf(yield* quick.next), n)
      yield* gate.open
      yield* Effect.timeout(Fiber.join(slow), "2 seconds")
      const told = yield* Queue.takeAll(pulled)
      assert.isBelow(told.length, 1_000)
      // It has lost nothing: it goes on where it was closed.
      const again = yield* connect({ after: told.at(-1)!.id! })
      assert.strictEqual(nameOf(yield* again.next), told.length + 1)
    }).pipe(Effect.scoped)
  )

  it.effect("leaves out what it can't read, and goes on", () =>
    Effect.gen(function* () {
      const { organizationKey, rows } = yield* TestInstance
      const stream = yield* connect()
      yield* rows(`insert into app.events (organization_key, kind, monitor_id, payload)
                   values (${organizationKey}, 'monitor', 'mon_00000000000000000000', '{}'), (${organizationKey}, 'other', 'x', '{}')`)
      yield* tell(5)
      assert.strictEqual(nameOf(yield* stream.next), 5)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "is refused beyond the limits of the organization and the process, and for a monitor of somebody else",
    () =>
      Effect.gen(function* () {
        const { organizationKey } = yield* TestInstance
        const feed = yield* EventFeed
        const unknown = yield* Effect.flip(feed.open(organizationKey, { monitorId: "mon_zzzzzzzzzzzzzzzzzzzz" }))
        assert.strictEqual(unknown._tag, "NotFound")
        for (let i = 0; i < 3; i++) yield* connect()
        assert.strictEqual((yield* Effect.flip(feed.open(organizationKey, {})))._tag, "ServiceUnavailable")
        const [other] = yield* (yield* TestInstance).rows<{ key: number }>(
          "insert into auth.organizations (organization_id, name) values ('o', 'o') returning organization_key as key"
        )
        const fourth = yield* feed.open(other!.key, {})
        yield* Effect.forkScoped(Stream.runDrain(fourth), { startImmediately: true })
        const full = Effect.flip(feed.open(other!.key, {}))
        assert.strictEqual((yield* Effect.timeout(Effect.eventually(full), "5 seconds"))._tag, "ServiceUnavailable")
      }).pipe(Effect.scoped)
  )
})
