export { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./EmbeddedPostgres.ts"
export { EmbeddedPostgresError, EmbeddedPostgresReason } from "./EmbeddedPostgresError.ts"
