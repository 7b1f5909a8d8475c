/**
 * The handlers of the organization, its members, invitations and audit log. They only delegate.
 */
import { Api, Auth } from "@openseer/core"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { AuditLog } from "../accounts/AuditLog.ts"
import { Invitations } from "../accounts/Invitations.ts"
import { Members } from "../accounts/Members.ts"
import { Organizations } from "../accounts/Organizations.ts"
import { orUnavailable } from "./Unavailable.ts"

const organization = Auth.CurrentPrincipal.useSync(({ organizationKey }) => organizationKey)

/** Of an endpoint that is `PersonOnly`: without a person the middleware has refused. */
const person = Effect.flatMap(Auth.CurrentPrincipal, ({ organizationKey, person: who }) =>
  who === undefined ? Effect.die("not a person") : Effect.succeed({ organizationKey, userKey: who.userKey })
)

const OrganizationLayer = HttpApiBuilder.group(
  Api.Api,
  "organization",
  Effect.fn(function* (handlers) {
    const organizations = yield* Organizations
    return handlers.handleAll({
      get: () => organization.pipe(Effect.flatMap(organizations.get), orUnavailable),
      update: ({ payload }) =>
        organization.pipe(
          Effect.flatMap((key) => organizations.rename(key, payload.name)),
          orUnavailable
        )
    })
  })
)

const MembersLayer = HttpApiBuilder.group(
  Api.Api,
  "members",
  Effect.fn(function* (handlers) {
    const members = yield* Members
    return handlers.handleAll({
      list: () =>
        organization.pipe(
          Effect.flatMap(members.list),
          Effect.map((items) => ({ items })),
          orUnavailable
        ),
      update: ({ params, payload }) =>
        person.pipe(
          Effect.flatMap(({ organizationKey, userKey }) =>
            members.update(organizationKey, userKey, params.userId, payload.role)
          ),
          orUnavailable
        ),
      remove: ({ params }) =>
        person.pipe(
          Effect.flatMap(({ organizationKey, userKey }) => members.remove(organizationKey, userKey, params.userId)),
          orUnavailable
        )
    })
  })
)

const InvitationsLayer = HttpApiBuilder.group(
  Api.Api,
  "invitations",
  Effect.fn(function* (handlers) {
    const invitations = yield* Invitations
    return handlers.handleAll({
      list: () =>
        organization.pipe(
          Effect.flatMap(invitations.list),
          Effect.map((items) => ({ items })),
          orUnavailable
        ),
      create: ({ payload }) =>
        person.pipe(
          Effect.flatMap(({ organizationKey, userKey }) => invitations.create(organizationKey, userKey, payload)),
          orUnavailable
        ),
      revoke: ({ params }) =>
        organization.pipe(
          Effect.flatMap((key) => invitations.revoke(key, params.invitationId)),
          orUnavailable
        )
    })
  })
)

const AuditLogLayer = HttpApiBuilder.group(
  Api.Api,
  "auditLog",
  Effect.fn(function* (handlers) {
    const auditLog = yield* AuditLog
    return handlers.handleAll({
      list: ({ query }) =>
        organization.pipe(
          Effect.flatMap((key) => auditLog.list(key, query)),
          orUnavailable
        )
    })
  })
)

/** Serves the groups `organization`, `members`, `invitations` and `auditLog`. */
export const layer = Layer.mergeAll(OrganizationLayer, MembersLayer, InvitationsLayer, AuditLogLayer)
