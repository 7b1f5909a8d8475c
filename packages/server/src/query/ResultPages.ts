/**
 * QUERY: the results of a monitor, newest first, a page at a time.
 */
import { Assertion, type Judgement, ResultsApi, RunId } from "@openseer/core"
import { Effect, Option, Schema } from "effect"
import { Database } from "../db/Database.ts"
import type { Pool } from "../db/Pool.ts"
import * as MonitorScope from "./MonitorScope.ts"

/** The columns of a result `r` and its details `d`, as {@link decodeResults} takes them. */
export const resultColumns = (sql: Pool["sql"]) => sql`
  r.monitor_key as "monitorKey", r.region_key::int as "regionKey",
  (select g.name from app.regions g where g.region_key = r.region_key) as region, (extract(epoch from r.due_at) * 1000)::float8 as "dueAt",
  r.outcome::int as outcome, r.status_code::int as "statusCode", r.total_us as "totalUs", r.dns_us as "dnsUs",
  r.connect_us as "connectUs", r.tls_us as "tlsUs", r.ttfb_us as "ttfbUs", r.download_us as "downloadUs",
  r.size_bytes as "sizeBytes", r.lateness_us as "latenessUs", r.error_bound_us as "errorBoundUs",
  d.reason, d.message, d.detail`

const Row = Schema.Struct({
  monitorKey: Schema.Int,
  regionKey: Schema.Int,
  region: Schema.String,
  dueAt: Schema.Number,
  outcome: Schema.Int,
  statusCode: Schema.Int,
  totalUs: Schema.Int,
  dnsUs: Schema.Int,
  connectUs: Schema.Int,
  tlsUs: Schema.Int,
  ttfbUs: Schema.Int,
  downloadUs: Schema.Int,
  sizeBytes: Schema.Int,
  latenessUs: Schema.Int,
  errorBoundUs: Schema.Int,
  reason: Schema.NullOr(Schema.String),
  message: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.Record(Schema.String, Schema.Json))
})

/** A result as the database tells it. */
export type ResultRow = typeof Row.Type

/** Rows of {@link resultColumns}. */
export const decodeResults = Schema.decodeUnknownEffect(Schema.Array(Row))

const outcomes: ReadonlyArray<Judgement.Outcome> = ["up", "degraded", "down", "error"]

/** A row as the API tells it. */
export const toResult = (row: ResultRow, monitorId: string): ResultsApi.Result => ({
  runId: RunId.make(monitorId, row.region, row.dueAt),
  region: row.region,
  dueAt: new Date(row.dueAt).toISOString(),
  outcome: outcomes[row.outcome] ?? "error",
  ...(row.statusCode === 0 ? {} : { statusCode: row.statusCode }),
  totalUs: row.totalUs,
  phases: {
    dnsUs: row.dnsUs,
    connectUs: row.connectUs,
    tlsUs: row.tlsUs,
    ttfbUs: row.ttfbUs,
    downloadUs: row.downloadUs
  },
  sizeBytes: row.sizeBytes,
  latenessUs: row.latenessUs,
  errorBoundUs: row.errorBoundUs,
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.message === null ? {} : { message: row.message }),
  ...toEvidence(row.detail)
})

const decodeFailed = Schema.decodeUnknownOption(Schema.Array(Assertion.FailedAssertion))

/** What is stored of a failure: the assertions that did not hold, beside the rest of the observation. */
const toEvidence = (stored: ResultRow["detail"]): Pick<ResultsApi.Result, "failedAssertions" | "detail"> => {
  if (stored === null) return {}
  const { failedAssertions, ...detail } = stored
  const failed = decodeFailed(failedAssertions)
  return {
    ...(Option.isSome(failed) ? { failedAssertions: failed.value } : {}),
    ...(Object.keys(detail).length === 0 ? {} : { detail })
  }
}

/**
 * A page of results of a monitor of the organization: see `ResultsApi.ResultsPage`. Pages stay stable while results come.
 * Fails with `NotFound`, with `BadRequest` when range or cursor are not what they must be, and with `DatabaseBusy`.
 */
export const resultPage = Effect.fn("ResultPages.resultPage")(function* (
  organizationKey: number,
  monitorId: string,
  query: ResultsApi.ResultsQuery
) {
  const database = yield* Database
  return yield* database.asOrganization(organizationKey, ofMonitor(monitorId, query))
})

const ofMonitor = Effect.fnUntraced(function* (monitorId: string, query: ResultsApi.ResultsQuery) {
  const { sql } = (yield* Database).api
  const scope = yield* MonitorScope.find(monitorId, query.region)
  const { from, to } = yield* MonitorScope.rangeOf(query, scope.reach.now, MonitorScope.rangeMsMax)
  const cursor = yield* decodeCursor(query.cursor, to)
  const limit = query.limit ?? ResultsApi.resultsLimitDefault
  const outcome = query.outcome === undefined ? undefined : outcomes.indexOf(query.outcome)

  // Each region is one walk down its primary key that ends after a page; whatever is not up is found by its details.
  const page = (regionKey: number) => {
    const where = (table: "r" | "d") => sql`
      ${sql(table)}.monitor_key = ${scope.monitorKey} and ${sql(table)}.region_key = ${regionKey}
        and ${sql(table)}.due_at >= to_timestamp(${from}::float8 / 1000)
        and ${sql(table)}.due_at < to_timestamp(${cursor.dueAt + (regionKey < cursor.regionKey ? 1 : 0)}::float8 / 1000)`
    return outcome === undefined || outcome === 0
      ? sql`(select ${resultColumns(sql)}
               from (select * from ts.own_results_raw r
                      where ${where("r")} ${outcome === 0 ? sql`and r.outcome = 0` : sql``}
                      order by r.due_at desc limit ${limit + 1}) r
               left join ts.own_result_details d on d.monitor_key = ${scope.monitorKey} and d.region_key = ${regionKey}
                     and d.due_at = r.due_at)`
      : sql`(select ${resultColumns(sql)}
               from ts.own_result_details d
               join ts.own_results_raw r on r.monitor_key = ${scope.monitorKey} and r.region_key = ${regionKey}
                    and r.due_at = d.due_at
              where ${where("d")} and r.outcome = ${outcome}
              order by d.due_at desc limit ${limit + 1})`
  }
  const [first, ...rest] = scope.regions.map(({ key }) => page(key))
  const all = rest.reduce((union, one) => sql`${union} union all ${one}`, first ?? sql``)
  const rows = yield* sql`
    select * from (${all}) p order by "dueAt" desc, "regionKey" desc limit ${limit + 1}`

  const found = yield* Effect.orDie(decodeResults(rows))
  const last = found.length > limit ? found[limit - 1] : undefined
  return {
    items: found.slice(0, limit).map((row) => toResult(row, monitorId)),
    ...(last === undefined ? {} : { nextCursor: `${last.dueAt}.${last.regionKey}` })
  } satisfies ResultsApi.ResultsPage
})

/** Where a page begins: before (dueAt, regionKey), in the order in which results are told. */
const decodeCursor = (cursor: string | undefined, to: number) => {
  if (cursor === undefined) return Effect.succeed({ dueAt: to, regionKey: 0 })
  const match = /^(\d{1,15})\.(\d{1,5})$/.exec(cursor)
  return match === null
    ? MonitorScope.invalid("cursor", "must be nextCursor of the page before")
    : Effect.succeed({ dueAt: Math.min(to, Number(match[1])), regionKey: Number(match[2]) })
}
