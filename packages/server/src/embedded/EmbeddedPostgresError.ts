/**
 * Why the embedded PostgreSQL could not be started: one error, with a `reason` that a program can match and a message
 * that tells a person what to do about it.
 */
import { Schema } from "effect"

/**
 * The reasons an embedded server does not start. `folder` is always the data folder as an absolute path, `detail` what
 * the system or PostgreSQL itself had to say.
 */
export const EmbeddedPostgresReason = Schema.TaggedUnion({
  /** A running PostgreSQL, process `pid`, holds the folder. */
  FolderInUse: { folder: Schema.String, pid: Schema.Int },
  /** There are no PostgreSQL binaries for this machine, or npm did not install them. */
  UnsupportedPlatform: { platform: Schema.String, detail: Schema.String },
  /** The operating system refuses the folder, or a user to run PostgreSQL as. */
  NotPermitted: { folder: Schema.String, detail: Schema.String },
  /** A new cluster could not be created in the folder. */
  InitFailed: { folder: Schema.String, detail: Schema.String },
  /** The server did not come up; `detail` ends with the tail of its log. */
  StartFailed: { folder: Schema.String, detail: Schema.String },
  /** The folder was written by PostgreSQL `found`, the binaries are `expected` (major versions). */
  VersionMismatch: { folder: Schema.String, found: Schema.String, expected: Schema.String }
})

/** One of the reasons, as a plain tagged object. */
export type EmbeddedPostgresReason = typeof EmbeddedPostgresReason.Type

const describeReason = EmbeddedPostgresReason.match({
  FolderInUse: ({ folder, pid }) =>
    `the data folder ${folder} is in use by the PostgreSQL server with process id ${pid}. Stop the OpenSeer that ` +
    `started it, or give this one a data folder of its own`,
  UnsupportedPlatform: ({ platform, detail }) =>
    `there is no embedded PostgreSQL for ${platform}: ${detail}. Set DATABASE_URL to a PostgreSQL server instead`,
  NotPermitted: ({ folder, detail }) =>
    `the data folder ${folder} cannot be used: ${detail}. Choose another data folder, run OpenSeer as the user who ` +
    `owns this one, or set DATABASE_URL to a PostgreSQL server`,
  InitFailed: ({ folder, detail }) => `no database could be created in the data folder ${folder}: ${detail}`,
  StartFailed: ({ folder, detail }) => `PostgreSQL did not start on the data folder ${folder}: ${detail}`,
  VersionMismatch: ({ folder, found, expected }) =>
    `the data folder ${folder} was written by PostgreSQL ${found}, and this OpenSeer brings PostgreSQL ${expected}. ` +
    `Run the OpenSeer that wrote it, or choose a new data folder; PostgreSQL does not convert between major versions`
})

/**
 * The one error of the embedded server. Match it with `Effect.catchReason("EmbeddedPostgresError", "FolderInUse", …)`.
 * No reason is worth an automatic retry: the launcher itself has already waited for what passes.
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: EmbeddedPostgresReason
}) {
  override get message() {
    return describeReason(this.reason)
  }
}
