import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Result } from "effect"
import { TestInstance } from "../testing/TestInstance.ts"
import { EnrollmentTokens } from "./EnrollmentTokens.ts"
import { Workers } from "./Workers.ts"

const clusterToken = "a cluster token that only the operator knows"

const Accounts = Layer.mergeAll(
  Workers.layer({ clusterToken: Redacted.make(clusterToken) }),
  EnrollmentTokens.layer
).pipe(Layer.provideMerge(TestInstance.layer))

layer(Accounts, { excludeTestServices: true })("workers", (it) => {
  const setup = Effect.gen(function* () {
    const { organizationKey, rows } = yield* TestInstance
    const workers = yield* Workers
    const tokens = yield* EnrollmentTokens
    const enroll = (token: string, regionName?: string) =>
      Effect.result(workers.enroll({ token, name: "w", ...(regionName === undefined ? {} : { regionName }) }))
    const newToken = (input: Parameters<typeof tokens.create>[1]) => tokens.create(organizationKey, input)
    return { enroll, newToken, organizationKey, rows, tokens, workers }
  })

  it.effect("trade an enrollment token for their own, in the region that it names", () =>
    Effect.gen(function* () {
      const { enroll, newToken, organizationKey, rows, workers } = yield* setup
      const token = yield* newToken({ region: "eu-west-1" })
      assert.strictEqual(token.usesLeft, 1)
      const enrolled = Result.getOrThrow(yield* enroll(token.token, "elsewhere"))
      assert.strictEqual(enrolled.regionName, "eu-west-1")
      const known = yield* workers.authenticate(enrolled.token)
      assert.strictEqual(known.workerId, enrolled.workerId)
      const regions = yield* rows<{ name: string; organization_key: number }>(
        `select name, organization_key from app.regions where region_key in (${known.regionKeys.join(",")})`
      )
      assert.deepStrictEqual(regions, [{ name: "eu-west-1", organization_key: organizationKey }])
    })
  )

  it.effect("share a single use among eight that race for it: one gets in", () =>
    Effect.gen(function* () {
      const { enroll, newToken, organizationKey, tokens } = yield* setup
      const { id, token } = yield* newToken({ region: "eu-west-1" })
      const results = yield* Effect.all(
        Array.from({ length: 8 }, () => enroll(token)),
        { concurrency: 8 }
      )
      assert.strictEqual(results.filter(Result.isSuccess).length, 1)
      const listed = (yield* tokens.list(organizationKey)).find((item) => item.id === id)
      assert.strictEqual(listed?.usesLeft, 0)
    })
  )

  it.effect("may use a token as often as it says, or without end", () =>
    Effect.gen(function* () {
      const { enroll, newToken } = yield* setup
      const three = yield* newToken({ region: "eu-west-1", uses: 3 })
      const many = yield* newToken({ region: "eu-west-1", uses: null })
      const results = yield* Effect.all(
        Array.from({ length: 5 }, () => enroll(three.token)),
        { concurrency: 5 }
      )
      assert.strictEqual(results.filter(Result.isSuccess).length, 3)
      for (let i = 0; i < 5; i++) assert.isTrue(Result.isSuccess(yield* enroll(many.token)))
      assert.isUndefined(many.usesLeft)
    })
  )

  it.effect(
    "are refused with one and the same text by tokens that never were, expired, or were revoked or used up",
    () =>
      Effect.gen(function* () {
        const { enroll, newToken, organizationKey, rows, tokens } = yield* setup
        const expired = yield* newToken({ region: "eu-west-1" })
        yield* rows(`update auth.enrollment_tokens set expires_at = now() where enrollment_token_id = '${expired.id}'`)
        const revoked = yield* newToken({ region: "eu-west-1" })
        yield* tokens.revoke(organizationKey, revoked.id)
        const used = yield* newToken({ region: "eu-west-1" })
        yield* enroll(used.token)
        const worker = Result.getOrThrow(yield* enroll((yield* newToken({ region: "eu-west-1" })).token))
        const before = yield* rows("select from app.workers")
        const messages = new Set<string>()
        for (const token of [
          expired.token,
          revoked.token,
          used.token,
          worker.token,
          "",
          "osen_x",
          "\0",
          clusterToken.slice(1)
        ]) {
          const result = yield* enroll(token)
          assert.isTrue(Result.isFailure(result), token)
          if (Result.isFailure(result)) messages.add(result.failure.message)
        }
        assert.strictEqual(messages.size, 1)
        assert.strictEqual((yield* rows("select from app.workers")).length, before.length)
      })
  )

  it.effect("enroll with the cluster token as the instance's, in regions that are made on demand", () =>
    Effect.gen(function* () {
      const { enroll, organizationKey, rows, workers } = yield* setup
      const enrolled = yield* Effect.all(
        Array.from({ length: 4 }, () => enroll(clusterToken, "ap-south-1")),
        { concurrency: 4 }
      )
      assert.isTrue(enrolled.every(Result.isSuccess))
      assert.deepStrictEqual(yield* rows("select organization_key from app.regions where name = 'ap-south-1'"), [
        { organization_key: null }
      ])
      assert.isTrue(Result.isFailure(yield* enroll(clusterToken)))
      yield* rows(`insert into app.regions (organization_key, name) values (${organizationKey}, 'global')`)
      const known = yield* workers.authenticate(Result.getOrThrow(enrolled[0]!).token)
      const regions = yield* rows<{ name: string }>(
        `select name from app.regions where region_key in (${known.regionKeys.join(",")}) order by name`
      )
      assert.deepStrictEqual(
        regions.map(({ name }) => name),
        ["ap-south-1", "global"],
        "its own, and every organization's global"
      )
    })
  )

  it.effect("of an organization serve its global region and no other organization's", () =>
    Effect.gen(function* () {
      const { enroll, newToken, organizationKey, rows, workers } = yield* setup
      yield* rows(`with o as (insert into auth.organizations (organization_id, name) values ('org_2', 'O')
                              returning organization_key)
                   insert into app.regions (organization_key, name) select organization_key, 'global' from o`)
      const { token } = Result.getOrThrow(yield* enroll((yield* newToken({ region: "eu-west-1" })).token))
      const { regionKeys } = yield* workers.authenticate(token)
      const owners = yield* rows<{ organization_key: number }>(
        `select organization_key from app.regions where region_key in (${regionKeys.join(",")})`
      )
      assert.isTrue(owners.every((row) => row.organization_key === organizationKey))
    })
  )

  it.effect("are refused from the next call on when they are revoked, by their own organization only", () =>
    Effect.gen(function* () {
      const { enroll, newToken, organizationKey, workers } = yield* setup
      const own = Result.getOrThrow(yield* enroll((yield* newToken({ region: "eu-west-1" })).token))
      const shared = Result.getOrThrow(yield* enroll(clusterToken, "ap-south-1"))
      yield* workers.revoke(organizationKey, own.workerId)
      assert.strictEqual((yield* Effect.flip(workers.authenticate(own.token)))._tag, "WorkerUnauthorized")
      const refused = yield* Effect.flip(workers.revoke(organizationKey, shared.workerId))
      assert.strictEqual(refused._tag, "NotFound")
      assert.strictEqual((yield* workers.authenticate(shared.token)).workerId, shared.workerId)
      const listed = yield* workers.list(organizationKey)
      assert.strictEqual(listed.find(({ id }) => id === own.workerId)?.status, "revoked")
      assert.strictEqual(listed.find(({ id }) => id === shared.workerId)?.owner, "instance")
    })
  )

  it.effect("count as healthy or lost in the list of regions, by their last heartbeat", () =>
    Effect.gen(function* () {
      const { enroll, newToken, organizationKey, rows, workers } = yield* setup
      const { token } = yield* newToken({ region: "counted", uses: null })
      const ids: Array<string> = []
      for (let i = 0; i < 4; i++) ids.push(Result.getOrThrow(yield* enroll(token)).workerId)
      for (const [index, seconds] of [1, 29, 31].entries()) {
        yield* rows(`insert into app.worker_health (worker_key, version, check_types, health, seen_at)
                     select worker_key, '0.1.0', '[]', '{"runsStarted":0,"runsInFlight":0,"outboxDepth":0,
                            "loopUtilization":0,"latenessP99Us":0}', now() - interval '${seconds} seconds'
                       from app.workers where worker_id = '${ids[index]}'`)
      }
      yield* workers.revoke(organizationKey, ids[0]!)
      const regions = yield* workers.regions(organizationKey)
      const counted = regions.find(({ name }) => name === "counted")
      assert.deepInclude(counted, { owner: "organization", workersHealthy: 1, workersLost: 2 })
      const global = regions.filter(({ name }) => name === "global")
      assert.strictEqual(global.length, 1)
      assert.isAtLeast(global[0]!.workersLost, 2, "any worker may execute what is global")
    })
  )
})
