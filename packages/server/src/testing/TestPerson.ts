/**
 * People of a test: users with a role in an organization who are signed in, without the cost of a password.
 */
import type { Role } from "@openseer/core"
import { Effect, Redacted } from "effect"
import { Sessions } from "../accounts/Sessions.ts"
import { newId } from "../NewId.ts"
import type { Call } from "./TestApi.ts"
import { TestInstance } from "./TestInstance.ts"

/** Somebody who is signed in. */
export interface TestPerson {
  readonly userKey: number
  readonly userId: string
  readonly email: string
  /** The `Cookie` header of their browser. */
  readonly cookie: string
}

/** A call as the browser of a person sends it from a page of ours. */
export const as = ({ cookie }: TestPerson, call: Call = {}): Call => ({
  ...call,
  headers: { "sec-fetch-site": "same-origin", cookie, ...call.headers }
})

/** A new user; with an organization a member of it, whose session is in it. */
export const make = Effect.fnUntraced(function* (organizationKey?: number, role: Role.Role = "viewer") {
  const { rows } = yield* TestInstance
  const sessions = yield* Sessions
  const userId = yield* newId("usr")
  const email = `${userId}@people.example`
  const [row] = yield* rows<{ key: number }>(
    `insert into auth.users (user_id, email, name) values ('${userId}', '${email}', 'Somebody') returning user_key as key`
  )
  const userKey = row?.key ?? Number.NaN
  if (organizationKey !== undefined) {
    yield* rows(`insert into auth.members values (${organizationKey}, ${userKey}, '${role}')`)
  }
  const token = yield* Effect.orDie(sessions.begin(userId, {}, organizationKey))
  return { userKey, userId, email, cookie: `${sessions.cookieName}=${Redacted.value(token)}` } satisfies TestPerson
})
