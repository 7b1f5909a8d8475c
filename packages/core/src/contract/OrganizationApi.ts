/**
 * The organization and its people, over REST: its name, members, invitations, and the log of what was changed.
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { InvitationId, UserId } from "../accounts/Id.ts"
import { Role } from "../accounts/Role.ts"
import { Instant } from "../monitor/Monitor.ts"
import { expiresInMsMax } from "./AccountsApi.ts"
import { ApiAuth, ApiProblems, PersonOnly, RequiredScope } from "./Auth.ts"
import { DisplayName, Email } from "./AuthApi.ts"
import { Cursor } from "./MonitorsApi.ts"
import { BadInput, BadRequest, Forbidden, LastOwner, LimitReached, NotFound } from "./Problem.ts"

/** The most members of an organization, and the most invitations that are open. */
export const membersMax = 500

/** The most entries of one page of the audit log. */
export const auditLimitMax = 200

/** The entries of a page that states no limit. */
export const auditLimitDefault = 50

/** An organization. One that an embedding program named has the identifier that it gave. */
export const Organization = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  monitorsMax: Schema.Int,
  createdAt: Instant
}).annotate({ identifier: "Organization" })
export type Organization = typeof Organization.Type

/** A member. `seenAt` is when they last used a session, absent when they have none. */
export const Member = Schema.Struct({
  userId: UserId,
  name: Schema.String,
  email: Schema.String,
  role: Role,
  hasSecondFactor: Schema.Boolean,
  joinedAt: Instant,
  seenAt: Schema.optionalKey(Instant)
}).annotate({ identifier: "Member" })
export type Member = typeof Member.Type

/** An invitation as lists show it: open until it is accepted, revoked or expired. */
export const Invitation = Schema.Struct({
  id: InvitationId,
  role: Role,
  email: Schema.optionalKey(Schema.String),
  invitedBy: Schema.optionalKey(Schema.String),
  createdAt: Instant,
  expiresAt: Instant
}).annotate({ identifier: "Invitation" })
export type Invitation = typeof Invitation.Type

/** What creates an invitation. With `email` only that address may accept it. Valid seven days if it is not said. */
export const InvitationInput = Schema.Struct({
  role: Role,
  email: Schema.optionalKey(Email),
  expiresInMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1_000, maximum: expiresInMsMax })))
}).annotate({ identifier: "InvitationInput" })
export type InvitationInput = typeof InvitationInput.Type

/** An invitation with its link, which is shown this once: whoever opens it may accept it. */
export const NewInvitation = Schema.Struct({
  ...Invitation.fields,
  token: Schema.String,
  url: Schema.String
}).annotate({ identifier: "NewInvitation" })
export type NewInvitation = typeof NewInvitation.Type

/** Who did something: a person, an API key, whoever operates the machine, an embedding program, or the system itself. */
export const Actor = Schema.Struct({
  kind: Schema.Literals(["user", "api_key", "operator", "embedder", "system"]),
  id: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "Actor" })
export type Actor = typeof Actor.Type

/**
 * One entry of the audit log. `action` is like `monitor.create` or `member.role`; `detail` says what changed, never a
 * secret.
 */
export const AuditEntry = Schema.Struct({
  id: Schema.String,
  at: Instant,
  actor: Actor,
  action: Schema.String,
  target: Schema.optionalKey(
    Schema.Struct({ kind: Schema.String, id: Schema.String, name: Schema.optionalKey(Schema.String) })
  ),
  detail: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
}).annotate({ identifier: "AuditEntry" })
export type AuditEntry = typeof AuditEntry.Type

/** Which entries, and from where on. `action` is a whole action or its beginning: `monitor`. */
export const AuditQuery = Schema.Struct({
  action: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[a-z_]+(\.[a-z_]+)?$/))),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: auditLimitMax }))),
  cursor: Schema.optionalKey(Cursor)
})
export type AuditQuery = typeof AuditQuery.Type

const operation = (summary: string, description: string) => OpenApi.annotations({ summary, description })

/** The endpoints of the organization itself. */
export class OrganizationApi extends HttpApiGroup.make("organization")
  .add(
    HttpApiEndpoint.get("get", "/", { success: Organization })
      .annotate(RequiredScope, "read")
      .annotateMerge(operation("Get the organization", "That of the credential.")),
    HttpApiEndpoint.patch("update", "/", {
      payload: Schema.Struct({ name: DisplayName }),
      success: Organization,
      error: BadInput
    })
      .annotate(RequiredScope, "admin")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("Rename the organization", "Its identifier stays."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/organization")
  .annotateMerge(OpenApi.annotations({ title: "Organization", description: "Whose all of this is." })) {}

/** The endpoints of members. */
export class MembersApi extends HttpApiGroup.make("members")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ items: Schema.Array(Member) }).annotate({ identifier: "Members" })
    })
      .annotate(RequiredScope, "read")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("List members", "By name.")),
    HttpApiEndpoint.patch("update", "/:userId", {
      params: { userId: UserId },
      payload: Schema.Struct({ role: Role }),
      success: Member,
      error: [BadInput, Forbidden, NotFound, LastOwner]
    })
      .annotate(RequiredScope, "admin")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("Change a role", "Nobody gives or takes a role above their own; one owner stays.")),
    HttpApiEndpoint.delete("remove", "/:userId", {
      params: { userId: UserId },
      error: [Forbidden, NotFound, LastOwner]
    })
      .annotate(RequiredScope, "read")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("Remove a member", "Anybody may leave; others are removed by those who manage them."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/members")
  .annotateMerge(OpenApi.annotations({ title: "Members", description: "Who is in the organization." })) {}

/** The endpoints of invitations. */
export class InvitationsApi extends HttpApiGroup.make("invitations")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ items: Schema.Array(Invitation) }).annotate({ identifier: "Invitations" })
    })
      .annotate(RequiredScope, "admin")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("List invitations", "Those that are open, newest first.")),
    HttpApiEndpoint.post("create", "/", {
      payload: InvitationInput,
      success: NewInvitation.pipe(HttpApiSchema.status(201)),
      error: [BadInput, Forbidden, LimitReached]
    })
      .annotate(RequiredScope, "admin")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("Invite somebody", "The link is in the answer, and shown this once.")),
    HttpApiEndpoint.delete("revoke", "/:invitationId", { params: { invitationId: InvitationId }, error: NotFound })
      .annotate(RequiredScope, "admin")
      .annotate(PersonOnly, true)
      .annotateMerge(operation("Revoke an invitation", "Its link is not valid any more."))
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/invitations")
  .annotateMerge(OpenApi.annotations({ title: "Invitations", description: "Who may come in." })) {}

/** The endpoint of the audit log. */
export class AuditLogApi extends HttpApiGroup.make("auditLog")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: AuditQuery,
      success: Schema.Struct({
        items: Schema.Array(AuditEntry),
        nextCursor: Schema.optionalKey(Cursor)
      }).annotate({ identifier: "AuditPage" }),
      error: BadRequest
    })
      .annotate(RequiredScope, "admin")
      .annotateMerge(
        operation("Read the audit log", "Every change of accounts, keys, workers and monitors, newest first.")
      )
  )
  .middleware(ApiProblems)
  .middleware(ApiAuth)
  .prefix("/api/v1/audit-log")
  .annotateMerge(OpenApi.annotations({ title: "Audit log", description: "Who changed what, and when." })) {}
