/**
 * What a user configures, with every limit as a named constant, and what the API tells of it.
 */
import { Effect, Schema } from "effect"
import { Assertion, AssertionInput } from "../check/Assertion.ts"
import { CheckKind } from "../check/CheckType.ts"
import { intervalMsMax, intervalMsMin, timeoutMsLimit, timeoutMsMax } from "../schedule/Grid.ts"
import { MonitorState, RegionState } from "./MonitorState.ts"
import { anyRegion, RegionName } from "./Region.ts"

/** The longest name of a monitor, in characters. */
export const nameLengthMax = 120

/** The most regions of one monitor. */
export const regionsMax = 20

/** The most assertions of one monitor. */
export const assertionsMax = 20

/** The most tags of one monitor. */
export const tagsMax = 20

/** The longest tag, in characters. */
export const tagLengthMax = 64

/** The interval of a monitor that states none, in milliseconds. */
export const intervalMsDefault = 60_000

/** The timeout of a monitor that states none, in milliseconds, unless 0.8 of its interval is shorter. */
export const timeoutMsDefault = 10_000

// Control characters break logs and terminals; bidirectional marks and invisible ones make a name look like another.
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u

/** A text of one line that shows all that it holds: trimmed, without control and bidirectional characters. */
export const Label = (lengthMax: number) =>
  Schema.Trim.check(
    Schema.makeFilter((text: string) => {
      if (text === "") return "must not be empty"
      if ([...text].length > lengthMax) return `must have at most ${lengthMax} characters`
      if (!text.isWellFormed()) return "must not hold half of a surrogate pair"
      if (hidden.test(text)) return "must not hold control, invisible or bidirectional characters"
      return true
    })
  )

/** The name of a monitor. */
export const MonitorName = Label(nameLengthMax).annotate({
  identifier: "MonitorName",
  description: `1 to ${nameLengthMax} characters on one line, without spaces around them`
})

/** A word to find monitors by, like `team:payments`. */
export const Tag = Label(tagLengthMax).annotate({
  identifier: "Tag",
  description: `1 to ${tagLengthMax} characters on one line, like team:payments`
})

const distinct = Schema.isUnique({ message: "must not repeat an entry" })

/** The regions of a monitor: 1 to {@link regionsMax}, each once. */
export const MonitorRegions = Schema.Array(RegionName)
  .check(
    Schema.isMinLength(1, { message: "must name at least one region" }),
    Schema.isMaxLength(regionsMax, { message: `must name at most ${regionsMax} regions` }),
    distinct
  )
  .annotate({ description: "Where it runs, each once; global means any worker" })

const Interval = Schema.Int.check(Schema.isBetween({ minimum: intervalMsMin, maximum: intervalMsMax })).annotate({
  description: "The time from one run to the next, in milliseconds"
})
const Timeout = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: timeoutMsMax })).annotate({
  description: "The longest a run may take, in milliseconds: at most 0.8 of the interval"
})
const Assertions = Schema.Array(AssertionInput)
  .check(Schema.isMaxLength(assertionsMax, { message: `must have at most ${assertionsMax} assertions` }))
  .annotate({ description: "What must hold; without any, what the check type says" })
const Tags = Schema.Array(Tag)
  .check(Schema.isMaxLength(tagsMax, { message: `must have at most ${tagsMax} tags` }), distinct)
  .annotate({ description: "Words to find it by, each once" })

const Spec = Schema.Json.annotate({
  description:
    'What is checked, as GET /api/v1/check-types describes it for the kind: { "url": "https://…" } for http. ' +
    'In a change, { "secret": "***" } keeps the secret that is stored at the same place'
})

/**
 * What creates a monitor. `spec` is what the check type `kind` says; `timeoutMs` is at most 0.8 of `intervalMs`.
 * Without assertions, those of the check type hold.
 */
export const MonitorInput = Schema.Struct({
  name: MonitorName,
  kind: CheckKind.pipe(Schema.withDecodingDefaultKey(Effect.succeed("http"))),
  spec: Spec,
  intervalMs: Schema.optionalKey(
    Interval.annotate({
      description: `The time from one run to the next, in milliseconds; ${intervalMsDefault} by default`
    })
  ),
  timeoutMs: Schema.optionalKey(Timeout),
  regions: MonitorRegions.pipe(Schema.withDecodingDefaultKey(Effect.succeed([anyRegion]))),
  assertions: Schema.optionalKey(Assertions),
  tags: Tags.pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))
}).annotate({ identifier: "MonitorInput" })
export type MonitorInput = typeof MonitorInput.Type

/**
 * What changes a monitor: the members to replace, and the version that the change is based on, here or as `If-Match`.
 * The kind of a monitor never changes.
 */
export const MonitorChange = Schema.Struct({
  version: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  name: Schema.optionalKey(MonitorName),
  spec: Schema.optionalKey(Spec),
  intervalMs: Schema.optionalKey(Interval),
  timeoutMs: Schema.optionalKey(Timeout),
  regions: Schema.optionalKey(MonitorRegions),
  assertions: Schema.optionalKey(Assertions),
  tags: Schema.optionalKey(Tags)
}).annotate({ identifier: "MonitorChange" })
export type MonitorChange = typeof MonitorChange.Type

/** An instant in UTC as ISO 8601 text with milliseconds, `2026-01-31T09:30:00.000Z`. */
export const Instant = Schema.String.annotate({ identifier: "Instant", format: "date-time" })

/** The state of a monitor in one region, since when, and why it is not up. */
export const MonitorRegion = Schema.Struct({
  region: RegionName,
  state: RegionState,
  since: Schema.optionalKey(Instant),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "MonitorRegion" })
export type MonitorRegion = typeof MonitorRegion.Type

/**
 * What a `heartbeat` monitor was told, and what it expects. `expectedAt` is absent before the first signal; `startedAt` is
 * there while a run goes on; `hasPingUrl` is false until a ping URL was made.
 */
export const HeartbeatFacts = Schema.Struct({
  hasPingUrl: Schema.Boolean.annotate({ description: "Whether a ping URL was made" }),
  lastSignal: Schema.optionalKey(Schema.Literals(["start", "success", "fail"])),
  lastSignalAt: Schema.optionalKey(Instant),
  expectedAt: Schema.optionalKey(
    Instant.annotate({ description: "When the next signal is expected; absent before the first one" })
  ),
  startedAt: Schema.optionalKey(Instant.annotate({ description: "When the run that goes on has started" }))
}).annotate({ identifier: "HeartbeatFacts" })
export type HeartbeatFacts = typeof HeartbeatFacts.Type

/**
 * A monitor. `id` is a `MonitorId`; `target` is the one line that lists show for its spec; `changedAt` is when its state
 * last changed in any region, absent while nothing is known; `version` counts its changes.
 */
export const Monitor = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  kind: CheckKind,
  target: Schema.String,
  spec: Schema.Json.annotate({
    description: 'What is checked, with all defaults, and { "secret": "***" } in place of each secret'
  }),
  intervalMs: Schema.Int,
  timeoutMs: Schema.Int,
  regions: Schema.Array(MonitorRegion),
  assertions: Schema.Array(Assertion),
  tags: Schema.Array(Schema.String),
  state: MonitorState,
  heartbeat: Schema.optionalKey(HeartbeatFacts),
  changedAt: Schema.optionalKey(Instant),
  version: Schema.Int,
  createdAt: Instant,
  updatedAt: Instant
}).annotate({ identifier: "Monitor" })
export type Monitor = typeof Monitor.Type

/** The timeout of a monitor that states none, in milliseconds. */
export const timeoutMsFor = (intervalMs: number): number => Math.min(timeoutMsDefault, timeoutMsLimit(intervalMs))
