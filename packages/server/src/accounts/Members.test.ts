import { assert, layer } from "@effect/vitest"
import { Role } from "@openseer/core"
import { Effect, Layer, Result } from "effect"
import { Actor } from "../db/Actor.ts"
import { Database } from "../db/Database.ts"
import { newId } from "../NewId.ts"
import { TestInstance } from "../testing/TestInstance.ts"
import { AuditLog } from "./AuditLog.ts"
import { Invitations } from "./Invitations.ts"
import { Members } from "./Members.ts"
import { Organizations } from "./Organizations.ts"

const Teams = Layer.mergeAll(Organizations.layer, Members.layer, Invitations.layer, AuditLog.layer).pipe(
  Layer.provideMerge(TestInstance.layer)
)

interface User {
  readonly userKey: number
  readonly userId: string
  readonly email: string
}

let users = 0

/** A user who is in no organization. */
const newUser = Effect.gen(function* () {
  const { rows } = yield* TestInstance
  const userId = yield* newId("usr")
  const email = `user${++users}@Example.com`
  const [row] = yield* rows<{ key: number }>(
    `insert into auth.users (user_id, email, name) values ('${userId}', '${email}', 'User ${users}') returning user_key as key`
  )
  return { userKey: row!.key, userId, email } satisfies User
})

/** A new organization with its owner, and a way to add members. */
const newTeam = Effect.gen(function* () {
  const { asInstance } = yield* Database
  const organizations = yield* Organizations
  const { rows } = yield* TestInstance
  const owner = yield* newUser
  const { organizationKey } = yield* asInstance(organizations.create("Team", owner.userKey, yield* newId("org")))
  const add = Effect.fnUntraced(function* (role: Role.Role) {
    const user = yield* newUser
    yield* rows(`insert into auth.members values (${organizationKey}, ${user.userKey}, '${role}')`)
    return user
  })
  const rolesNow = rows<{ user_key: number; role: string }>(
    `select user_key, role from auth.members where organization_key = ${organizationKey}`
  ).pipe(Effect.map((found) => new Map(found.map(({ role, user_key }) => [user_key, role]))))
  return { organizationKey, owner, add, rolesNow }
})

const rank = (role: Role.Role) => Role.roles.indexOf(role)

const as = <A, E, R>(who: User, effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Actor, { kind: "user", id: who.userId, address: "192.0.2.1" })

const outcome = <A>(result: Result.Result<A, { readonly _tag: string }>) =>
  Result.isSuccess(result) ? "done" : result.failure._tag

layer(Teams, { excludeTestServices: true })("members", (it) => {
  it.effect("keep at least one owner, also when two owners remove each other at once", () =>
    Effect.gen(function* () {
      const members = yield* Members
      for (let round = 0; round < 10; round++) {
        const { add, organizationKey, owner, rolesNow } = yield* newTeam
        const second = yield* add("owner")
        const results = yield* Effect.all(
          [
            Effect.result(members.remove(organizationKey, owner.userKey, second.userId)),
            Effect.result(members.remove(organizationKey, second.userKey, owner.userId))
          ],
          { concurrency: 2 }
        )
        assert.strictEqual(results.filter(Result.isSuccess).length, 1)
        assert.deepStrictEqual([...(yield* rolesNow).values()], ["owner"])
      }
      const { organizationKey, owner } = yield* newTeam
      const leaving = yield* Effect.result(members.remove(organizationKey, owner.userKey, owner.userId))
      const stepping = yield* Effect.result(members.update(organizationKey, owner.userKey, owner.userId, "admin"))
      assert.deepStrictEqual([outcome(leaving), outcome(stepping)], ["LastOwner", "LastOwner"])
    })
  )

  it.effect("keep at least one owner when both step down at once", () =>
    Effect.gen(function* () {
      const members = yield* Members
      const { add, organizationKey, owner, rolesNow } = yield* newTeam
      const second = yield* add("owner")
      yield* Effect.all(
        [owner, second].map(({ userId, userKey }) =>
          Effect.result(members.update(organizationKey, userKey, userId, "viewer"))
        ),
        { concurrency: 2 }
      )
      assert.strictEqual([...(yield* rolesNow).values()].filter((role) => role === "owner").length, 1)
    })
  )

  it.effect("are managed by admins and owners, up to their own role: 64 cases", () =>
    Effect.gen(function* () {
      const members = yield* Members
      const { rows } = yield* TestInstance
      const { add, organizationKey } = yield* newTeam
      const target = yield* add("viewer")
      for (const actorRole of Role.roles) {
        const actor = yield* add(actorRole)
        for (const from of Role.roles) {
          for (const to of Role.roles) {
            yield* rows(
              `update auth.members set role = '${from}' where organization_key = ${organizationKey} and user_key = ${target.userKey}`
            )
            const result = yield* Effect.result(members.update(organizationKey, actor.userKey, target.userId, to))
            const allowed =
              rank(actorRole) >= rank("admin") && rank(from) <= rank(actorRole) && rank(to) <= rank(actorRole)
            assert.strictEqual(outcome(result), allowed ? "done" : "Forbidden", `${actorRole}: ${from} to ${to}`)
          }
        }
      }
    })
  )

  it.effect("leave when they want, and are not removed by those who may not", () =>
    Effect.gen(function* () {
      const members = yield* Members
      const { add, organizationKey, owner } = yield* newTeam
      const [viewer, admin] = [yield* add("viewer"), yield* add("admin")]
      const by = (actor: User, target: User) =>
        Effect.map(Effect.result(members.remove(organizationKey, actor.userKey, target.userId)), outcome)
      assert.strictEqual(yield* by(viewer, admin), "Forbidden")
      assert.strictEqual(yield* by(admin, owner), "Forbidden")
      assert.strictEqual(yield* by(viewer, viewer), "done")
      assert.strictEqual(yield* by(viewer, viewer), "Forbidden", "no member any more")
      assert.strictEqual(yield* by(admin, viewer), "NotFound")
      assert.strictEqual(yield* by(owner, admin), "done")
      const listed = yield* members.list(organizationKey)
      assert.deepStrictEqual(
        listed.map(({ role, userId }) => ({ role, userId })),
        [{ role: "owner", userId: owner.userId }]
      )
    })
  )

  it.effect("take their sessions and open invitations with them", () =>
    Effect.gen(function* () {
      const [members, invitations] = [yield* Members, yield* Invitations]
      const { asInstance } = yield* Database
      const { rows } = yield* TestInstance
      const { add, organizationKey, owner } = yield* newTeam
      const admin = yield* add("admin")
      const own = yield* asInstance((yield* Organizations).create("Own", admin.userKey, yield* newId("org")))
      const sessions = rows<{ organization_key: number | null }>(
        `select organization_key from auth.sessions where user_key = ${admin.userKey} order by session_id`
      ).pipe(Effect.map((found) => found.map(({ organization_key }) => organization_key)))
      yield* rows(`insert into auth.sessions (session_hash, session_id, user_key, organization_key, expires_at)
                   select sha256(('s' || i)::bytea), 'ses_' || i, ${admin.userKey}, ${organizationKey}, now() + interval '1 day'
                     from generate_series(1, 2) i`)
      const { token } = yield* invitations.create(organizationKey, admin.userKey, { role: "admin" })
      yield* invitations.look(token)
      assert.isDefined((yield* members.list(organizationKey)).find(({ userId }) => userId === admin.userId)?.seenAt)
      yield* members.remove(organizationKey, owner.userKey, admin.userId)
      assert.deepStrictEqual(yield* sessions, [own.organizationKey, own.organizationKey])
      assert.strictEqual(outcome(yield* Effect.result(invitations.look(token))), "LinkInvalid")

      const third = yield* add("viewer")
      yield* rows(`insert into auth.sessions (session_hash, session_id, user_key, organization_key, expires_at)
                   values (sha256('third'), 'ses_third', ${third.userKey}, ${organizationKey}, now() + interval '1 day')`)
      yield* members.remove(organizationKey, third.userKey, third.userId)
      const left = yield* rows("select from auth.sessions where session_id = 'ses_third' and organization_key is null")
      assert.strictEqual(left.length, 1)
    })
  )
})

layer(Teams, { excludeTestServices: true })("invitations", (it) => {
  const accept = Effect.fnUntraced(function* (token: string, user: User) {
    const invitations = yield* Invitations
    const { asInstance } = yield* Database
    return yield* Effect.result(asInstance(invitations.accept(token, user)))
  })

  it.effect("let one in of any number that race, and nobody after", () =>
    Effect.gen(function* () {
      const invitations = yield* Invitations
      const { organizationKey, owner, rolesNow } = yield* newTeam
      const invitation = yield* invitations.create(organizationKey, owner.userKey, { role: "editor" })
      assert.strictEqual(invitation.url, `http://localhost:3000/invite?token=${invitation.token}`)
      const racers = yield* Effect.all(Array.from({ length: 8 }, () => newUser))
      const results = yield* Effect.all(
        racers.map((user) => accept(invitation.token, user)),
        { concurrency: 8 }
      )
      assert.deepStrictEqual(
        results.map(outcome).toSorted(),
        ["done", ...Array<string>(7).fill("LinkInvalid")].toSorted()
      )
      assert.deepStrictEqual([...(yield* rolesNow).values()].toSorted(), ["editor", "owner"])
      assert.strictEqual(outcome(yield* accept(invitation.token, yield* newUser)), "LinkInvalid")
      assert.strictEqual(outcome(yield* Effect.result(invitations.look(invitation.token))), "LinkInvalid")
      const winner = racers[results.findIndex(Result.isSuccess)]!
      assert.strictEqual(outcome(yield* accept(invitation.token, winner)), "done", "again by whoever was let in")
    })
  )

  it.effect("for an address let only that one in, however it is written", () =>
    Effect.gen(function* () {
      const invitations = yield* Invitations
      const { organizationKey, owner, rolesNow } = yield* newTeam
      const [meant, other] = [yield* newUser, yield* newUser]
      const { token } = yield* invitations.create(organizationKey, owner.userKey, {
        role: "viewer",
        email: meant.email.toUpperCase()
      })
      assert.deepInclude(yield* invitations.look(token), {
        organizationName: "Team",
        role: "viewer",
        email: meant.email.toUpperCase(),
        invitedBy: `User ${users - 2}`
      })
      assert.strictEqual(outcome(yield* accept(token, other)), "LinkInvalid")
      assert.strictEqual(outcome(yield* accept(token, { ...meant, email: meant.email.toLowerCase() })), "done")
      assert.strictEqual((yield* rolesNow).get(meant.userKey), "viewer")
      assert.isUndefined((yield* rolesNow).get(other.userKey))
    })
  )

  it.effect("are not valid once revoked or expired, nor when they never were", () =>
    Effect.gen(function* () {
      const invitations = yield* Invitations
      const { rows } = yield* TestInstance
      const { organizationKey, owner } = yield* newTeam
      const [revoked, expired] = [
        yield* invitations.create(organizationKey, owner.userKey, { role: "viewer" }),
        yield* invitations.create(organizationKey, owner.userKey, { role: "viewer", expiresInMs: 60_000 })
      ]
      assert.deepStrictEqual(
        (yield* invitations.list(organizationKey)).map(({ id }) => id),
        [expired.id, revoked.id]
      )
      yield* invitations.revoke(organizationKey, revoked.id)
      yield* invitations.revoke(organizationKey, revoked.id)
      yield* rows(`update auth.invitations set expires_at = now() where invitation_id = '${expired.id}'`)
      const never = `${revoked.token.slice(0, -1)}${revoked.token.endsWith("0") ? "1" : "0"}`
      for (const token of [revoked.token, expired.token, never, "osinv_", ""]) {
        assert.strictEqual(outcome(yield* accept(token, yield* newUser)), "LinkInvalid")
        assert.strictEqual(outcome(yield* Effect.result(invitations.look(token))), "LinkInvalid")
      }
      assert.deepStrictEqual(yield* invitations.list(organizationKey), [])
      const stored = yield* rows<{ text: string }>("select i::text as text from auth.invitations i")
      assert.notInclude(stored.map(({ text }) => text).join(), revoked.token.slice(6, 20))
    })
  )

  it.effect("are made by admins and owners, up to their own role, and end when their maker may not any more", () =>
    Effect.gen(function* () {
      const [members, invitations] = [yield* Members, yield* Invitations]
      const { add, organizationKey, owner } = yield* newTeam
      for (const actorRole of Role.roles) {
        const actor = yield* add(actorRole)
        for (const role of Role.roles) {
          const made = yield* Effect.result(invitations.create(organizationKey, actor.userKey, { role }))
          assert.strictEqual(outcome(made), Role.mayManage(actorRole, role) ? "done" : "Forbidden")
        }
      }
      const admin = yield* add("admin")
      const { token } = yield* invitations.create(organizationKey, admin.userKey, { role: "viewer" })
      yield* members.update(organizationKey, owner.userKey, admin.userId, "viewer")
      assert.strictEqual(outcome(yield* accept(token, yield* newUser)), "LinkInvalid")
    })
  )

  it.effect("change nothing for who is a member already, and use nothing up", () =>
    Effect.gen(function* () {
      const invitations = yield* Invitations
      const { add, organizationKey, owner, rolesNow } = yield* newTeam
      const viewer = yield* add("viewer")
      const { token } = yield* invitations.create(organizationKey, owner.userKey, { role: "owner" })
      const result = yield* accept(token, viewer)
      assert.deepStrictEqual(Result.getOrThrow(result), { organizationKey, role: "viewer" })
      assert.strictEqual((yield* rolesNow).get(viewer.userKey), "viewer")
      assert.strictEqual((yield* invitations.look(token)).role, "owner")
    })
  )

  it.effect("stand in the audit log with whoever made, took and used them", () =>
    Effect.gen(function* () {
      const invitations = yield* Invitations
      const auditLog = yield* AuditLog
      const { asInstance } = yield* Database
      const { organizationKey, owner } = yield* newTeam
      const user = yield* newUser
      const { id, token } = yield* as(owner, invitations.create(organizationKey, owner.userKey, { role: "editor" }))
      yield* as(user, asInstance(invitations.accept(token, user)))
      yield* auditLog.recordOfUser(user.userKey, { action: "session.sign_in", actor: { kind: "system" } })
      const { items } = yield* auditLog.list(organizationKey, {})
      assert.deepStrictEqual(
        items.map(({ action, actor, target }) => [action, actor.kind, actor.id, actor.name !== undefined, target?.id]),
        [
          ["session.sign_in", "system", undefined, false, user.userId],
          ["member.join", "user", user.userId, true, user.userId],
          ["invitation.accept", "user", user.userId, true, id],
          ["invitation.create", "user", owner.userId, true, id],
          ["member.join", "system", undefined, false, owner.userId],
          ["organization.create", "system", undefined, false, items.at(-1)!.target!.id]
        ]
      )
      assert.strictEqual(items[3]!.actor.address, "192.0.2.1")
      assert.notInclude(JSON.stringify(items), token)
    })
  )
})
